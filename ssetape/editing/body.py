"""Makes a body of the lines of an editor: chunks with their times. Pure.

Where the parts of a line disagree, what it says is believed before how it was written:

1. `event`, `id`, `retry` and `data` before `raw`, the bytes: a message that was changed is encoded
   anew, any other keeps its bytes.
2. `t` before `pieces` and `joined`: a message that was moved takes its chunks along, and leaves
   the chunk that it shared.
3. The order of the lines is the order of the bytes: what comes behind a line that was moved comes
   no earlier than it.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto

from ssetape.editing.encoder import Encoder, Fields
from ssetape.editing.source import Span
from ssetape.errors import EventTooLarge, LineError
from ssetape.format.values import Chunk, Response
from ssetape.messages.message import StreamMessage
from ssetape.messages.reading import MessageReader

_SHOWN_CHARACTERS = 60
# Half of a microsecond, to which times are written.
_SAME_S = 5e-7


class Kind(Enum):
    """What a line of a body is."""

    MESSAGE = auto()
    COMMENT = auto()
    BYTES = auto()  # anything else


@dataclass(frozen=True, slots=True)
class BodyLine:
    """A line of a body.

    Attributes:
        number: its number in the file.
        t_s: when it is complete; None: with the line before.
        fields: what it says, if it is a message.
        has_id: whether its `event_id` is said; if not, it is as before.
        text: that of a comment.
        raw: the bytes that it had, or, of other bytes, has; None: as they are encoded.
        is_joined: whether it begins in the chunk of the line before.
        pieces: the chunks that it came in: seconds from `t_s`, and size in bytes; [] for one.
        masked: what in `raw` is masked.
    """

    number: int
    kind: Kind
    t_s: float | None = None
    fields: Fields | None = None
    has_id: bool = True
    text: str = ""
    raw: bytes | None = None
    is_joined: bool = False
    pieces: list[tuple[float, int]] = field(default_factory=list)
    masked: list[Span] = field(default_factory=list)


class Body:
    """The body that lines make, line by line.

    Attributes:
        marks: what is masked in its chunks, by their number.
        latest_s: the time of the last chunk.
        late: the numbers of the lines that come later than they say.
    """

    def __init__(self, encoder: Encoder, head_s: float) -> None:
        self.marks: dict[int, list[Span]] = {}
        self.latest_s = head_s
        self.late: list[int] = []
        self._said_s = head_s  # when the last chunk was to come
        self._encoder = encoder
        self._chunks: list[tuple[float, bytearray]] = []
        self._size_bytes = 0
        self._ends: list[tuple[int, int]] = []  # where each line ends, and its number
        self._messages: list[tuple[int, Fields]] = []

    @property
    def chunks(self) -> list[Chunk]:
        """The chunks so far."""
        return [Chunk(t_s, bytes(data)) for t_s, data in self._chunks]

    def add(self, line: BodyLine) -> None:
        """Add a line."""
        raw, before = self._bytes(line)
        t_s = self.latest_s if line.t_s is None else line.t_s
        if not raw:
            return
        masked = line.masked if raw == line.raw else []
        pieces = list(_timed(line, before + raw, t_s))
        start = 0
        if pieces[0][0] < self.latest_s - _SAME_S:
            self.late.append(line.number)
        for number, (piece_s, data) in enumerate(pieces):
            is_same_time = abs(piece_s - self._said_s) < _SAME_S
            is_joined = line.is_joined and not number and is_same_time
            place = self._put(piece_s, data, is_joined=is_joined)
            self._mark(masked, start - len(before), place, len(data))
            start += len(data)
        self._size_bytes += start
        self._ends.append((self._size_bytes, line.number))
        try:
            self._encoder.add(before + raw)
        except EventTooLarge:
            pass  # no client reads what is behind it either

    def check(self, response: Response | None) -> None:
        """Check that the body says what the lines say.

        Raises:
            LineError: it says something else.
        """
        said = iter(self._messages)
        for message in _messages_of(MessageReader(response), self.chunks):
            place = self._ends[bisect_left(self._ends, (message.end, 0))][1]
            number, fields = next(said, (place, None))
            read = Fields.of(message)
            if read != fields:
                is_here = fields is not None and place >= number
                raise LineError(
                    number if is_here else place,
                    f"a client would read {_shown(read)} here, "
                    + (f"not {_shown(fields)}" if is_here and fields else "which the line is not"),
                )
        for number, fields in said:
            raise LineError(
                number,
                f"no client would read {_shown(fields)} here: the content type, or what is above "
                f"the line, makes it no message",
            )

    def _bytes(self, line: BodyLine) -> tuple[bytes, bytes]:
        """The bytes of a line, and those that have to come before it."""
        if line.kind is Kind.BYTES:
            return line.raw or b"", b""
        if line.kind is Kind.COMMENT:
            raw = line.raw
            if raw is None or raw.rstrip(b"\r\n").decode("utf-8", "replace") != f":{line.text}":
                raw = f":{line.text}\n\n".encode()
            return raw, b""
        fields = line.fields
        assert fields is not None
        if not line.has_id:
            fields = fields._replace(event_id=self._encoder.event_id)
        self._messages.append((line.number, fields))
        if line.raw is not None and self._encoder.says(line.raw, fields):
            return line.raw, self._encoder.gap
        return self._encoder.encode(fields, line.raw or b""), self._encoder.gap

    def _put(self, t_s: float, data: bytes, *, is_joined: bool) -> int:
        """Put bytes into the last chunk or a new one; return the offset in that chunk."""
        self._said_s = t_s
        if not (is_joined and self._chunks):
            self.latest_s = max(self.latest_s, t_s)
            self._chunks.append((self.latest_s, bytearray()))
        last = self._chunks[-1][1]
        place = len(last)
        last += data
        return place

    def _mark(self, masked: list[Span], start: int, place: int, size: int) -> None:
        """Mark what is masked in the bytes of a line from `start` on, now at a place in a chunk."""
        for first, behind, *rest in masked:
            inside = max(first, start), min(behind, start + size)
            if inside[0] < inside[1]:
                begin, end = (place + each - start for each in inside)
                found = self.marks.setdefault(len(self._chunks) - 1, [])
                if begin == place and found and found[-1][1:] == [begin, *rest]:
                    begin = found.pop()[0]  # it went on from the line before
                found.append([begin, end, *rest])


def _timed(line: BodyLine, raw: bytes, t_s: float) -> Iterator[tuple[float, bytes]]:
    """Yield the bytes of a line as the chunks in which they come.

    If it has another size now, its last chunk, at the line's time, has what the others leave.
    """
    pieces = line.pieces
    if sum(size for _, size in pieces) != len(raw):
        pieces = pieces[:-1]
    start = 0
    for after_s, size in pieces:
        if line.pieces != pieces and start + size >= len(raw):
            break
        yield round(t_s + after_s, 6) if after_s else t_s, raw[start : start + size]
        start += size
    if start < len(raw):
        yield t_s, raw[start:]


def _messages_of(reader: MessageReader, chunks: Iterable[Chunk]) -> Iterator[StreamMessage]:
    for chunk in chunks:
        for item in reader.feed_chunk(chunk):
            if isinstance(item, StreamMessage):
                yield item
    for item in reader.end():
        if isinstance(item, StreamMessage):
            yield item


def _shown(fields: Fields) -> str:
    name = f"{fields.name} " if fields.name not in ("", "message") else ""
    return f"{name}{fields.data[:_SHOWN_CHARACTERS]!r}"
