import pytest

from ssetape.format.values import Request
from ssetape.replay.matching.candidates import Candidates, Wanted, is_exact, query_distance
from ssetape.replay.matching.location import located
from ssetape.replay.matching.rules import Match, MatchRules


def captured(url: str, body: bytes | None = None, **fields: object) -> Request:
    return Request("POST", url, "HTTP/1.1", [], body, **fields)  # type: ignore[arg-type]


REQUESTS = [
    captured("http://a.test/x?q=1", b'{"a": 1}'),
    captured("http://a.test/x?q=2", b'{"a": 1}'),
    captured("http://b.test/x?q=1", b'{"a": 1}'),
    captured("http://a.test/x?q=1", b'{"a": "masked-01"}', masked_body=((7, 16),)),
]


def best(match: Match, url: str, body: bytes, **rules: object) -> object:
    found = MatchRules(match, **rules)  # type: ignore[arg-type]
    candidates = Candidates(found, REQUESTS, [located(request.url) for request in REQUESTS])
    for index in range(len(REQUESTS)):
        candidates.add(index)
    return candidates.best(Wanted(located(url), body))


@pytest.mark.parametrize(
    ("match", "url", "body", "expected"),
    [
        (Match.NEAREST, "http://a.test/x?q=1", b'{"a":1}', ((0, False, False), [0])),
        (Match.NEAREST, "http://b.test/x?q=1", b'{"a":1}', ((0, False, False), [2])),
        (Match.NEAREST, "http://c.test/x?q=1", b'{"a":1}', ((0, False, True), [0, 2])),
        (Match.NEAREST, "http://a.test/x?q=1", b'{"a":"s"}', ((0, False, False), [3])),
        (Match.NEAREST, "http://a.test/x?q=2", b"other", ((0, True, False), [1])),
        (Match.NEAREST, "http://a.test/x?q=3", b'{"a":1}', ((2, False, False), [0, 1])),
        (Match.NORMALISED, "http://a.test/x?q=1", b'{"a":1}', ((0, False, False), [0])),
        (Match.NORMALISED, "http://a.test/x?q=1", b"other", None),
        (Match.NORMALISED, "http://a.test/x?q=3", b'{"a":1}', None),
        (Match.EXACT, "http://a.test/x?q=1", b'{"a":1}', None),
        (Match.EXACT, "http://a.test/x?q=1", b'{"a": 1}', ((0, False, False), [0])),
        (Match.EXACT, "http://127.0.0.1:80/x?q=1", b'{"a": 1}', ((0, False, True), [0, 2])),
        (Match.EXACT, "http://c.test/x?q=1", b'{"a": 1}', None),
        (Match.EXACT, "http://a.test/x?q=1", b'{"a": "secret 01"}', ((0, False, False), [3])),
        (Match.PATH, "http://c.test/x?q=9", b"?", ((0, True, False), [0, 1, 2, 3])),
    ],
)
def test_the_rungs(match: Match, url: str, body: bytes, expected: object) -> None:
    assert best(match, url, body) == expected


def test_what_is_ignored_does_not_count() -> None:
    url = "http://a.test/x?q=7"
    ignored = {"ignored_query": frozenset({"q"}), "ignored_fields": (("a",),)}
    assert best(Match.NORMALISED, url, b'{"a":9}', **ignored) == ((0, False, False), [0, 1, 3])
    assert best(Match.EXACT, url, b'{"a":9}', **ignored) is None


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
