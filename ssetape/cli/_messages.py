"""How the messages of a WebSocket capture are shown."""

from binascii import b2a_base64
from typing import Any

from ssetape.capture import Capture
from ssetape.cli._output import json_line, printable
from ssetape.records import End, Message


def print_json(capture: Capture) -> None:
    """Print one JSON object a message. Documented in `docs/json.md`."""
    for message in capture.messages():
        json_line(_fields(message))


def _fields(message: Message) -> dict[str, Any]:
    text = message.text
    return {
        "t": message.t_s,
        "from": "client" if message.from_client else "server",
        "type": "text" if message.is_text else "binary",
        "size": len(message.data),
        "data": text,
        "base64": b2a_base64(message.data, newline=False).decode() if text is None else None,
        "dropped": message.dropped,
        "injected": message.injected,
    }


def line_of(message: Message) -> str:
    """A message on one line: an arrow for its direction, its size, and what it says."""
    arrow = "->" if message.from_client else "<-"
    kind = "" if message.is_text else " binary"
    marks = " dropped" * message.dropped + " injected" * message.injected
    text = message.text
    shown = printable(text if text is not None else message.data.hex(" "))
    return f"{arrow}  {len(message.data):>7} B{kind}{marks}  {shown}"


def words_of_close(end: End) -> str:
    """How a WebSocket was closed, for the last line; "" if that is not known."""
    if end.close is None:
        return ""
    reason = f" {end.close.reason!r}" if end.close.reason else ""
    return f", {end.close.code}{reason} by the {'client' if end.close.by_client else 'server'}"
