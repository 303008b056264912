"""Encodes messages as the bytes of a body: the reverse of the framings in `messages`. Pure."""

import struct
import zlib
from abc import ABC, abstractmethod
from typing import ClassVar, NamedTuple

from ssetape.errors import EventTooLarge, FramingError
from ssetape.format.values import Chunk
from ssetape.messages import framing as framings
from ssetape.messages.framing import Framing
from ssetape.messages.message import StreamMessage
from ssetape.sse import EventStreamParser

_CRC_BYTES = 4
_PRELUDE = struct.Struct(">II")
_PRELUDE_BYTES = _PRELUDE.size + _CRC_BYTES
_TEXT_HEADER = 7  # the type of an AWS header whose value is text


class Fields(NamedTuple):
    """What a message says. Fields as in `StreamMessage`."""

    name: str
    data: str
    event_id: str = ""
    retry_ms: int | None = None

    @classmethod
    def of(cls, message: StreamMessage) -> "Fields":
        """Those of a message that was read."""
        return cls(message.name, message.data, message.event_id, message.retry_ms)


class Encoder(ABC):
    """Encodes the messages of one body, in order."""

    framing: ClassVar[Framing]

    @property
    def event_id(self) -> str:
        """The last event ID so far."""
        return ""

    @property
    def gap(self) -> bytes:
        """The bytes that have to come before the next message, whatever its own are."""
        return b""

    @abstractmethod
    def encode(self, fields: Fields, like: bytes = b"") -> bytes:
        """The bytes of a message at this place.

        Args:
            like: the bytes that it had before it was changed; what they have and the fields do
                not, such as the kind of line ends, stays.
        """

    def says(self, raw: bytes, fields: Fields) -> bool:
        """Whether bytes at this place are one message with these fields, and nothing more."""
        framer = self.framing.framer([])
        try:
            items = [*framer.feed(Chunk(0.0, self._standalone(raw))), *framer.end()]
        except (EventTooLarge, FramingError):
            return False
        return [(item.name, item.data) for item in items if isinstance(item, StreamMessage)] == [
            (fields.name, fields.data)
        ]

    @abstractmethod
    def add(self, raw: bytes) -> None:
        """Go on behind these bytes of the body.

        Raises:
            EventTooLarge: they have an event that no parser holds.
        """

    def _standalone(self, raw: bytes) -> bytes:
        return raw


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


class LineEncoder(Encoder):
    """The data and a line feed."""

    framing = framings.LINES

    def __init__(self) -> None:
        self._is_open = False

    @property
    def gap(self) -> bytes:
        return b"\n" * self._is_open

    def encode(self, fields: Fields, like: bytes = b"") -> bytes:
        newline = b"\r\n" if like.endswith(b"\r\n") else b"\n"
        return fields.data.encode() + newline

    def add(self, raw: bytes) -> None:
        self._is_open = not raw.endswith(b"\n")


class ArrayEncoder(Encoder):
    """An element of an array, with the bracket or comma before it."""

    framing = framings.JSON_ARRAY

    def __init__(self) -> None:
        self._before = b"["

    def encode(self, fields: Fields, like: bytes = b"") -> bytes:
        before = b",\n" if self._before == b"," else b"["
        return before + fields.data.encode()

    def says(self, raw: bytes, fields: Fields) -> bool:
        return raw.lstrip()[:1] == self._before and super().says(raw, fields)

    def add(self, raw: bytes) -> None:
        if raw.strip():
            self._before = b","

    def _standalone(self, raw: bytes) -> bytes:
        return (raw if self._before == b"[" else b"[" + raw) + b"]"


class DocumentEncoder(Encoder):
    """A JSON document as it is."""

    framing = framings.JSON_DOCUMENTS

    def encode(self, fields: Fields, like: bytes = b"") -> bytes:
        return fields.data.encode()

    def add(self, raw: bytes) -> None:
        pass


class AwsEncoder(Encoder):
    """A frame of AWS; one that is changed keeps its headers, if its name is the same."""

    framing = framings.AWS

    def encode(self, fields: Fields, like: bytes = b"") -> bytes:
        headers = _aws_headers(fields.name)
        framer = self.framing.framer([])
        try:
            for item in framer.feed(Chunk(0.0, like)):
                if isinstance(item, StreamMessage) and item.name == fields.name:
                    _, size = _PRELUDE.unpack_from(like)
                    headers = like[_PRELUDE_BYTES : _PRELUDE_BYTES + size]
        except (EventTooLarge, FramingError):
            pass
        payload = fields.data.encode()
        size = _PRELUDE_BYTES + len(headers) + len(payload) + _CRC_BYTES
        prelude = _PRELUDE.pack(size, len(headers))
        frame = prelude + _crc(prelude) + headers + payload
        return frame + _crc(frame)

    def add(self, raw: bytes) -> None:
        pass


_ENCODERS: dict[str, type[Encoder]] = {
    each.framing.name: each
    for each in (EventEncoder, LineEncoder, ArrayEncoder, DocumentEncoder, AwsEncoder)
}


def encoder_for(framing: str | None) -> Encoder:
    """The encoder for a framing, by its name; that of events for None.

    Raises:
        KeyError: there is no such framing.
    """
    return _ENCODERS[framings.EVENTS.name if framing is None else framing]()


def framing_names() -> list[str]:
    """The names of the framings that can be encoded."""
    return list(_ENCODERS)


def _aws_headers(name: str) -> bytes:
    # In the order in which Bedrock sends them.
    values = {":event-type": name, ":content-type": "application/json", ":message-type": "event"}
    pieces = []
    for key, value in values.items():
        text = value.encode()
        pieces.append(bytes([len(key)]) + key.encode() + bytes([_TEXT_HEADER]))
        pieces.append(struct.pack(">H", len(text)) + text)
    return b"".join(pieces)


def _crc(data: bytes) -> bytes:
    return struct.pack(">I", zlib.crc32(data))
