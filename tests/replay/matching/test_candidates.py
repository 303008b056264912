import pytest

from ssetape.format.values import Headers, Request
from ssetape.replay.matching.candidates import Candidates
from ssetape.replay.matching.rules import Match, MatchRules
from ssetape.replay.matching.wanted import Wanted
from ssetape.requests.location import located


def captured(url: str, body: bytes | None = None, **fields: object) -> Request:
    return Request("POST", url, "HTTP/1.1", [], body, **fields)  # type: ignore[arg-type]


REQUESTS = [
    captured("http://a.test/x?q=1", b'{"a": 1}'),
    captured("http://a.test/x?q=2", b'{"a": 1}'),
    captured("http://b.test/x?q=1", b'{"a": 1}'),
    captured("http://a.test/x?q=1", b'{"a": "masked-01"}', masked_body=((7, 16),)),
]


def candidates(requests: list[Request], match: Match, **rules: object) -> Candidates:
    found = MatchRules(match, **rules)  # type: ignore[arg-type]
    made = Candidates(found, requests, [located(request.url) for request in requests])
    for index in range(len(requests)):
        made.add(index)
    return made


def wanted(url: str, body: bytes = b"", headers: Headers | None = None) -> Wanted:
    return Wanted(located(url), headers or [], body)


def best(match: Match, url: str, body: bytes, **rules: object) -> object:
    found = candidates(REQUESTS, match, **rules).best(wanted(url, body))
    # How alike exactly, is for the tests of likeness to say.
    return found if found is None or found[0][0] < 2 else ("similar", found[1])


@pytest.mark.parametrize(
    ("match", "url", "body", "expected"),
    [
        (Match.NEAREST, "http://a.test/x?q=1", b'{"a":1}', ((0, 0), [0])),
        (Match.NEAREST, "http://b.test/x?q=1", b'{"a":1}', ((0, 0), [2])),
        (Match.NEAREST, "http://c.test/x?q=1", b'{"a":1}', ((0, 1), [0, 2])),
        (Match.NEAREST, "http://a.test/x?q=1", b'{"a":"s"}', ((0, 0), [3])),
        (Match.NEAREST, "http://a.test/x?q=2", b"other", ("similar", [1])),
        (Match.NEAREST, "http://a.test/x?q=3", b'{"a":1}', ("similar", [0])),
        (Match.NORMALISED, "http://a.test/x?q=1", b'{"a":1}', ((0, 0), [0])),
        (Match.NORMALISED, "http://a.test/x?q=1", b"other", None),
        (Match.NORMALISED, "http://a.test/x?q=3", b'{"a":1}', None),
        (Match.EXACT, "http://a.test/x?q=1", b'{"a":1}', None),
        (Match.EXACT, "http://a.test/x?q=1", b'{"a": 1}', ((0, 0), [0])),
        (Match.EXACT, "http://127.0.0.1:81/x?q=1", b'{"a": 1}', ((0, 1), [0, 2])),
        (Match.EXACT, "http://c.test/x?q=1", b'{"a": 1}', None),
        (Match.EXACT, "http://a.test/x?q=1", b'{"a": "secret 01"}', ((0, 0), [3])),
        (Match.PATH, "http://c.test/x?q=9", b"?", ((1, 0), [0, 1, 2, 3])),
    ],
)
def test_the_rungs(match: Match, url: str, body: bytes, expected: object) -> None:
    assert best(match, url, body) == expected


def test_what_is_ignored_does_not_count() -> None:
    url = "http://a.test/x?q=7"
    ignored = {"ignored_query": frozenset({"q"}), "ignored_fields": (("a",),)}
    assert best(Match.NORMALISED, url, b'{"a":9}', **ignored) == ((0, 0), [0, 1, 3])
    assert best(Match.EXACT, url, b'{"a":9}', **ignored) is None


def test_of_many_masked_bodies_the_most_similar_ones_are_compared() -> None:
    text = b'{"key": "masked-01", "q": "%b"}'
    questions = [f"question {number} about {number * 7}".encode() for number in range(100)]
    requests = [
        captured("http://a/x", text % question, masked_body=((9, 18),)) for question in questions
    ]
    made = candidates(requests, Match.NORMALISED)
    for number in (0, 50, 99):
        found = made.best(wanted("http://a/x", b'{"q":"%b","key":"sk-1"}' % questions[number]))
        assert found == ((0, 0), [number])


AFTER = [("Last-Event-ID", "3")]


def test_one_recorded_after_the_same_event_comes_first() -> None:
    requests = [
        captured("http://a/x"),
        Request("POST", "http://a/x", "HTTP/1.1", AFTER),
        captured("http://a/x"),
    ]
    for match in (Match.NEAREST, Match.NORMALISED, Match.EXACT, Match.PATH):
        made = candidates(requests, match)
        for headers, expected in (
            ([("last-event-id", "3")], [1]),
            ([], [0, 2]),
            ([("last-event-id", "9")], [0, 2]),
        ):
            found = made.best(wanted("http://a/x", b"", headers))
            assert found is not None
            assert found[1] == expected
    only = candidates(requests[1:2], Match.NEAREST).best(wanted("http://a/x"))
    assert only is not None
    assert only[1] == [0]


def test_named_headers_count_and_masked_ones_match_any() -> None:
    requests = [
        Request("POST", "http://a/x", "HTTP/1.1", [("Accept-Language", "de")]),
        Request("POST", "http://a/x", "HTTP/1.1", [("Accept-Language", "en")]),
        Request(
            *("POST", "http://a/x?q=1", "HTTP/1.1", [("Accept-Language", "MASKED")]),
            masked_headers=("accept-language",),
        ),
    ]
    english = [("accept-language", " en ")]
    for match in (Match.NEAREST, Match.NORMALISED, Match.EXACT, Match.PATH):
        made = candidates(requests, match, matched_headers=("accept-language",))
        found = made.best(wanted("http://a/x", b"", english))
        assert found is not None
        assert found[1] == ([1, 2] if match is Match.PATH else [1])
        missed = made.best(wanted("http://a/x", b"", [("accept-language", "fr")]))
        assert (missed is None) == (match in (Match.NORMALISED, Match.EXACT))
        masked = made.best(wanted("http://a/x?q=1", b"", [("accept-language", "fr")]))
        assert masked is not None
        assert masked[1] == [2]
