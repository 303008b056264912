import json
from collections.abc import Callable
from typing import Any

import pytest

from ssetape.replay.answers.answerer import Answerer
from ssetape.replay.answers.control_pages import ControlPages, page_of
from ssetape.replay.control import Control
from ssetape.replay.exchange import ClientRequest, Say
from ssetape.replay.pacing import Pace
from ssetape.replay.shelf import Shelf
from ssetape.replay.tally import Tally

Make = Callable[..., Any]


@pytest.fixture
def control(capture: Make) -> Control:
    return Control(Answerer(Shelf([capture([])]), Pace()))


def ask(control: Control, line: str, body: bytes = b"", **headers: str) -> Any:
    method, target = line.split(" ")
    fields = [("host", "127.0.0.1:8900"), *headers.items()]
    return ControlPages(control)(ClientRequest(method, f"/_ssetape/{target}", fields, body))


def said(control: Control, line: str, body: bytes = b"") -> Any:
    answer = ask(control, line, body)
    assert isinstance(answer, Say)
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def test_pausing_stepping_resuming(control: Control) -> None:
    assert said(control, "POST pause") == {"streams": 0}
    assert said(control, "POST pause?session=a") == {"streams": 0}
    assert control.paused == {None, "a"}
    assert said(control, "POST step?events=2&marker=x") == {"streams": 0}
    assert said(control, "POST resume") == {"streams": 0}
    assert control.paused == set()


SPECS = ["refuse status=429 requests=1-2", "cut event=3 how=reset 'on=POST /v1/*' share=0.5"]


def test_the_tally_is_told(control: Control) -> None:
    control.meter.say(429)
    fields = said(control, "GET tally")
    assert fields["said"] == {"429": 1}
    assert len(fields["late"]) == len(fields["late_bounds_ns"]) + 1
    assert Tally.of(fields) == control.meter.tally()


def test_the_scenario_is_chosen(control: Control) -> None:
    toml = b'seed = 7\n[[fault]]\nname = "cut"\nevent = 3\n'
    expected = {"seed": 7, "fault": ["cut event=3"]}
    assert said(control, "PUT scenario", toml) == expected
    assert said(control, "GET scenario") == expected
    in_json = {"seed": 1, "fault": [*SPECS, {"name": "slow", "factor": 2}]}
    assert said(control, "PUT scenario", json.dumps(in_json).encode()) == {
        "seed": 1,
        "fault": [SPECS[0], "cut event=3 how=reset 'on=POST /v1/*' share=0.5", "slow factor=2.0"],
    }
    assert len(control.scenario.rules) == 3
    assert said(control, "DELETE scenario") == {"seed": 0, "fault": []}


def test_what_was_served_is_told_and_forgotten(control: Control) -> None:
    control.note(ClientRequest("GET", "/x", [("x-ssetape-session", "a")]), Say(404, b"", "a miss"))
    (fields,) = said(control, "GET served")["served"]
    assert fields["target"] == "/x"
    assert said(control, "GET served?session=b") == {"served": []}
    assert said(control, "DELETE served") == {"served": []}
    assert said(control, "GET served") == {"served": []}


@pytest.mark.parametrize(
    ("line", "body", "status", "words"),
    [
        ("GET pause", b"", 405, "expected POST, found GET"),
        ("POST scenario", b"", 405, "expected GET or PUT or DELETE"),
        ("POST step?events=x", b"", 400, "events: expected 0 to 1000000, found 'x'"),
        ("PUT scenario", b"{", 400, ""),
        ("PUT scenario", b"nonsense", 400, "the scenario is not TOML"),
        ("PUT scenario", b"\xff", 400, "expected TOML or JSON in UTF-8"),
        ("PUT scenario", b'{"fault": ["cutt"]}', 400, "expected one of cut"),
    ],
)
def test_what_means_nothing_is_refused(
    line: str, body: bytes, status: int, words: str, control: Control
) -> None:
    answer = ask(control, line, body)
    assert answer.status == status
    assert words in json.loads(answer.body)["error"]["message"]


def test_other_paths_are_not_ours(control: Control) -> None:
    assert ask(control, "GET other") is None


@pytest.mark.parametrize(
    ("target", "page"),
    [
        ("/_ssetape/served", "served"),
        ("/_ssetape/step?events=2", "step"),
        ("/_ssetape/", None),
        ("/_ssetape/served/1", None),
        ("/served", None),
    ],
)
def test_the_page_that_a_request_is_for(target: str, page: str | None) -> None:
    assert page_of(ClientRequest("GET", target)) == page
