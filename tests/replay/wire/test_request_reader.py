import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.format.encode import ascii_url
from ssetape.replay.wire import request_reader
from ssetape.replay.wire.http1_request import Http1Head, Http1Request
from ssetape.replay.wire.request_reader import HEAD_LIMIT_BYTES, RequestReader

REST = b"Host: a\r\nX: \xc3\xa9\r\nContent-Length: 7\r\n\r\nbody \xff\n"
HEADERS = [("Host", "a"), ("X", "\xc3\xa9"), ("Content-Length", "7")]


def fed(data: bytes, size: int) -> tuple[Http1Request | None, bool, bytes]:
    """The request, whether it is complete, and what comes behind it."""
    reader = RequestReader()
    for begin in range(0, len(data), size):
        if reader.feed(data[begin : begin + size]):
            return reader.request, True, reader.behind + data[begin + size :]
    return reader.request, False, b""


REQUEST = b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n"

SIZES = pytest.mark.parametrize("size", [1, 3, 10_000])


@SIZES
@pytest.mark.parametrize(
    ("sent", "target"),
    [
        (b"GET /a HTTP/1.1\r\n", "/a"),
        (b"GET /a HTTP/1.1\n", "/a"),
        ("GET /café?q=日 HTTP/1.1\r\n".encode(), "/caf%C3%A9?q=%E6%97%A5"),
        (b"GET /\xff%\x01\x7f HTTP/1.1\r\n", "/%FF%%01%7F"),
        (b"\r\nGET /a HTTP/1.1\r\n", "/a"),
        (b"\n\r\n\r\nGET /a HTTP/1.1\r\n", "/a"),
    ],
)
def test_a_request_line_is_ascii_and_comes_first(sent: bytes, target: str, size: int) -> None:
    expected = Http1Request(Http1Head("GET", target, HEADERS), bytearray(b"body \xff\n"))
    assert fed(sent + REST + b"\r\nnext", size) == (expected, True, b"\r\nnext")


@given(st.binary().map(lambda raw: bytes(b for b in raw if b not in b" \t\n\r")))
def test_a_target_becomes_what_the_recorder_writes(target: bytes) -> None:
    request, is_complete, _ = fed(b"GET /" + target + b" HTTP/1.1\r\nHost: a\r\n\r\n", 7)
    assert is_complete
    assert request is not None
    assert request.head.target == ascii_url(b"/" + target)


@pytest.mark.parametrize(
    "sent", [b"\x16\x03\x01\xff", b" GET / HTTP/1.1", b"GET /" + b"a" * HEAD_LIMIT_BYTES]
)
def test_what_can_be_no_request_is_refused_before_its_end(sent: bytes) -> None:
    with pytest.raises(h11.RemoteProtocolError):
        fed(sent, 4_096)


def test_a_client_that_waits_waits_to_go_on() -> None:
    reader = RequestReader()
    head = b"PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    assert not reader.waits_to_go_on
    assert not reader.feed(head)
    assert reader.waits_to_go_on
    assert reader.go_on().startswith(b"HTTP/1.1 100 ")
    assert not reader.waits_to_go_on
    assert reader.feed(b"ab!")
    assert reader.behind == b"!"


streams = st.lists(
    st.one_of(
        st.sampled_from(
            [
                *(
                    b"GET / HTTP/1.1\r\n",
                    b"POST /\xe9 HTTP/1.1\r\n",
                    b"Host: a\r\n",
                    b"\r\n",
                    b"\n",
                ),
                *(b"Content-Length: 5\r\n", b"Content-Length: 4\r\n", b"hello", b"5\r\nhello\r\n"),
                *(b"Transfer-Encoding: chunked\r\n", b"0\r\n\r\n", b"X: y\n", b" z\r\n", b"\n"),
            ]
        ),
        st.binary(max_size=3),
    ),
    max_size=12,
).map(b"".join)


@given(streams, st.integers(1, 40))
def test_no_client_can_tell_who_reads_its_request(stream: bytes, size: int) -> None:
    def read() -> object:
        try:
            return fed(stream, size)
        except h11.RemoteProtocolError as error:
            return str(error), error.error_status_hint

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(request_reader, "plain_head", lambda wire: None)
        expected = read()
    assert read() == expected


@given(streams, st.integers(0, 3))
def test_what_is_taken_whole_is_what_is_taken_in_parts(stream: bytes, added: int) -> None:
    for data in (stream, b"GET / HTTP/1.1\r\nHost: a\r\n" + stream, REQUEST + b"x" * added):
        reader = RequestReader()
        request = reader.take_whole(data)
        if request is not None:
            assert (request, True, b"") == fed(data, 7)
        else:
            assert reader.request is None
    assert (RequestReader().take_whole(REQUEST + b"x" * added) is not None) == (added == 2)
