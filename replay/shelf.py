"""The captures that a server replays, with a cache of their bodies.

Heads are read when the shelf is filled, bodies when first requested. Small bodies then stay in
memory, shared by all clients of a capture; large ones are read from their files as they are
streamed.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Any, Generic, Protocol, TypeVar

from ssetape.capture import Capture
from ssetape.errors import ReplayError, SsetapeError
from ssetape.format import sendable
from ssetape.format.values import HTTP, WEBSOCKET, Chunk, End, Response, Trailers, header_values

Part = Chunk | Trailers | End

# A capture whose file is larger is read again for every client.
KEPT_FILE_BYTES = 16 * 1024 * 1024
# All that is kept, together; the least recently used goes first.
KEPT_TOTAL_BYTES = 256 * 1024 * 1024
# Files up to this size are read whole on the first request, which delays other streams by a
# millisecond. Larger ones are read while they are played, and stay open until then.
_AT_ONCE_BYTES = 64 * 1024


T = TypeVar("T")


class _Shared(Generic[T]):
    """An iterator's items, read once and on demand, and shared by all readers.

    Attributes:
        items: those read so far.
        is_whole: whether these are all.
    """

    def __init__(self, source: Iterator[T]) -> None:
        self._source = source
        self.items: list[T] = []
        self._error: SsetapeError | None = None
        self.is_whole = False

    def __iter__(self) -> Iterator[T]:
        if self.is_whole:
            return iter(self.items)
        return self._follow()

    def _follow(self) -> Iterator[T]:
        items = self.items
        position = 0
        while position < len(items) or self.read_on():
            yield items[position]
            position += 1
        if self._error is not None:
            raise self._error

    def read_on(self) -> bool:
        """Read one more part; False if there is no more."""
        try:
            self.items.append(next(self._source))
        except StopIteration:
            self.is_whole = self._error is None
            return False
        except SsetapeError as error:
            self._error = error
            return False
        return True


class Bodies(Protocol):
    """Bodies that are kept for other processes, too."""

    def find(self, key: Hashable) -> Iterable[Any] | None:
        """Return the body that is kept under a key."""
        ...

    def keep(self, key: Hashable, items: Sequence[Any]) -> Iterable[Any] | None:
        """Keep a body; return it as it is kept, or None if it cannot be kept."""
        ...


class Shelf:
    """Captures in recorded order.

    Attributes:
        captures: the captures that can be replayed.
        responses: their response heads, in the same order.
        unusable: one message for each capture that was left out, with the reason.
        bodies: where other processes find bodies, too; None if there are none.
    """

    def __init__(self, captures: Iterable[Capture]) -> None:
        self.captures: list[Capture] = []
        self.responses: list[Response] = []
        self.unusable: list[str] = []
        self.bodies: Bodies | None = None
        self._kept: OrderedDict[tuple[int, Hashable], tuple[int, Iterable[Any]]] = OrderedDict()
        self._kept_bytes = 0
        for capture in sorted(captures, key=lambda capture: (capture.started, capture.path)):
            try:
                response = _response(capture)
            except SsetapeError as error:
                self.unusable.append(str(error))
            else:
                self.captures.append(capture)
                self.responses.append(response)

    @property
    def remarks(self) -> list[str]:
        """What to tell about the captures before they are served; [] if nothing."""
        codings = [
            header_values(each.decoded_headers, "content-encoding") for each in self.responses
        ]
        count = sum(map(bool, codings))
        if not count:
            return self.unusable
        names = ", ".join(dict.fromkeys(name for each in codings for name in each))
        are, their, them = ("are", "their", "them") if count > 1 else ("is", "its", "it")
        return [
            *self.unusable,
            f"{count} capture{'s' * (count > 1)} {are} served without {their} content-encoding "
            f"({names}): the browser that recorded {them} had decoded the body",
        ]

    def parts(self, index: int) -> Iterable[Part]:
        """Return all parts of a capture that follow its head, from memory if they are kept there.

        Raises:
            CaptureError: (while iterating) the file cannot be read or is damaged.
        """
        return self.played(index, None, iter)

    def played(
        self, index: int, how: Hashable, play: Callable[[Iterable[Part]], Iterator[T]]
    ) -> Iterable[T]:
        """Return `play(parts)`, computed once for all calls with an equal `how`.

        Raises:
            CaptureError: as in `parts()`.
        """
        key = (index, how)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._with_others(key)
        if self.bodies is not None and (found := self.bodies.find(key)) is not None:
            self._kept[key] = 0, found
            return found
        capture = self.captures[index]
        try:
            size_bytes = capture.path.stat().st_size
        except OSError:
            size_bytes = KEPT_FILE_BYTES + 1  # the file is gone: reading it raises the error
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
        return self._with_others(key) if key in self._kept else shared

    def _with_others(self, key: tuple[int, Hashable]) -> Iterable[Any]:
        """A body that is kept here; once it is read, where other processes find it, too."""
        size_bytes, here = self._kept[key]
        if self.bodies is None or not isinstance(here, _Shared) or not here.is_whole:
            return here
        kept = self.bodies.keep(key, here.items)
        if kept is None:
            return here
        self._kept[key] = 0, kept
        self._kept_bytes -= size_bytes
        return kept


def _response(capture: Capture) -> Response:
    if capture.kind not in (HTTP, WEBSOCKET):
        raise ReplayError(f"{capture.name}: cannot replay a capture of kind {capture.kind!r:.60}")
    response = capture.response
    if response is None:
        raise ReplayError(f"{capture.name}: cannot replay it: it has no response head")
    response = sendable.response(response)
    problem = sendable.request_problem(capture.request) or sendable.problem(
        response, is_websocket=capture.kind == WEBSOCKET
    )
    if problem is not None:
        raise ReplayError(f"{capture.name}: cannot replay it: {problem}")
    return response
