from typing import Any

import pytest

from ssetape.errors import CaptureError
from ssetape.format import decode
from ssetape.format.values import ClientShare, Close, End, Message, Response, Trailers


@pytest.mark.parametrize(
    ("request_field", "evidence"),
    [
        (None, "request: expected an object, found None"),
        ([], "request: expected an object, found []"),
        ({"url": "http://x/"}, "request.method: expected a string, found None"),
        ({"method": "GET", "url": 5}, "request.url: expected a string, found 5"),
        ({"headers": {}}, "request.headers: expected a list of pairs, found {}"),
        ({"headers": [["a"]]}, "request.headers: expected [name, value], found ['a']"),
        ({"headers": [["a", 1]]}, "request.headers: expected [name, value], found ['a', 1]"),
        ({"headers": ["ab"]}, "request.headers: expected [name, value], found 'ab'"),
        ({"body": {"base64": "%%%"}}, "request.body.base64: not base64: "),
        ({"body": {"base64": "YQ=="[:3]}}, "request.body.base64: not base64: "),
        ({"body": {"base64": "é"}}, "request.body.base64: not base64: "),
    ],
)
def test_a_request_that_lacks_something_is_refused(request_field: Any, evidence: str) -> None:
    if isinstance(request_field, dict) and not {"method", "url"} & set(request_field):
        request_field = {"method": "GET", "url": "http://x/", **request_field}
    with pytest.raises(CaptureError) as raised:
        decode.request({"request": request_field}, "c.ssetape")
    assert raised.value.line == 1
    assert evidence in str(raised.value)


def test_a_request_may_lack_what_nobody_needs() -> None:
    odd = {"body": 5, "masked": [], "http_version": None}
    request = decode.request({"request": {"method": "M", "url": "U", **odd}}, "c.ssetape")
    assert (request.headers, request.body, request.masked_headers) == ([], None, ())
    strange = {"headers": "x", "query": ["a", 5, "b"]}
    fields = {"method": "M", "url": "U", "body": {}, "masked": strange}
    request = decode.request({"request": fields}, "c.ssetape")
    assert (request.masked_headers, request.masked_query) == ((), ("a", "b"))


def test_a_record_is_a_value() -> None:
    fields = {"status": 200, "headers": [["a", "b"]], "masked": {"headers": ["a", 5]}, "later": 1}
    assert decode.head([0.5, "head", fields], "c") == Response(
        0.5, 200, "", "", [("a", "b")], ("a",)
    )
    assert decode.trailers([1.0, "trailers", [["t", "1"]]], "c") == Trailers(1.0, [("t", "1")])
    close = {"code": 1000, "reason": "ok", "by": "client"}
    assert decode.end([2.0, "end", {"reason": "complete", "chunks": 1, "close": close}]) == End(
        2.0, "complete", chunks=1, close=Close(1000, "ok", by_client=True)
    )
    assert decode.message([1.0, ">b", b"a", {"type": "text", "injected": True}]) == Message(
        1.0, from_client=True, is_text=True, data=b"a", injected=True
    )
    assert (
        decode.data([1.0, "<b", "w6k="], "c", 3)
        == "é".encode()
        == decode.data([1, "<", "é"], "c", 3)
    )


@pytest.mark.parametrize(
    ("decoded", "pairs"),
    [
        (
            [["content-encoding", "br"], ["content-length", "3"]],
            [("content-encoding", "br"), ("content-length", "3")],
        ),
        (
            [["content-encoding", 5], ["a"], "ab", None, {}, ["a", "b", "c"], ["d", "e"]],
            [("d", "e")],
        ),
        *((odd, []) for odd in (None, 7, True, "br", {"a": "b"}, [])),
        ([["a", "b"]] * (decode.HEADERS_LIMIT + 1), []),
    ],
)
def test_of_what_was_decoded_only_pairs_count(decoded: Any, pairs: Any) -> None:
    fields = {"status": 200, "headers": [["a", "b"]], "decoded": decoded}
    response = decode.head([0.5, "head", fields], "c")
    assert (response.headers, response.decoded_headers) == ([("a", "b")], pairs)


@pytest.mark.parametrize(
    ("value", "from_cache"),
    [(True, True), *((odd, False) for odd in (False, None, 1, "true", [True], {}))],
)
def test_only_true_says_that_the_browser_had_it(value: Any, from_cache: bool) -> None:
    fields = {"status": 200, "from_cache": value}
    assert decode.head([0.5, "head", fields], "c").from_cache is from_cache


@pytest.mark.parametrize(
    ("read", "evidence"),
    [
        (lambda: decode.head([0.5, "head"], "c"), "c: head.status: expected a number, found None"),
        (lambda: decode.head([0, "head", {"status": True}], "c"), "found True"),
        (lambda: decode.trailers([0, "trailers", {}], "c"), "trailers: expected a list of pairs"),
        (lambda: decode.data([0, "<"], "c", 3), "c, line 3: chunk: expected a string after '<'"),
        (lambda: decode.data([0, "<b", "?"], "c", 3), "c, line 3: chunk: not base64"),
    ],
)
def test_what_is_not_what_the_format_has_is_refused(read: Any, evidence: str) -> None:
    with pytest.raises(CaptureError) as raised:
        read()
    assert evidence in str(raised.value)


def test_more_headers_than_anybody_sends_are_refused() -> None:
    headers = [["a", "b"]] * (decode.HEADERS_LIMIT + 1)
    with pytest.raises(CaptureError, match="found 10001 headers, more than 10000"):
        decode.head([0.0, "head", {"status": 200, "headers": headers}], "c.ssetape")
    assert decode.head([0.0, "head", {"status": 200, "headers": headers[1:]}], "c.ssetape").headers


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        (
            {"t": 2, "reason": "fault_cut", "bytes": 9, "events": 1, "sha256": "00"},
            ClientShare(2.0, "fault_cut", 9, 1),
        ),
        ({"t": 2.5, "reason": "complete", "bytes": 9}, ClientShare(2.5, "complete", 9)),
        *((odd, None) for odd in (None, [], "x", {}, {"t": "1", "bytes": 1}, {"t": 1})),
    ],
)
def test_what_the_client_got_is_known_or_not(client: Any, expected: Any) -> None:
    fields = {"reason": "complete", "altered": True, "faults": ["stall", 5], "client": client}
    end = decode.end([1.0, "end", fields])
    assert (end.altered, end.faults, end.client) == (True, ("stall",), expected)
    assert not decode.end([1.0, "end", {"reason": "complete", "altered": 1}]).altered
