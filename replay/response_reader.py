"""Reads a response from the wire, as whoever compares it with a recording has to. Pure.

Parsers for applications refuse what is odd: long heads, control characters, statuses. This one
tells every head and byte that came, and where each HTTP chunk ends: RFC 9112, section 6.3.
"""

from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from ssetape.format.values import Headers, header_values


class Head(NamedTuple):
    """The head of a response."""

    status: int
    reason: str
    headers: Headers


class Data(NamedTuple):
    """Bytes of the body; `ends_chunk` says whether an HTTP chunk ends with them."""

    data: bytes
    ends_chunk: bool = False


class Ending(Enum):
    """How a response ended."""

    COMPLETE = "complete"
    CUT = "cut"  # the connection ended before it, or it is not HTTP


class _State(Enum):
    HEAD = "head"
    SIZE = "the line with a chunk's size"
    CHUNK = "a chunk, and the line break after it"
    TRAILERS = "trailers"
    LENGTH = "a body with a length"
    REST = "a body until the connection ends"
    OVER = "over"


class ResponseReader:
    """Reads one response.

    Args:
        has_body: whether a body may follow the head; not to a HEAD.
    """

    def __init__(self, *, has_body: bool = True) -> None:
        self._has_body = has_body
        self._state = _State.HEAD
        self._unread = bytearray()
        self._left_bytes = 0  # of the chunk, or of the body
        self._searched = 0

    @property
    def is_over(self) -> bool:
        """Whether the response has ended, in whatever way."""
        return self._state is _State.OVER

    @property
    def trailing(self) -> bytes:
        """What came after the response."""
        return bytes(self._unread)

    def feed(self, data: bytes) -> Iterator[Head | Data | Ending]:
        """Yield what these bytes make known; b"" is the end of the connection."""
        self._unread += data
        try:
            while not self.is_over and (found := self._next()) is not None:
                yield found
        except ValueError:
            yield self._end(Ending.CUT)
        if not data and not self.is_over:
            yield self._end(Ending.COMPLETE if self._state is _State.REST else Ending.CUT)

    def _next(self) -> Head | Data | Ending | None:
        if self._state is _State.HEAD:
            return self._head()
        if self._state is _State.SIZE:
            line = self._line()
            if line is None:
                return None
            self._left_bytes = int(line.partition(b";")[0], 16)
            self._state = _State.CHUNK if self._left_bytes else _State.TRAILERS
            return self._next()
        if self._state is _State.TRAILERS:
            while (line := self._line()) is not None:
                if not line:
                    return self._end(Ending.COMPLETE)
            return None
        if self._state is _State.CHUNK:
            return self._chunk()
        return self._body()

    def _head(self) -> Head | Ending | None:
        end = self._unread.find(b"\r\n\r\n", max(0, self._searched - 3))
        if end < 0:
            self._searched = len(self._unread)
            if not b"HTTP/".startswith(self._unread[:5]):
                raise ValueError
            return None
        first, *lines = self._take(end + 4)[:-4].decode("latin-1").split("\r\n")
        version, status, reason = [*first.split(" ", 2), ""][:3]
        if not version.startswith("HTTP/"):
            raise ValueError
        headers = [(name, value) for name, _, value in (line.partition(":") for line in lines)]
        found = Head(int(status), reason, headers)
        self._state = self._framing(found)
        return found

    def _framing(self, head: Head) -> _State:
        """The state after the head; for a body of no bytes, too."""
        if "chunked" in ",".join(header_values(head.headers, "transfer-encoding")).lower():
            state = _State.SIZE
        elif lengths := header_values(head.headers, "content-length"):
            self._left_bytes = int(lengths[0])
            state = _State.LENGTH
        else:
            state = _State.REST
        if not self._has_body or head.status in (204, 304) or 100 <= head.status < 200:
            self._left_bytes = 0
            state = _State.LENGTH
        return state

    def _chunk(self) -> Data | None:
        size = self._left_bytes
        if len(self._unread) >= size + 2:
            self._state = _State.SIZE
            data = self._take(size + 2)
            if not data.endswith(b"\r\n"):
                raise ValueError
            return Data(data[:-2], ends_chunk=True)
        # So that a large chunk is told as it comes; its last byte waits for the line break.
        size = min(len(self._unread), size - 1)
        self._left_bytes -= size
        return Data(self._take(size)) if size else None

    def _body(self) -> Data | Ending | None:
        if self._state is _State.LENGTH:
            if not self._left_bytes:
                return self._end(Ending.COMPLETE)
            size = min(self._left_bytes, len(self._unread))
            self._left_bytes -= size
        else:
            size = len(self._unread)
        return Data(self._take(size)) if size else None

    def _line(self) -> bytes | None:
        end = self._unread.find(b"\r\n")
        return None if end < 0 else self._take(end + 2)[:-2]

    def _take(self, size: int) -> bytes:
        data = bytes(self._unread[:size])
        del self._unread[:size]
        return data

    def _end(self, ending: Ending) -> Ending:
        self._state = _State.OVER
        return ending
