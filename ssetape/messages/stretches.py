"""Splits a body into its events and what is between them, and joins them again. Pure.

In a stream an event is a message, as in `ssetape show`; in any other body, a line. Between events
are comments, reconnection times and blank lines. Together the stretches hold all bytes of the
body, and each byte keeps its chunk's number.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple, overload

from ssetape.format.values import Chunk, End, Response, Trailers
from ssetape.messages.framing import LINES
from ssetape.messages.message import StreamMessage, TimedComment
from ssetape.messages.reading import MessageReader

Part = Chunk | Trailers | End


class Lull(NamedTuple):
    """All that has come of a body by a time is here; what is to come has that time or a later one.

    Attributes:
        again_s: when to say so again, if still nothing has come.
    """

    t_s: float
    again_s: float = float("inf")


class Slice(NamedTuple):
    """Bytes of one chunk: adjacent slices with the same chunk number were one chunk."""

    t_s: float
    data: bytes
    chunk: int


class Stretch(NamedTuple):
    """Some bytes of a body: those of a message or, if it is None, bytes between two."""

    slices: list[Slice]
    message: StreamMessage | None

    @property
    def raw(self) -> bytes:
        """Its bytes, joined."""
        return b"".join(piece.data for piece in self.slices)

    @property
    def data(self) -> str | None:
        """The data of its message; None between two."""
        return None if self.message is None else self.message.data


Item = Stretch | Trailers | End


def stretches(parts: Iterable[Part | Lull], response: Response) -> Iterator[Item | Lull]:
    """Split a body.

    Raises:
        EventTooLarge, FramingError: the body does not have the framing that its head announces.
    """
    messages = MessageReader(response, default=LINES)
    for item in split(parts, messages):
        if messages.damage is not None:
            raise messages.damage
        yield item
    if messages.damage is not None:
        raise messages.damage


@overload
def split(parts: Iterable[Part], messages: MessageReader) -> Iterator[Item]: ...
@overload
def split(parts: Iterable[Part | Lull], messages: MessageReader) -> Iterator[Item | Lull]: ...
def split(parts: Iterable[Part | Lull], messages: MessageReader) -> Iterator[Item | Lull]:
    """Split a body as a reader frames it.

    What is behind damage, and a body that is not framed, is bytes between messages, chunk by chunk.
    """
    found: deque[StreamMessage] = deque()
    bytes_left = _Bytes()
    for number, part in enumerate(parts):
        if isinstance(part, Lull):
            yield part
            continue
        if not isinstance(part, Chunk):
            found.extend(_messages(messages.end()))
            yield from bytes_left.upto_events(found)
            yield from bytes_left.between(bytes_left.end)
            yield part
            continue
        bytes_left.add(Slice(part.t_s, part.data, number))
        found.extend(_messages(messages.feed_chunk(part)))
        # After a CR, only the next byte shows whether the LF of a CRLF follows an event.
        is_open = found and found[-1].end == bytes_left.end and part.data.endswith(b"\r")
        unknown = [found.pop()] if is_open else []
        yield from bytes_left.upto_events(found)
        found.extend(unknown)
        if messages.is_unframed or messages.damage is not None:
            yield from bytes_left.upto_events(found)
            yield from bytes_left.between(bytes_left.end)
        elif not found:
            yield from bytes_left.between(min(messages.open_since, bytes_left.end))
    found.extend(_messages(messages.end()))
    yield from bytes_left.upto_events(found)
    yield from bytes_left.between(bytes_left.end)


def _messages(items: Iterable[StreamMessage | TimedComment]) -> Iterator[StreamMessage]:
    return (item for item in items if isinstance(item, StreamMessage))


class _Bytes:
    """The bytes that have not been given yet. Offsets are into the body."""

    def __init__(self) -> None:
        self._slices: deque[Slice] = deque()
        self._start = 0
        self.end = 0

    def add(self, piece: Slice) -> None:
        if piece.data:
            self._slices.append(piece)
            self.end += len(piece.data)

    def upto_events(self, events: deque[StreamMessage]) -> Iterator[Stretch]:
        """Yield these events and the bytes before each; removes them from `events`."""
        while events:
            message = events.popleft()
            yield from self.between(message.start)
            taken = self._take(message.end)
            follows = self._slices[0] if self._slices else None
            if taken[-1].data.endswith(b"\r") and follows and follows.data.startswith(b"\n"):
                taken += self._take(message.end + 1)
            yield Stretch(taken, message)

    def between(self, end: int) -> Iterator[Stretch]:
        """Yield the bytes before `end`, as a stretch between events."""
        if end > self._start:
            yield Stretch(self._take(end), None)

    def _take(self, end: int) -> list[Slice]:
        taken = []
        while self._start < end:
            piece = self._slices.popleft()
            wanted = end - self._start
            if len(piece.data) > wanted:
                self._slices.appendleft(piece._replace(data=piece.data[wanted:]))
                piece = piece._replace(data=piece.data[:wanted])
            self._start += len(piece.data)
            taken.append(piece)
        return taken


@overload
def joined(items: Iterable[Item]) -> Iterator[Part]: ...
@overload
def joined(items: Iterable[Item | Lull]) -> Iterator[Part | Lull]: ...
def joined(items: Iterable[Item | Lull]) -> Iterator[Part | Lull]:
    """Join stretches: bytes that were in one chunk and are still adjacent are in one chunk."""
    latest_s = 0.0
    number = -1
    open_data: list[bytes] = []
    for item in items:
        if isinstance(item, Stretch):
            for piece in item.slices:
                if piece.chunk != number and open_data:
                    yield Chunk(latest_s, b"".join(open_data))
                    open_data = []
                number = piece.chunk
                latest_s = max(latest_s, piece.t_s)
                open_data.append(piece.data)
            continue
        if open_data:
            yield Chunk(latest_s, b"".join(open_data))
            open_data = []
        yield item
    if open_data:
        yield Chunk(latest_s, b"".join(open_data))
