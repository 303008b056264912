import struct
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from ssetape.errors import FramingError
from ssetape.messages import aws
from ssetape.messages.aws import AwsFrames


def header(name: str, value: str | bytes | int) -> bytes:
    start = bytes([len(name)]) + name.encode()
    if isinstance(value, str):
        return start + b"\x07" + struct.pack(">H", len(value)) + value.encode()
    if isinstance(value, bytes):
        return start + b"\x06" + struct.pack(">H", len(value)) + value
    return start + b"\x08" + struct.pack(">q", value)


def frame(payload: bytes, **headers: str | bytes | int) -> bytes:
    """A frame as the specification has it; `event_type` is the header `:event-type`."""
    head = b"".join(header(":" + name.replace("_", "-"), value) for name, value in headers.items())
    prelude = struct.pack(">II", 16 + len(head) + len(payload), len(head))
    front = prelude + struct.pack(">I", zlib.crc32(prelude)) + head + payload
    return front + struct.pack(">I", zlib.crc32(front))


def test_frames_are_named_by_their_event_type(cut_anyhow: Callable[..., Any]) -> None:
    body = frame(b'{"a":1}', date=5, event_type="one", raw=b"\x00", message_type="event")
    body += frame(b"", event_type="two")
    assert cut_anyhow(AwsFrames, body) == [("one", '{"a":1}'), ("two", "")]


def test_exceptions_and_errors_are_errors(framed: Callable[..., Any]) -> None:
    body = frame(b'{"message":"slow"}', message_type="exception", exception_type="throttling")
    body += frame(b"", message_type="error", error_code="500", error_message="broken")
    assert [(m.name, m.data, m.is_error) for m in framed(AwsFrames, [body])] == [
        ("throttling", '{"message":"slow"}', True),
        ("500", "broken", True),
    ]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda body: b"\x01" + body[1:], "byte 0 of the body: expected an AWS"),
        (lambda body: body[:-5] + b"!" + body[-4:], "byte 0 of the body: the checksum"),
        (lambda body: b"data: this is no frame\n\n", "byte 0 of the body: expected an AWS"),
    ],
)
def test_what_is_no_frame_is_said_to_be_none(
    damage: Callable[[bytes], bytes], said: str, framed: Callable[..., Any]
) -> None:
    with pytest.raises(FramingError, match=said):
        framed(AwsFrames, [damage(frame(b"payload", event_type="x"))])


def test_headers_that_do_not_end_are_said_to_be_wrong(framed: Callable[..., Any]) -> None:
    for head in (b"\x05:date", b"\x01a\x63", b"\x01a\x07\x00"):
        prelude = struct.pack(">II", 16 + len(head), len(head))
        front = prelude + struct.pack(">I", zlib.crc32(prelude)) + head
        with pytest.raises(FramingError, match="headers of this frame"):
            framed(AwsFrames, [front + struct.pack(">I", zlib.crc32(front))])


def test_a_frame_that_is_cut_is_no_message(framed: Callable[..., Any]) -> None:
    body = frame(b"whole", event_type="x")
    assert [m.data for m in framed(AwsFrames, [body + body[:-1]])] == ["whole"]


@pytest.mark.parametrize("payload", [b"", b'{"a":"\xc3\xa9"}', b"x" * 70_000])
def test_what_is_written_is_read(payload: bytes, framed: Callable[..., Any]) -> None:
    body = aws.frame("contentBlockDelta", payload) + aws.exception_frame("throttling", payload)
    assert [(m.name, m.data, m.is_error) for m in framed(AwsFrames, [body])] == [
        ("contentBlockDelta", payload.decode(), False),
        ("throttling", payload.decode(), True),
    ]


def test_a_frame_is_written_as_the_specification_has_it() -> None:
    headers = {"event_type": "metadata", "content_type": "application/json"}
    written = aws.frame("metadata", b"{}")
    assert written == frame(b"{}", **headers, message_type="event")
