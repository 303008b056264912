import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.format.encode import ascii_url
from ssetape.replay.wire.request_line import RequestLine

REST = b"Host: a\r\nX: \xc3\xa9\r\n\r\nbody \xff\n"


def fed(data: bytes, size: int, limit_bytes: int = 1000) -> bytes:
    line = RequestLine(limit_bytes)
    return b"".join(line.feed(data[n : n + size]) for n in range(0, len(data), size))


@pytest.mark.parametrize("size", [1, 3, 10_000])
@pytest.mark.parametrize(
    ("sent", "passed"),
    [
        (b"GET /a HTTP/1.1\r\n", b"GET /a HTTP/1.1\r\n"),
        (b"GET /a HTTP/1.1\n", b"GET /a HTTP/1.1\n"),
        ("GET /café?q=日 HTTP/1.1\r\n".encode(), b"GET /caf%C3%A9?q=%E6%97%A5 HTTP/1.1\r\n"),
        (b"GET /\xff%\x01\x7f HTTP/1.1\r\n", b"GET /%FF%%01%7F HTTP/1.1\r\n"),
        (b"\r\nGET /a HTTP/1.1\r\n", b"GET /a HTTP/1.1\r\n"),
        (b"\n\r\n\r\nGET /a HTTP/1.1\r\n", b"GET /a HTTP/1.1\r\n"),
        (b"\x16\x03\x01\xff\r\n", b"\x16\x03\x01\xff\r\n"),
    ],
)
def test_a_request_line_is_ascii_and_comes_first(sent: bytes, passed: bytes, size: int) -> None:
    assert fed(sent + REST, size) == passed + REST


@given(st.binary().map(lambda raw: bytes(b for b in raw if b not in b" \t\n\r")))
def test_a_target_becomes_what_the_recorder_writes(target: bytes) -> None:
    line = fed(b"GET /" + target + b" HTTP/1.1\r\n", 1)
    assert line == f"GET {ascii_url(b'/' + target)} HTTP/1.1\r\n".encode()


def test_nothing_is_passed_on_before_the_line_is_complete() -> None:
    line = RequestLine(1000)
    assert line.feed(b"\r\n") == b""
    assert line.feed(b"GET /\xc3") == b""
    assert line.feed(b"\xa9 HTTP/1.1\r\nHo") == b"GET /%C3%A9 HTTP/1.1\r\nHo"
    assert line.feed(b"st: \xff") == b"st: \xff"


def test_a_line_that_is_too_long_is_left_to_the_parser() -> None:
    assert fed(b"GET /" + b"\xff" * 50, 5, limit_bytes=20) == b"GET /" + b"\xff" * 50
