"""A capture's messages, as lines for people and JSON objects for programs."""

import math
from binascii import b2a_base64
from collections.abc import Callable, Iterator
from typing import Any

from ssetape.cli.terminal.output import note, shortened
from ssetape.cli.terminal.plots import bar
from ssetape.format.file import CaptureFile
from ssetape.format.values import Message
from ssetape.messages.message import Item, StreamMessage, TimedComment
from ssetape.messages.reading import MessageReader
from ssetape.output.printable import printable

# Bars are logarithmic: empty for a gap of 1 ms, full for 10 s.
_BAR_COLUMNS = 8
_SHORTEST_S, _DECADES = 0.001, 4


def items_of(capture: CaptureFile, report: Callable[[str], object] = note) -> Iterator[Item]:
    """Yield a capture's messages in the order of the stream, with comments between events.

    Args:
        report: receives a remark about the stream at its end, if there is one.

    Raises:
        CaptureError: the capture cannot be read, or not to its end.
        DecodingError, EventTooLarge, FramingError: its body is damaged; the good part was given.
    """
    messages = MessageReader(None, capture.is_websocket, name=capture.name)
    yield from messages.read(capture.records())
    if messages.damage is not None:
        raise messages.damage
    problem = remark_on(messages)
    if problem is not None:
        report(problem)


def remark_on(messages: MessageReader) -> str | None:
    """A remark about a stream after its last message, if it needs one."""
    if messages.is_unframed:
        return "the body has no messages, as it is not a stream: try --chunks or --raw"
    unfinished = messages.unfinished()
    if unfinished is None:
        return None
    return (
        f"the stream ends within an event, which starts at byte {unfinished.start} and which "
        f"clients never see: {shortened(unfinished.data, 60)!r}"
    )


def fields(item: StreamMessage | Message, text: str) -> dict[str, Any]:
    """The JSON object for one message, documented in `docs/json.md`.

    Args:
        text: the data, or the selected part.
    """
    if isinstance(item, Message):
        is_text = item.text is not None
        return {
            "t": item.t_s,
            "from": "client" if item.from_client else "server",
            "type": "text" if item.is_text else "binary",
            "size": len(item.data),
            "data": text if is_text else None,
            "base64": None if is_text else b2a_base64(item.data, newline=False).decode(),
            "dropped": item.dropped,
            "injected": item.injected,
        }
    return {
        "t": item.t_s,
        "t_first": item.t_first_s,
        "event": item.name,
        "data": text,
        "id": item.event_id,
        "retry": item.retry_ms,
    }


def event_of(item: Item) -> str | None:
    """The type of an event; `text` or `binary` for a WebSocket message; None for a comment."""
    if isinstance(item, StreamMessage):
        return item.name
    if isinstance(item, Message):
        return "text" if item.is_text else "binary"
    return None


def data_of(item: Item) -> str:
    """The data of an item as text; bytes that are not text in hexadecimal."""
    if isinstance(item, TimedComment):
        return item.text
    if isinstance(item, Message):
        return item.data.hex(" ") if item.text is None else item.text
    return item.data


def line_of(item: Item, text: str, before_s: float, *, bars: bool) -> str:
    """An item on one line: its time, the gap before it, its type and marks, and `text`."""
    start = times(item.t_s, before_s, bars=bars)
    if isinstance(item, TimedComment):
        return f"{start}  :{printable(text)}"
    if isinstance(item, Message):
        arrow = "->" if item.from_client else "<-"
        kind = "" if item.is_text else " binary"
        marks = " dropped" * item.dropped + " injected" * item.injected
        return f"{start}  {arrow}  {len(item.data):>7} B{kind}{marks}  {printable(text)}"
    marks = printable(item.name)
    marks += f" #{printable(item.event_id)}" if item.event_id else ""
    marks += f" retry={item.retry_ms}" if item.retry_ms is not None else ""
    marks += " error" * item.is_error
    return f"{start}  {marks:<10}  {printable(text)}" if marks else f"{start}  {printable(text)}"


def times(t_s: float, before_s: float, *, bars: bool = False) -> str:
    """A time and the gap before it, in columns; with `bars` also as a bar."""
    gap_s = t_s - before_s
    columns = f"{t_s:>10.3f} {gap_s:>+10.3f}"
    if not bars:
        return columns
    share = math.log10(gap_s / _SHORTEST_S) / _DECADES if gap_s > _SHORTEST_S else 0.0
    return f"{columns} {bar(share, _BAR_COLUMNS):<{_BAR_COLUMNS}}"
