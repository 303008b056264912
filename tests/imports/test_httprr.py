from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.errors import SourceError
from ssetape.imports import httprr
from ssetape.imports._exchange import Given, Skipped

Import = Callable[..., list[Any]]

ASKED = (
    b"POST https://api.test/v1/messages HTTP/1.1\r\nHost: api.test\r\n"
    b'Content-Length: 15\r\n\r\n{"stream":true}'
)
BODY = b"event: a\ndata: one\n\ndata: two\n\n"
PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 31\r\nContent-Type: text/event-stream\r\n\r\n" + BODY
CHUNKED = (
    b"HTTP/2.0 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/event-stream\r\n\r\n"
    b"1f\r\n" + BODY + b"\r\n0\r\n\r\n"
)


def trace(*pairs: tuple[bytes, bytes]) -> bytes:
    records = [b"%d %d\n%b%b" % (len(a), len(b), a, b) for a, b in pairs]
    return b"httprr trace v1\n" + b"".join(records)


@pytest.mark.parametrize("got", [PLAIN, CHUNKED, PLAIN.replace(b"\r\n", b"\n")])
def test_an_exchange_is_what_the_trace_says(got: bytes, imported: Import) -> None:
    data = trace((ASKED, got), (ASKED.replace(b"\r\n", b"\n"), PLAIN))
    assert httprr.recognises(data[:100], "x")
    first, second = imported(httprr, data)
    for capture in (first, second):
        assert (capture.request.method, capture.request.url) == (
            "POST",
            "https://api.test/v1/messages",
        )
        assert capture.request.body == b'{"stream":true}'
        assert b"".join(chunk.data for chunk in capture.chunks()) == BODY
        assert capture.end.is_complete
        assert capture.imported["times"] == "none"


def test_what_is_cut_off_is_told_and_the_rest_is_imported() -> None:
    found = list(httprr.read(trace((ASKED, PLAIN), (ASKED, PLAIN))[:-5], "x", Given()))
    assert isinstance(found[1], Skipped)
    assert "5 bytes before its response does" in found[1].why
    assert not isinstance(found[0], Skipped)


def test_what_is_no_trace_is_said() -> None:
    with pytest.raises(SourceError, match="httprr trace v1"):
        list(httprr.read(b"x", "x", Given()))


@given(at=st.integers(0, 500), junk=st.binary(min_size=1, max_size=6))
def test_whatever_is_in_it_nothing_else_goes_wrong(
    at: int, junk: bytes, hostile: Callable[..., None]
) -> None:
    data = trace((ASKED, CHUNKED))
    at %= len(data)
    hostile(httprr, data[:at] + junk + data[at + len(junk) :])
