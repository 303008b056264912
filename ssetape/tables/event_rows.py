"""Events and messages as rows, shared by the tables and the text formats. Pure."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ssetape.format.values import Message
from ssetape.meaning.phrases import in_words
from ssetape.meaning.sayings import Saying
from ssetape.messages.message import StreamMessage, TimedComment
from ssetape.tables.said import encodable


class EventRow(NamedTuple):
    """A row of `events` without the columns that name its capture: see `columns.EVENTS`.

    Attributes:
        kind: `event` or `line` of a stream, `message` of a WebSocket.
        data: as text; None if it is in `data_binary`.
        size_bytes: the size of the data.
        said: what it added to the answer; None if that is unknown.
    """

    seq: int
    t_s: float
    t_first_s: float | None
    gap_s: float | None
    kind: str
    direction: str
    event: str | None
    id: str | None
    data: str | None
    data_binary: bytes | None
    size_bytes: int
    said: str | None


def event_rows(sayings: Iterable[Saying]) -> Iterator[EventRow]:
    """Yield the row of each message of a capture, in order."""
    before_s = None
    seq = 0
    for message, phrases, _ in sayings:
        if isinstance(message, TimedComment):
            continue
        t_s = message.t_s
        gap_s = None if before_s is None else round(t_s - before_s, 6)
        before_s = t_s
        said = None if phrases is None else encodable(in_words(phrases))
        if isinstance(message, Message):
            columns, t_first_s = _socket_columns(message), None
        else:
            columns, t_first_s = _stream_columns(message), message.t_first_s
        data, binary = columns[-2:]
        size_bytes = len(binary or b"") if data is None else len(data.encode())
        yield EventRow(seq, t_s, t_first_s, gap_s, *columns, size_bytes, said)
        seq += 1


_Columns = tuple[str, str, str | None, str | None, str | None, bytes | None]


def _stream_columns(message: StreamMessage) -> _Columns:
    kind = "event" if message.name else "line"
    return kind, "in", message.name or None, message.event_id or None, message.data, None


def _socket_columns(message: Message) -> _Columns:
    direction = "out" if message.from_client else "in"
    event = "text" if message.is_text else "binary"
    text = message.text
    return "message", direction, event, None, text, message.data if text is None else None
