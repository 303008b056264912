"""Encodes server-sent events. Pure."""

from ssetape.editing.encoder import Encoder, Fields
from ssetape.errors import EventTooLarge
from ssetape.messages import framing as framings
from ssetape.sse import EventStreamParser


class EventEncoder(Encoder):
    """`event:`, `id:` and `retry:` where they say something, the data, and a blank line."""

    framing = framings.EVENTS

    def __init__(self) -> None:
        self._parser = EventStreamParser()

    @property
    def event_id(self) -> str:
        return self._parser.last_event_id

    def encode(self, fields: Fields, like: bytes = b"") -> bytes:
        changed = _with_data(like, fields.data)
        if changed and self.says(changed, fields):
            return changed
        newline = _newline(like)
        lines = []
        if fields.name not in ("", "message"):
            lines.append(f"event: {fields.name}")
        if fields.event_id != self.event_id:
            lines.append(f"id: {fields.event_id}")
        if fields.retry_ms is not None:
            lines.append(f"retry: {fields.retry_ms}")
        lines += [f"data: {line}" for line in fields.data.split("\n")]
        return newline.join([*lines, "", ""]).encode()

    def says(self, raw: bytes, fields: Fields) -> bool:
        parser = EventStreamParser(last_event_id=self.event_id)
        try:
            # Behind a line, so that no byte order mark is taken away.
            events = parser.feed(b"\n" + raw)
        except EventTooLarge:
            return False
        found = [(each.event, each.data, each.id, each.retry_ms) for each in events]
        return found == [fields] and parser.unfinished() is None

    def add(self, raw: bytes) -> None:
        self._parser.feed(raw)


def _newline(raw: bytes) -> str:
    return "\r\n" if b"\r\n" in raw else "\r" if b"\r" in raw else "\n"


def _with_data(raw: bytes, data: str) -> bytes:
    """An event's bytes with other data, and all other lines as they are; b"" if it has no data."""
    changed: list[bytes] = []
    is_set = False
    for line in raw.splitlines(keepends=True):
        if line.rstrip(b"\r\n").partition(b":")[0] != b"data":
            changed.append(line)
        elif not is_set:
            is_set = True
            begins = "data: " if line.startswith((b"data: ", b"data\n", b"data\r")) else "data:"
            lines = [f"{begins}{each}{_newline(raw)}" for each in data.split("\n")]
            changed += map(str.encode, lines)
    return b"".join(changed) if is_set else b""
