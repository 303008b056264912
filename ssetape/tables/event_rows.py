"""Events and messages as rows, shared by the tables and the text formats. Pure."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ssetape.format.values import Message
from ssetape.messages.message import StreamMessage


class EventRow(NamedTuple):
    """A row of `events` without the columns that name its capture: see `columns.EVENTS`.

    Attributes:
        kind: `event` or `line` of a stream, `message` of a WebSocket.
        data: as text; None if it is in `data_binary`.
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

    @property
    def size_bytes(self) -> int:
        """The size of the data."""
        return len(self.data_binary or b"") if self.data is None else len(self.data.encode())


def event_rows(messages: Iterable[StreamMessage | Message]) -> Iterator[EventRow]:
    """Yield the row of each message of a capture, in order."""
    before_s = None
    for seq, message in enumerate(messages):
        t_s = message.t_s
        gap_s = None if before_s is None else round(t_s - before_s, 6)
        before_s = t_s
        if isinstance(message, Message):
            yield EventRow(seq, t_s, None, gap_s, *_socket_columns(message))
        else:
            yield EventRow(seq, t_s, message.t_first_s, gap_s, *_stream_columns(message))


_Columns = tuple[str, str, str | None, str | None, str | None, bytes | None]


def _stream_columns(message: StreamMessage) -> _Columns:
    kind = "event" if message.name else "line"
    return kind, "in", message.name or None, message.event_id or None, message.data, None


def _socket_columns(message: Message) -> _Columns:
    direction = "out" if message.from_client else "in"
    event = "text" if message.is_text else "binary"
    text = message.text
    return "message", direction, event, None, text, message.data if text is None else None
