"""Encodes messages as the bytes of a body, in each framing. Pure."""

import struct
import zlib

from ssetape.editing.encoder import Encoder, Fields
from ssetape.editing.event_encoder import EventEncoder
from ssetape.errors import EventTooLarge, FramingError
from ssetape.format.values import Chunk
from ssetape.messages import framing as framings
from ssetape.messages.message import StreamMessage

_CRC_BYTES = 4
_PRELUDE = struct.Struct(">II")
_PRELUDE_BYTES = _PRELUDE.size + _CRC_BYTES
_TEXT_HEADER = 7  # the type of an AWS header whose value is text


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
