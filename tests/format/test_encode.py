import json
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ssetape
from ssetape.format import encode
from ssetape.format.values import Close, End, Headers, Request, Response, Trailers
from ssetape.format.writer import CaptureWriter

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
LATIN_1 = st.text(st.characters(max_codepoint=255), max_size=20)
HEADERS = st.lists(st.tuples(LATIN_1, LATIN_1), max_size=4)
NAMES = st.lists(TEXT, max_size=3).map(tuple)
# Microseconds are what the format keeps.
TIMES = st.integers(0, 10**11).map(lambda us: us / 1e6)
SPANS = st.lists(
    st.tuples(st.integers(0, 99), st.integers(1, 99)).map(lambda span: (span[0], sum(span))),
    max_size=3,
).map(tuple)

REQUESTS = st.builds(
    Request,
    method=TEXT,
    url=st.binary(max_size=40).map(encode.ascii_url),
    http_version=TEXT,
    headers=HEADERS,
    body=st.one_of(st.none(), st.binary(min_size=1), st.text(min_size=1).map(str.encode)),
    masked_headers=NAMES,
    masked_query=NAMES,
    masked_path=st.booleans(),
    masked_body=SPANS,
)
RESPONSES = st.builds(
    Response,
    t_s=TIMES,
    status=st.integers(0, 999),
    reason=LATIN_1,
    http_version=TEXT,
    headers=HEADERS,
    masked_headers=NAMES,
    decoded_headers=HEADERS,
    from_cache=st.booleans(),
)
CLOSES = st.builds(Close, code=st.integers(0, 65535), reason=TEXT, by_client=st.booleans())
ENDS = st.builds(
    End,
    t_s=TIMES,
    reason=TEXT,
    error=st.one_of(st.none(), TEXT.filter(bool)),
    chunks=st.just(0),
    size_bytes=st.just(0),
    close=st.one_of(st.none(), CLOSES),
)

REQUEST = Request("GET", "https://a.test/", "HTTP/1.1", [("accept", "*/*")])


def header_of(request: Request) -> dict[str, object]:
    return encode.header(
        request, id="x", kind="http", started_ns=0, clock="monotonic", recorder="r"
    )


@given(request=REQUESTS, response=RESPONSES, trailers=HEADERS, end=ENDS)
def test_values_that_are_encoded_and_written_are_read_again(
    request: Request, response: Response, trailers: Headers, end: End
) -> None:
    origin = {"from": "a.har", "notes": ["n"]}
    browser = {"browser": "Chrome/156.0.8078.108", "target": "page", "chunks": "reads"}
    header = encode.header(
        request,
        id="an id",
        kind="a kind",
        started_ns=1_795_426_212_123_456_789,
        clock="monotonic",
        recorder="a recorder",
        imported=origin,
        tapped=browser,
        made={"seed": 1},
    )
    with tempfile.TemporaryDirectory() as folder:
        writer = CaptureWriter.create(Path(folder), "c", header)
        writer.head(response.t_s, encode.head(response))
        writer.trailers(0.5, trailers, encode.marks(headers=["a"]))
        writer.end(end.t_s, end.reason, **encode.end_details(end))
        capture = ssetape.open(writer.path)
        assert (capture.id, capture.kind, capture.recorder) == ("an id", "a kind", "a recorder")
        assert capture.started == "2026-11-23T09:30:12.123456Z"
        assert (capture.imported, capture.tapped) == (origin, browser)
        assert capture.made == {"seed": 1}
        assert capture.request == request
        assert capture.response == response
        assert list(capture.parts()) == [Trailers(0.5, trailers), end]
        assert list(capture.records())[1][3] == {"masked": {"headers": ["a"]}}


def test_what_was_neither_masked_nor_imported_nor_tapped_has_no_field() -> None:
    assert header_of(REQUEST) == {
        "id": "x",
        "kind": "http",
        "started": "1970-01-01T00:00:00.000000Z",
        "clock": "monotonic",
        "recorder": "r",
        "request": {
            "method": "GET",
            "url": "https://a.test/",
            "http_version": "HTTP/1.1",
            "headers": [("accept", "*/*")],
            "body": None,
        },
    }
    assert encode.head(Response(0.1, 200, "OK", "HTTP/1.1", [])) == {
        "status": 200,
        "reason": "OK",
        "http_version": "HTTP/1.1",
        "headers": [],
    }
    assert encode.marks(headers=[], query=(), path=False) == {}
    assert encode.end_details(End(1.0, "complete", error="")) == {}


def test_what_was_masked_is_marked_before_the_body() -> None:
    masked = replace(
        REQUEST, masked_headers=("cookie",), masked_query=("key",), masked_body=((1, 4),), body=b"x"
    )
    request = header_of(masked)["request"]
    assert json.dumps(request).endswith(
        '"masked": {"headers": ["cookie"], "query": ["key"], "body": [[1, 4]]}, '
        '"body": {"text": "x"}}'
    )


def test_what_a_browser_did_to_a_response_is_said_behind_its_headers() -> None:
    coding = ("content-encoding", "br")
    head = Response(0.1, 200, "", "HTTP/2.0", [("a", "b")], decoded_headers=[coding])
    assert json.dumps(encode.head(replace(head, from_cache=True))).endswith(
        '"headers": [["a", "b"]], "decoded": [["content-encoding", "br"]], "from_cache": true}'
    )


def test_the_side_that_closed_a_websocket_is_named() -> None:
    assert encode.close(Close(1000, "bye", True)) == {"code": 1000, "reason": "bye", "by": "client"}
    assert encode.close(Close(1006, "", False)) == {"code": 1006, "reason": "", "by": "server"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (None, None),
        (b"", None),
        (b"\xc3\xa9", {"text": "é"}),
        (b"\xc3", {"base64": "ww=="}),
    ],
)
def test_a_request_body_is_text_where_it_can_be(body: bytes | None, field: object) -> None:
    assert encode.body_field(body) == field


def test_a_url_is_percent_encoded_where_it_is_not_printable_ascii() -> None:
    assert encode.ascii_url("http://a.test/é?q=%20 \n".encode()) == (
        "http://a.test/%C3%A9?q=%20%20%0A"
    )
    printable = "".join(map(chr, range(0x21, 0x7F)))
    assert encode.ascii_url(printable.encode()) == printable


@given(st.binary())
def test_a_percent_encoded_url_stays_as_it_is(url: bytes) -> None:
    once = encode.ascii_url(url)
    assert encode.ascii_url(once.encode("ascii")) == once


def test_moments_are_written_in_utc_with_microseconds() -> None:
    assert encode.timestamp(1_795_426_212_123_456_789) == "2026-11-23T09:30:12.123456Z"
    assert encode.timestamp(0) == "1970-01-01T00:00:00.000000Z"
