"""The captures that a server replays: which there are, and their chunks at hand.

Heads are read when the shelf is filled, bodies when they are first asked for. Small bodies
then stay in memory, so that a thousand clients of one capture share it; large ones are read
from their files as they are streamed.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any, Generic, TypeVar

from ssetape.capture import Capture
from ssetape.errors import ReplayError, SsetapeError
from ssetape.format.values import HTTP, WEBSOCKET, Chunk, End, Response, Trailers

from . import body_framing

Part = Chunk | Trailers | End

# A capture whose file is larger is read anew for every client.
KEPT_FILE_BYTES = 16 * 1024 * 1024
# All kept ones together; the one not asked for the longest goes first.
KEPT_TOTAL_BYTES = 256 * 1024 * 1024
# Read as a whole when first asked for, which holds up the other streams for a millisecond.
# Larger ones are read as they are played, and their files stay open until then.
_AT_ONCE_BYTES = 64 * 1024


T = TypeVar("T")


class _Shared(Generic[T]):
    """What an iterator gives, read once, as far as somebody has asked, for all who ask."""

    def __init__(self, source: Iterator[T]) -> None:
        self._source = source
        self._parts: list[T] = []
        self._error: SsetapeError | None = None
        self._is_whole = False

    def __iter__(self) -> Iterator[T]:
        if self._is_whole:
            return iter(self._parts)
        return self._follow()

    def _follow(self) -> Iterator[T]:
        parts = self._parts
        position = 0
        while position < len(parts) or self.read_on():
            yield parts[position]
            position += 1
        if self._error is not None:
            raise self._error

    def read_on(self) -> bool:
        """Read one part more, if there is one."""
        try:
            self._parts.append(next(self._source))
        except StopIteration:
            self._is_whole = self._error is None
            return False
        except SsetapeError as error:
            self._error = error
            return False
        return True


class Shelf:
    """Captures in recorded order.

    Attributes:
        captures: those that can be replayed.
        responses: their response heads, in the same order.
        unusable: what was left out, and why.
    """

    def __init__(self, captures: Iterable[Capture]) -> None:
        self.captures: list[Capture] = []
        self.responses: list[Response] = []
        self.unusable: list[str] = []
        self._kept: OrderedDict[tuple[int, Hashable], tuple[int, _Shared[Any]]] = OrderedDict()
        self._kept_bytes = 0
        for capture in sorted(captures, key=lambda capture: (capture.started, capture.path)):
            try:
                response = _response(capture)
            except SsetapeError as error:
                self.unusable.append(str(error))
            else:
                self.captures.append(capture)
                self.responses.append(response)

    def parts(self, index: int) -> Iterable[Part]:
        """Give all of a capture that follows its head, from memory where it is kept there.

        Raises:
            CaptureError: (while iterating) the file cannot be read or is damaged.
        """
        return self.played(index, None, iter)

    def played(
        self, index: int, how: Hashable, play: Callable[[Iterable[Part]], Iterator[T]]
    ) -> Iterable[T]:
        """Give what `play` makes of `parts()`, made once for all who ask for it `how`.

        Raises:
            CaptureError: as `parts()`.
        """
        key = (index, how)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key][1]
        capture = self.captures[index]
        try:
            size_bytes = capture.path.stat().st_size
        except OSError:
            size_bytes = KEPT_FILE_BYTES + 1  # gone: reading it says so
        if size_bytes > KEPT_FILE_BYTES:
            return play(capture.parts())
        shared = _Shared(play(capture.parts()))
        if size_bytes <= _AT_ONCE_BYTES:
            while shared.read_on():
                pass
        self._kept[key] = size_bytes, shared
        self._kept_bytes += size_bytes
        while self._kept_bytes > KEPT_TOTAL_BYTES:
            _, (dropped_bytes, _) = self._kept.popitem(last=False)
            self._kept_bytes -= dropped_bytes
        return shared


def _response(capture: Capture) -> Response:
    if capture.kind not in (HTTP, WEBSOCKET):
        raise ReplayError(f"{capture.name}: cannot replay a capture of kind {capture.kind!r:.60}")
    if capture.request.method == "CONNECT":
        raise ReplayError(f"{capture.name}: cannot replay a tunnel")
    response = capture.response
    if response is None:
        raise ReplayError(f"{capture.name}: cannot replay it: it has no response head")
    try:
        body_framing.check(response, is_websocket=capture.kind == WEBSOCKET)
    except ReplayError as error:
        raise ReplayError(f"{capture.name}: cannot replay it: {error}") from error
    return response
