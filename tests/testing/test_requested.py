import gzip
from collections.abc import Callable
from typing import Any

import pytest

from ssetape.testing.requested import ASKED, MISSES, Miss, Requested, Seen

Make = Callable[..., Any]


class Known(Seen):
    """What was seen, as a test has it."""

    def __init__(self, captures: Any = (), requests: Any = (), served: Any = ()) -> None:
        super().__init__(captures, ["odd.ssetape: is odd"])
        self._requests = list(requests)
        self._rows = list(served)

    @property
    def requests(self) -> list[Requested]:
        return self._requests

    def served(self) -> list[dict[str, Any]]:
        return self._rows

    def miss(self, miss: Miss) -> None:
        self._misses.append(miss)


def test_a_request_is_taken_apart() -> None:
    headers = [("Accept", "a"), ("X-Api-Key", "k"), ("accept", "b")]
    request = Requested.of("POST", "/v1/a%20b?x=1&x=2&y=", headers, b'{"model": "m"}')
    assert (request.method, request.path) == ("POST", "/v1/a%20b")
    assert request.query == {"x": ["1", "2"], "y": [""]}
    assert request.headers == {"accept": "a, b", "x-api-key": "k"}
    assert request.json() == {"model": "m"}
    assert Requested.of("GET", "http://origin.test/a?b=c", [], b"").path == "/a"
    assert Requested.of("GET", "http://origin.test", [], b"").path == "/"


def test_what_was_asked_can_be_claimed() -> None:
    models, chat = Requested("GET", "/v1/models"), Requested("POST", "/v1/a%20b")
    seen = Known(requests=[models, chat, chat])
    assert seen.assert_requested("GET", "/v1/models") == [models]
    assert seen.assert_requested("POST", "/v1/a b", times=2) == [chat, chat]
    assert seen.assert_requested("POST", "/v1/*") == [chat, chat]
    assert seen.assert_requested("POST", "/v1/models", times=0) == []


def test_a_claim_that_does_not_hold_says_what_was_asked() -> None:
    seen = Known(requests=[Requested("GET", "/v1/models"), Requested("POST", "/v1/chat")])
    with pytest.raises(AssertionError) as caught:
        seen.assert_requested("GET", "/v1/models", times=2)
    assert str(caught.value).splitlines() == [
        "expected GET /v1/models twice, found it once; requests:",
        "  GET /v1/models",
        "  POST /v1/chat",
    ]
    with pytest.raises(AssertionError, match=r"once or more, found it never; .*\n  none"):
        Known().assert_requested("GET", "/")


def test_captures_that_were_not_asked_for_are_named(capture: Make) -> None:
    asked, not_asked = capture(url="http://origin.test/a"), capture(url="http://origin.test/b")
    row = {"method": "GET", "target": "/a", "events": 2}
    whole = {**row, "capture": asked.name, "outcome": "complete"}
    cut = {**row, "capture": not_asked.name, "outcome": "cut"}
    Known([asked, not_asked], served=[whole, cut]).assert_all_consumed()
    with pytest.raises(AssertionError) as caught:
        Known([asked, not_asked], served=[whole]).assert_all_consumed()
    assert "which answers GET http://origin.test/b" in str(caught.value)
    assert not_asked.path.name in str(caught.value)
    assert asked.path.name not in str(caught.value)


@pytest.mark.parametrize("outcome", ["left", "streaming", "waiting"])
def test_a_stream_that_was_not_sent_to_its_end_is_named(capture: Make, outcome: str) -> None:
    tape = capture()
    row = {"capture": tape.name, "outcome": outcome, "method": "GET", "target": "/a", "events": 2}
    seen = Known([tape], served=[row])
    seen.miss(Miss("GET /b", []))
    with pytest.raises(AssertionError) as caught:
        seen.assert_all_consumed()
    assert f"to GET /a: {outcome}, 2 events sent" in str(caught.value)
    assert "no capture answered GET /b" in str(caught.value)


def test_an_assertion_quotes_nothing_that_a_terminal_obeys(capture: Make) -> None:
    evil = "\x1b]0;owned\x07\x9b\u202e"
    seen = Known([capture(url=f"http://a.test/{evil}")], requests=[Requested("GET", evil)])
    for check in (seen.assert_all_consumed, lambda: seen.assert_requested("GET", "/x")):
        with pytest.raises(AssertionError) as caught:
            check()
        assert "\\x1b]0;owned" in str(caught.value)
        assert not set("\x1b\x07\x9b\u202e") & set(str(caught.value))


def test_a_report_says_what_was_asked_and_why_nothing_answered(capture: Make) -> None:
    seen = Known([capture()], requests=[Requested("GET", "/b", answer="GET /b <- MISS: ...")])
    assert [title for title, _ in seen.sections()] == [ASKED]
    near = {"capture": "a.ssetape", "method": "GET", "url": "http://origin.test/a"}
    seen.miss(Miss("GET /b", [{**near, "differs": ["path: asked /b, captured /a"]}]))
    (miss_title, miss), (_, asked) = seen.sections()
    assert miss_title == MISSES
    assert "a.ssetape has GET http://origin.test/a\n    path: asked /b, captured /a" in miss
    assert "For details: ssetape why 'GET /b' " in miss
    assert asked == "left out: odd.ssetape: is odd\nGET /b <- no capture"
    assert seen.misses == [miss.rpartition("\n")[0]]


def test_many_captures_are_named_by_their_folder(capture: Make) -> None:
    tapes = [capture() for _ in range(4)]
    seen = Known(tapes)
    seen.miss(Miss("GET /b", []))
    ((_, text), _) = seen.sections()
    assert str(tapes[0].path.parent.name) in text
    assert tapes[0].path.name not in text


def test_a_claim_may_spell_the_path_in_any_way() -> None:
    seen = Known(requests=[Requested("GET", "/caf%c3%a9/%7Eme")])
    for path in ("/caf%C3%A9/~me", "/café/~me", "/caf%c3%a9/%7eme"):
        assert len(seen.assert_requested("GET", path)) == 1


def test_json_is_read_without_its_coding() -> None:
    headers = {"content-encoding": "gzip"}
    request = Requested("POST", "/", headers=headers, body=gzip.compress(b'{"a": 1}'))
    assert request.json() == {"a": 1}
