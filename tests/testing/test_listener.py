from collections.abc import Callable
from typing import Any

from ssetape.replay.answers.answerer import Answerer
from ssetape.replay.exchange import ClientRequest
from ssetape.replay.pacing import Pace
from ssetape.replay.shelf import Shelf
from ssetape.testing import listener
from ssetape.testing.listener import Listening


def heard(*asked: ClientRequest, captures: Any) -> Listening:
    answerer = Answerer(Shelf(captures), Pace())
    heard = Listening()
    answerer.listeners.append(heard)
    for each in asked:
        answerer.answer(each)
    return heard


def test_what_is_asked_is_written_down_with_what_answered(capture: Callable[..., Any]) -> None:
    tape = capture()
    asked = [
        ClientRequest("GET", "/stream?x=1", [("A", "b")], b"body"),
        ClientRequest("POST", "/stream"),
    ]
    found = heard(*asked, ClientRequest("GET", "/_ssetape/served"), captures=[tape])
    hit, miss = found.requests[:2]
    assert (hit.method, hit.path, hit.query, hit.body) == ("GET", "/stream", {"x": ["1"]}, b"body")
    assert (hit.capture, miss.capture) == (tape.path, None)
    assert len(found.requests) == 2
    (missed,) = found.misses
    assert missed.asked == "POST /stream"
    assert "method: asked POST, captured GET" in missed.text()
    found.forget()
    assert (found.requests, found.misses) == ([], [])


def test_a_404_that_was_captured_is_no_miss(capture: Callable[..., Any]) -> None:
    tape = capture([(0.0, b"[]")], status=404)
    assert heard(ClientRequest("GET", "/stream"), captures=[tape]).misses == []


def test_the_last_requests_are_remembered(capture: Callable[..., Any], monkeypatch: Any) -> None:
    monkeypatch.setattr(listener, "_REMEMBERED", 2)
    asked = [ClientRequest("GET", f"/{number}") for number in range(3)]
    found = heard(*asked, captures=[capture()])
    assert [each.path for each in found.requests] == ["/1", "/2"]
