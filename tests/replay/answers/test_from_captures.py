from collections.abc import Callable
from typing import Any

import pytest

from ssetape.errors import ReplayError
from ssetape.replay import faults
from ssetape.replay.answers import from_captures
from ssetape.replay.exchange import ClientRequest, Play, Say
from ssetape.replay.pacing import Pace

Make = Callable[..., Any]


def get(target: str, **options: Any) -> Play | Say:
    return from_captures.answerer(**options).answer(ClientRequest("GET", target, [], b""))


def test_captures_are_served_and_listed(capture: Make) -> None:
    tape = capture([(0.1, b"a")])
    answer = get("/stream", captures=[tape], pace=Pace(speed=2))
    assert isinstance(answer, Play)
    assert (answer.capture, answer.pace) == (tape, Pace(speed=2))
    page = get("/_ssetape/", captures=[tape])
    assert isinstance(page, Say)
    assert tape.name.encode() in page.body


def test_faults_apply_from_the_first_answer_on(capture: Make) -> None:
    scenario = faults.Scenario([faults.parse("refuse status=429")])
    answer = get("/stream", captures=[capture([])], scenario=scenario)
    assert isinstance(answer, Say)
    assert answer.status == 429


def test_nothing_to_replay_is_an_error_unless_it_may_be(capture: Make) -> None:
    torn = capture([], status=None)
    with pytest.raises(ReplayError, match=f"nothing to replay; .*{torn.name}"):
        from_captures.answerer([torn])
    made = from_captures.answerer([torn], may_be_empty=True)
    assert len(made.shelf.unusable) == 1
    answer = made.answer(ClientRequest("GET", "/stream", [], b""))
    assert isinstance(answer, Say)
    assert answer.status == 404
