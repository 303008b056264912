"""AWS event-stream frames as messages, and messages as frames.

A frame is its length, its headers' length, a CRC-32 of both, headers, payload, and a CRC-32 of all
that precedes it. https://smithy.io/2.0/aws/amazon-eventstream.html
"""

import struct
import zlib
from collections.abc import Iterator

from ssetape.errors import FramingError
from ssetape.format.values import Headers
from ssetape.messages.framed import Framed, FramedMessage
from ssetape.sse import EVENT_LIMIT_BYTES

_PRELUDE = struct.Struct(">III")
_CRC_BYTES = 4
# The size of a header value, for types of fixed size.
_FIXED_BYTES = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
_WITH_LENGTH = (6, 7)  # bytes and text
_JSON = {":content-type": "application/json"}


class AwsFrames(Framed):
    """Frames AWS messages, named by `:event-type`, `:exception-type` or `:error-code`."""

    def __init__(self, headers: Headers, limit_bytes: int = EVENT_LIMIT_BYTES) -> None:
        super().__init__(headers, limit_bytes)
        self._start = 0
        self._held = bytearray()

    def _find(self, data: bytes) -> Iterator[FramedMessage]:
        self._held += data
        while len(self._held) >= _PRELUDE.size:
            size, headers_size, crc = _PRELUDE.unpack_from(self._held)
            if (
                zlib.crc32(self._held[:8]) != crc
                or size < _PRELUDE.size + headers_size + _CRC_BYTES
            ):
                found = bytes(self._held[: _PRELUDE.size]).hex(" ")
                raise FramingError(
                    f"byte {self._start} of the body: expected an AWS event-stream frame that "
                    f"begins with its lengths and their checksum, found {found}"
                )
            if len(self._held) < size:
                return
            frame = bytes(self._held[:size])
            del self._held[:size]
            start, self._start = self._start, self._start + size
            (crc,) = struct.unpack(">I", frame[-_CRC_BYTES:])
            if zlib.crc32(frame[:-_CRC_BYTES]) != crc:
                raise FramingError(
                    f"byte {start} of the body: the checksum of this frame of {size} bytes is "
                    f"{zlib.crc32(frame[:-_CRC_BYTES]):08x}, but the frame says {crc:08x}"
                )
            payload_start = _PRELUDE.size + headers_size
            yield self._message(
                start, frame[_PRELUDE.size : payload_start], frame[payload_start:-_CRC_BYTES]
            )

    @property
    def open_since(self) -> int:
        return self._start

    def _message(self, start: int, headers: bytes, payload: bytes) -> FramedMessage:
        values = _headers(headers, start)
        kind = values.get(":message-type", "event")
        name = values.get(":exception-type") or values.get(":error-code") or ""
        if kind == "event":
            return FramedMessage(start, self._start, values.get(":event-type", ""), payload)
        text = payload or values.get(":error-message", "").encode()
        return FramedMessage(start, self._start, name, text, is_error=True)


def _headers(data: bytes, start: int) -> dict[str, str]:
    """The headers with text values."""
    values = {}
    place = 0
    try:
        while place < len(data):
            name_bytes = data[place]
            name = data[place + 1 : place + 1 + name_bytes].decode("utf-8", "replace")
            place += 1 + name_bytes
            kind = data[place]
            place += 1
            if kind in _WITH_LENGTH:
                (size,) = struct.unpack_from(">H", data, place)
                place += 2
            else:
                size = _FIXED_BYTES[kind]
            if kind == 7:
                values[name] = data[place : place + size].decode("utf-8", "replace")
            place += size
    except (LookupError, struct.error) as error:
        raise FramingError(
            f"byte {start} of the body: the headers of this frame are malformed"
        ) from error
    return values


def frame(name: str, data: bytes) -> bytes:
    """A message as an AWS frame with JSON."""
    return _frame(data, {":event-type": name, **_JSON, ":message-type": "event"})


def exception_frame(name: str, data: bytes) -> bytes:
    """An exception as an AWS frame with JSON."""
    return _frame(data, {":exception-type": name, **_JSON, ":message-type": "exception"})


def _frame(payload: bytes, values: dict[str, str]) -> bytes:
    headers = b"".join(_text_header(name, value.encode()) for name, value in values.items())
    size = _PRELUDE.size + len(headers) + len(payload) + _CRC_BYTES
    lengths = struct.pack(">II", size, len(headers))
    front = lengths + struct.pack(">I", zlib.crc32(lengths)) + headers + payload
    return front + struct.pack(">I", zlib.crc32(front))


def _text_header(name: str, value: bytes) -> bytes:
    return bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(value)) + value
