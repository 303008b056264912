import json
from collections.abc import Callable
from typing import Any

from ssetape.replay.answers.answerer import Answerer
from ssetape.replay.answers.limit import StreamLimit
from ssetape.replay.exchange import ClientRequest, Play, Say
from ssetape.replay.faults import Scenario, parse
from ssetape.replay.pacing import Pace
from ssetape.replay.provider_errors import Refused
from ssetape.replay.shelf import Shelf

Make = Callable[..., Any]

CHAT = b'data: {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {}}]}\n\n'
GET = ClientRequest("GET", "/stream")


class Limited:
    """An answerer under a limit of two streams."""

    def __init__(self, captures: list[Any], why: Refused = Refused.RATE, **options: Any) -> None:
        self.open = 0
        self.answerer = Answerer(Shelf(captures), Pace(), **options)
        self.answerer.limit = StreamLimit(2, why, lambda: self.open)

    def answer(self, asked: ClientRequest = GET) -> Play | Say:
        return self.answerer.answer(asked)


def test_a_request_beyond_the_limit_is_refused_until_a_stream_ends(capture: Make) -> None:
    limited = Limited([capture([(0.0, CHAT)])])
    for open_streams, is_refused in ((0, False), (1, False), (2, True), (3, True), (1, False)):
        limited.open = open_streams
        answer = limited.answer()
        assert isinstance(answer, Say) is is_refused
        if isinstance(answer, Say):
            assert answer.status == 429
            assert json.loads(answer.body)["error"]["code"] == "rate_limit_exceeded"
            assert ("retry-after", "1") in answer.headers
            assert f"{open_streams} streams are open, of 2 that may be" in answer.log


def test_it_may_be_the_provider_that_is_overloaded(capture: Make) -> None:
    limited = Limited([capture([(0.0, CHAT)])], Refused.OVERLOAD)
    limited.open = 2
    answer = limited.answer()
    assert isinstance(answer, Say)
    assert answer.status == 503


def test_a_refused_request_takes_no_turn_and_counts_for_no_fault(capture: Make) -> None:
    captures = [capture([(0.0, CHAT)], started=f"2026-11-23T09:30:0{n}Z") for n in range(2)]
    limited = Limited(captures)
    limited.answerer.scenario = Scenario([parse("slow factor=2 requests=2")])
    first = limited.answer()
    limited.open = 2
    assert isinstance(limited.answer(), Say)
    limited.open = 1
    second = limited.answer()
    assert isinstance(first, Play)
    assert isinstance(second, Play)
    assert [first.capture, second.capture] == captures
    assert "with slow" in second.log


def test_a_miss_stays_a_miss_and_own_pages_are_no_streams(capture: Make) -> None:
    limited = Limited([capture([(0.0, CHAT)])])
    limited.open = 2
    answer = limited.answer(ClientRequest("GET", "/none"))
    assert isinstance(answer, Say)
    assert answer.status == 404
    limited.answerer.routes.append(lambda asked: Say(200, b"", "a page"))
    page = limited.answer(ClientRequest("GET", "/_ssetape/", [("host", "127.0.0.1")]))
    assert isinstance(page, Say)
    assert page.status == 200


def test_pages_of_other_origins_may_read_the_refusal(capture: Make) -> None:
    limited = Limited([capture([(0.0, CHAT)])], cors=True)
    limited.open = 2
    answer = limited.answer(ClientRequest("GET", "/stream", [("origin", "https://app.test")]))
    assert isinstance(answer, Say)
    assert ("access-control-allow-origin", "https://app.test") in answer.headers
