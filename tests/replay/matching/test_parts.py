import pytest

from ssetape.format.values import Request
from ssetape.replay.matching.parts import (
    header_value,
    is_exact,
    last_event_id,
    query_distance,
    says_nothing,
    unlike_headers,
)
from ssetape.replay.matching.rules import MatchRules
from ssetape.requests.location import located


def captured(url: str, **fields: object) -> Request:
    return Request("POST", url, "HTTP/1.1", [], **fields)  # type: ignore[arg-type]


def test_a_masked_parameter_is_the_same_as_any() -> None:
    request = captured("http://a.test/x?key=MASKED&q=1", masked_query=("key",))
    known = located(request.url)
    assert query_distance(known, located("http://a/x?q=1&key=s"), request, MatchRules()) == 0
    assert query_distance(known, located("http://a/x?q=2&key=s"), request, MatchRules()) == 2
    assert is_exact(request, known, located("http://a.test/x?key=s&q=1"), b"")


@pytest.mark.parametrize(
    ("host", "is_it"),
    [
        ("a.test", True),
        ("b.test", False),
        ("localhost:8900", True),
        ("[::1]:80", True),
        ("10.0.0.1", True),
        ("", True),
    ],
)
def test_an_address_says_nothing_of_the_host(host: str, is_it: bool) -> None:
    request = captured("http://a.test/x")
    at = located(f"http://{host}/x")
    assert is_exact(request, located(request.url), at, b"") is is_it
    assert says_nothing(host) is (is_it and host != "a.test")


def test_headers_are_compared_by_name_in_any_case() -> None:
    headers = [("X-A", " 1"), ("x-a", "2 ")]
    assert header_value(headers, "x-a") == "1, 2"
    assert header_value(headers, "x-b") is None
    request = Request("GET", "http://a/", "HTTP/1.1", headers, masked_headers=("x-c",))
    assert unlike_headers(request, [("x-A", "1, 2")], ["x-a", "x-b", "x-c"]) == []
    assert unlike_headers(request, [("x-b", "")], ["x-a", "x-b"]) == ["x-a", "x-b"]


def test_the_event_after_which_a_request_continues() -> None:
    assert last_event_id([("accept", "*/*")]) == ""
    assert last_event_id([("last-event-ID", "3"), ("last-event-id", "4")]) == "3"
    as_bytes = "é".encode().decode("latin-1")
    assert last_event_id([("Last-Event-ID", as_bytes)]) == "é"
