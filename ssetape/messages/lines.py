"""Lines as messages: NDJSON, JSON Lines, Vercel's data stream.

A line ends at LF or CRLF. https://github.com/ndjson/ndjson-spec
"""

from collections.abc import Iterator

from ssetape.format.values import Headers
from ssetape.messages.framed import Framed, FramedMessage
from ssetape.sse import EVENT_LIMIT_BYTES

# RFC 7464 puts one before each text of a JSON sequence.
_RECORD_SEPARATOR = b"\x1e"


class Lines(Framed):
    """Frames lines. Empty lines are skipped; the last line needs no line feed."""

    def __init__(self, headers: Headers, limit_bytes: int = EVENT_LIMIT_BYTES) -> None:
        super().__init__(headers, limit_bytes)
        self._start = 0
        self._pieces: list[bytes] = []
        self._held_bytes = 0

    def _find(self, data: bytes) -> Iterator[FramedMessage]:
        *ended, rest = data.split(b"\n")
        for line in ended:
            self._hold(line)
            yield from self._line(1)
        self._hold(rest)

    def _find_last(self) -> Iterator[FramedMessage]:
        yield from self._line(0)

    @property
    def open_since(self) -> int:
        return self._start

    def _hold(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self._held_bytes += len(piece)

    def _line(self, end_bytes: int) -> Iterator[FramedMessage]:
        line = b"".join(self._pieces)
        start = self._start
        self._start += self._held_bytes + end_bytes
        self._pieces.clear()
        self._held_bytes = 0
        line = line.removesuffix(b"\r").lstrip(_RECORD_SEPARATOR)
        if line.strip():
            yield FramedMessage(start, self._start, "", line)
