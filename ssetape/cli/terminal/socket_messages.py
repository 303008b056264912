"""How the messages of a WebSocket capture are shown."""

from binascii import b2a_base64
from typing import Any

from ssetape.cli.terminal.output import printable
from ssetape.format.values import End, Message


def fields(message: Message, shown: str) -> dict[str, Any]:
    """What a line of `show --json` says of a message. Documented in `docs/json.md`."""
    text = message.text
    return {
        "t": message.t_s,
        "from": "client" if message.from_client else "server",
        "type": "text" if message.is_text else "binary",
        "size": len(message.data),
        "data": None if text is None else shown,
        "base64": b2a_base64(message.data, newline=False).decode() if text is None else None,
        "dropped": message.dropped,
        "injected": message.injected,
    }


def line_of(message: Message, text: str) -> str:
    """A message on one line: an arrow for its direction, its size, and `text`."""
    arrow = "->" if message.from_client else "<-"
    kind = "" if message.is_text else " binary"
    marks = " dropped" * message.dropped + " injected" * message.injected
    return f"{arrow}  {len(message.data):>7} B{kind}{marks}  {printable(text)}"


def words_of_close(end: End) -> str:
    """How a WebSocket was closed, for the last line; "" if that is not known."""
    if end.close is None:
        return ""
    reason = f" {end.close.reason!r}" if end.close.reason else ""
    return f", {end.close.code}{reason} by the {'client' if end.close.by_client else 'server'}"
