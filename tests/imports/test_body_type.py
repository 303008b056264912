import struct
import zlib

import pytest

from ssetape.imports._body_type import guessed_head


def frame(payload: bytes) -> bytes:
    prelude = struct.pack(">II", 16 + len(payload), 0)
    start = prelude + struct.pack(">I", zlib.crc32(prelude)) + payload
    return start + struct.pack(">I", zlib.crc32(start))


@pytest.mark.parametrize(
    ("start", "media_type"),
    [
        (b"data: x\n\n", "text/event-stream"),
        (b": hi\n", "text/event-stream"),
        (b'{"a": 1}\n{"a": 2}\n', "application/x-ndjson"),
        (b'\xef\xbb\xbf{"a": 1}\r\n\r\n{"a": 2}\r\n', "application/x-ndjson"),
        (b'\x1e{"a": 1}\n\x1e{"a": 2}\n', "application/x-ndjson"),
        (b'{"a": 1}\n{"a": 2}\n{"cut', "application/x-ndjson"),
        (frame(b'{"a": 1}'), "application/vnd.amazon.eventstream"),
        (b'0:"Hi"\n', "text/plain; charset=utf-8"),
        (b'f:{"messageId":"x"}\n0:"Hi"\nd:{"finishReason":"stop"}\n', "text/plain; charset=utf-8"),
    ],
)
def test_a_stream_is_known_by_its_first_bytes(start: bytes, media_type: str) -> None:
    head = guessed_head(start)
    assert head is not None
    assert head[0] == ("content-type", media_type)


def test_vercels_data_stream_has_the_header_that_it_is_known_by() -> None:
    assert ("x-vercel-ai-data-stream", "v1") in (guessed_head(b'0:"Hi"\n') or [])


@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"\n",
        b"text",
        b'{"a": 1}',
        b'{\n"a": 1}\n',
        b"[1]\n[2]\n",
        b"1\n2\n",
        b"12:30\n",
        b"\0" * 40,
    ],
)
def test_what_may_be_anything_is_not_guessed(start: bytes) -> None:
    assert guessed_head(start) is None
