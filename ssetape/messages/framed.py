"""The base of all framings except events: decoding, times and a size limit."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import NamedTuple

from ssetape.errors import EventTooLarge
from ssetape.format.values import Chunk, Headers
from ssetape.messages.arrivals import Arrivals
from ssetape.messages.decoding import BodyDecoder
from ssetape.messages.message import StreamMessage
from ssetape.sse import EVENT_LIMIT_BYTES


class FramedMessage(NamedTuple):
    """A message in the decoded body: its byte range, name and data."""

    start: int
    end: int
    name: str
    data: bytes
    is_error: bool = False


class Framed(ABC):
    """A framer whose subclasses find messages in decoded bytes.

    Args:
        headers: the response's; used for its Content-Encoding.
        limit_bytes: how large a message may become.
    """

    def __init__(self, headers: Headers, limit_bytes: int = EVENT_LIMIT_BYTES) -> None:
        self._decoder = BodyDecoder(headers)
        self._arrivals = Arrivals()
        self._limit_bytes = limit_bytes

    def feed(self, chunk: Chunk) -> Iterator[StreamMessage]:
        for piece in self._decoder.feed(chunk.data):
            self._arrivals.add(len(piece), chunk.t_s)
            for found in self._find(piece):
                # Also those that are complete, as it makes no difference where chunks are cut.
                if found.end - found.start > self._limit_bytes:
                    raise EventTooLarge(found.start, self._limit_bytes, [])
                yield self._timed(found)
            start = self.open_since
            self._arrivals.forget_before(start)
            if self._arrivals.size_bytes - start > self._limit_bytes:
                raise EventTooLarge(start, self._limit_bytes, [])

    def end(self) -> Iterator[StreamMessage]:
        for found in self._find_last():
            yield self._timed(found)

    @abstractmethod
    def _find(self, data: bytes) -> Iterator[FramedMessage]:
        """Yield the messages that `data` completes."""

    @property
    @abstractmethod
    def open_since(self) -> int:
        """Offset in the decoded body of the first byte that may belong to a future message."""

    def _find_last(self) -> Iterator[FramedMessage]:
        """Yield what the end of the body completes."""
        return iter(())

    def _timed(self, found: FramedMessage) -> StreamMessage:
        t_first_s = self._arrivals.time_of(found.start)
        text = found.data.decode("utf-8", "replace")
        return StreamMessage(
            self._arrivals.last_s,
            t_first_s,
            found.name,
            text,
            is_error=found.is_error,
            start=found.start,
            end=found.end,
        )
