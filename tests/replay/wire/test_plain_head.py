from typing import Any

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ssetape.replay.wire.http1_request import Http1Head, Http1Request
from ssetape.replay.wire.plain_head import plain_head

PLAIN = [
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /a?b=c#d HTTP/1.1\r\nhost:a.test:80\r\nAccept: */*\r\nX-Empty:\r\n\r\n",
    b"GET http://a.test/a HTTP/1.1\r\nHost: a.test\r\nProxy-Connection: keep-alive\r\n\r\n",
    b"POST /v1 HTTP/1.1\r\nHost: [::1]:8\r\nContent-Length: 12\r\nConnection: close\r\n\r\n",
    b"QUERY * HTTP/1.1\r\nHost: \r\nX-A: \t caf\xc3\xa9 \t x \t\r\nx-a: again\r\n\r\n",
    b"HEAD / HTTP/1.1\r\nContent-Length: 0\r\nHost: a\r\nCookie: a=b; c=d\r\n\r\n",
]
SPECIAL = [
    b"CONNECT a.test:443 HTTP/1.1\r\nHost: a.test\r\n\r\n",
    b"GET / HTTP/1.0\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
    b"GET /caf\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\nHost: a\n\n",
    b"GET / HTTP/1.1\r\nHost: a\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX : a\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \xb2\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n",
]


@pytest.mark.parametrize("head", PLAIN)
def test_what_clients_send_is_plain(head: bytes) -> None:
    assert plain_head(head) is not None


@pytest.mark.parametrize("head", SPECIAL)
def test_where_parsers_might_differ_h11_decides(head: bytes) -> None:
    assert plain_head(head) is None


BEHIND = b"GET /next HTTP/1.1\r\nHost: b\r\n\r\n"


def by_h11(head: bytes, length: int) -> tuple[Http1Request, bytes]:
    """The request whose body is `length` letters, and what h11 leaves over behind it."""
    parser = h11.Connection(h11.SERVER)
    parser.receive_data(head + b"x" * length + BEHIND)
    event: Any = parser.next_event()
    assert isinstance(event, h11.Request)
    request = Http1Request(Http1Head.of(event))
    assert not parser.they_are_waiting_for_100_continue
    while isinstance(event := parser.next_event(), h11.Data):
        request.body += event.data
    assert isinstance(event, h11.EndOfMessage)
    return request, parser.trailing_data[0]


names = st.sampled_from(
    [b"host", b"Content-Length", b"transfer-encoding", b"Expect", b"upgrade", b"Connection", b"a"]
)
values = st.one_of(
    st.sampled_from([b"a", b"", b" ", b"3", b"03", b"3,3", b"chunked", b"100-continue", b"\xe9"]),
    st.binary(max_size=4),
)
lines = st.builds(
    b"%b%b%b%b".__mod__,
    st.tuples(names, st.sampled_from([b":", b": ", b" :"]), values, st.just(b"\r\n")),
)
heads = st.one_of(
    st.sampled_from(PLAIN),
    st.sampled_from([*PLAIN, *SPECIAL]),
    st.builds(
        lambda first, rest: first + b"Host: a\r\n" + b"".join(rest) + b"\r\n",
        st.sampled_from([b"GET / HTTP/1.1\r\n", b"POST /a HTTP/1.1\r\n", b"GET / HTTP/1.0\r\n"]),
        st.lists(lines, max_size=4),
    ),
)
puts = st.sampled_from([b"", b"a", b" ", b"\r\n", b":", b"\t", b"0", b"\0", b"\n", b"\xe9"])
edits = st.lists(st.tuples(st.integers(0, 100), st.integers(0, 2), puts), max_size=2)


@settings(max_examples=500)  # of which most are left to h11
@given(heads, edits)
def test_what_is_recognised_is_what_h11_makes_of_it(
    head: bytes, edited: list[tuple[int, int, bytes]]
) -> None:
    for place, dropped, put in edited:
        head = head[:place] + put + head[place + dropped :]
    found = plain_head(head)
    if found is not None:
        read, length = found
        if length > 1000:
            return
        assert (Http1Request(read, bytearray(b"x" * length)), BEHIND) == by_h11(head, length)
