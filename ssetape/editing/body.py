"""Makes a body of the lines of an editor: chunks with their times. Pure.

Where the parts of a line disagree, what it says is believed before how it was written:

1. `event`, `id`, `retry` and `data` before `raw`, the bytes: a message that was changed is encoded
   anew, any other keeps its bytes.
2. `t` before `pieces` and `joined`: a message that was moved takes its chunks along, and leaves
   the chunk that it shared.
3. The order of the lines is the order of the bytes: times that fall are a mistake.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto

from ssetape.editing.encoders import Encoder, Fields
from ssetape.editing.source import Span
from ssetape.errors import EventTooLarge, LineError
from ssetape.format.values import Chunk, Response
from ssetape.messages.message import StreamMessage
from ssetape.messages.reading import MessageReader

_SHOWN_CHARACTERS = 60


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
        pieces: the chunks that it came in: time and size in bytes; [] for one.
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
    """

    def __init__(self, encoder: Encoder, head_s: float) -> None:
        self.marks: dict[int, list[Span]] = {}
        self.latest_s = head_s
        self._encoder = encoder
        self._chunks: list[tuple[float, bytearray]] = []
        self._messages: list[tuple[int, Fields]] = []

    @property
    def chunks(self) -> list[Chunk]:
        """The chunks so far."""
        return [Chunk(t_s, bytes(data)) for t_s, data in self._chunks]

    def add(self, line: BodyLine) -> None:
        """Add a line.

        Raises:
            LineError: it comes before the line above it, or no parser could read it.
        """
        raw, before = self._bytes(line)
        t_s = self.latest_s if line.t_s is None else line.t_s
        if not raw:
            return
        masked = line.masked if raw == line.raw else []
        pieces = list(_timed(line, before + raw, t_s))
        start = 0
        for number, (piece_s, data) in enumerate(pieces):
            if piece_s < self.latest_s:
                raise LineError(
                    line.number,
                    f"it comes at {piece_s:g} s, but what is above it comes at "
                    f"{self.latest_s:g} s: move the line, or change its `t`",
                )
            is_joined = line.is_joined and not number and piece_s == self.latest_s
            place = self._put(piece_s, data, is_joined=is_joined)
            self._mark(masked, start - len(before), place, len(data))
            start += len(data)
        try:
            self._encoder.add(before + raw)
        except EventTooLarge as error:
            raise LineError(line.number, str(error)) from error

    def check(self, response: Response | None) -> None:
        """Check that the body says what the lines say.

        Raises:
            LineError: it says something else.
        """
        reader = MessageReader(response)
        found = [*_messages_of(reader, self.chunks), None]
        for (number, fields), message in zip(self._messages, found, strict=False):
            is_same = message is not None and Fields.of(message) == fields
            if not is_same:
                says = "nothing" if message is None else _shown(Fields.of(message))
                raise LineError(
                    number,
                    f"a client would read {says} here, not {_shown(fields)}: the content type, or "
                    f"what is above the line, makes it another",
                )
        if (extra := found[len(self._messages)]) is not None:
            number = self._messages[-1][0] if self._messages else 1
            raise LineError(
                number,
                f"a client would read {_shown(Fields.of(extra))} behind it, which no line says",
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
        self.latest_s = t_s
        if not (is_joined and self._chunks and self._chunks[-1][0] == t_s):
            self._chunks.append((t_s, bytearray()))
        last = self._chunks[-1][1]
        place = len(last)
        last += data
        return place

    def _mark(self, masked: list[Span], start: int, place: int, size: int) -> None:
        """Mark what is masked in the bytes of a line from `start` on, now at a place in a chunk."""
        for first, behind, *rest in masked:
            inside = max(first, start), min(behind, start + size)
            if inside[0] < inside[1]:
                span = [*(place + each - start for each in inside), *rest]
                self.marks.setdefault(len(self._chunks) - 1, []).append(span)


def _timed(line: BodyLine, raw: bytes, t_s: float) -> Iterator[tuple[float, bytes]]:
    """Yield the bytes of a line as the chunks in which they come."""
    pieces = line.pieces
    # The last byte completes it, or, of an event, the one before the line feed of a CRLF.
    last = -2 if len(pieces) > 1 and pieces[-1][1] == 1 and raw.endswith(b"\r\n") else -1
    moved_s = t_s - pieces[last][0] if pieces else 0.0
    start = 0
    for piece_s, size in pieces[:-1]:
        if start + size >= len(raw):
            break
        yield _moved(piece_s, moved_s), raw[start : start + size]
        start += size
    is_whole = bool(pieces) and start + pieces[-1][1] == len(raw)
    yield _moved(pieces[-1][0], moved_s) if is_whole else t_s, raw[start:]


def _moved(t_s: float, moved_s: float) -> float:
    return t_s if not moved_s else round(t_s + moved_s, 6)


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
