from typing import Any

import pytest

from ssetape.errors import ReplayError
from ssetape.replay.matching.rules import Match
from ssetape.replay.pacing import Pace
from ssetape.replay.wire.websocket import Strictness
from ssetape.testing.arguments import arguments_of, matching_options


def test_without_options_a_replay_is_instant_and_nothing_goes_wrong() -> None:
    arguments = arguments_of({}, "instant")
    assert arguments["pace"] == Pace(instant=True)
    assert arguments["scenario"].rules == []
    assert arguments["matching"].rules.match is Match.NEAREST
    assert arguments["strictness"] is Strictness.LOOSE
    assert (arguments["resume"], arguments["cors"]) == (False, False)


@pytest.mark.parametrize(
    ("options", "run", "pace"),
    [
        ({}, "2", Pace(2.0)),
        ({"instant": True}, "2", Pace(2.0, instant=True)),
        ({"instant": False}, "instant", Pace(1.0)),
        ({"instant": False}, "2", Pace(2.0)),
        ({"speed": 3}, "2", Pace(3)),
        ({"max_gap_s": 0.5}, "instant", Pace(1.0, instant=True, max_gap_s=0.5)),
        ({"speed": 3, "max_gap_s": 0.5}, "instant", Pace(3, max_gap_s=0.5)),
    ],
)
def test_the_options_pace_goes_before_the_run_s(options: Any, run: str, pace: Pace) -> None:
    assert arguments_of(options, run)["pace"] == pace


def test_the_other_options_are_handed_on() -> None:
    options: Any = {"faults": ["cut event=3"], "seed": 7, "match": "exact", "websocket": "strict"}
    options |= {"match_headers": ["Accept-Language"]}
    options |= {"ignore_query": ["key"], "ignore_fields": ["a.b"], "resume": True, "cors": True}
    arguments = arguments_of(options, "instant")
    scenario, rules = arguments["scenario"], arguments["matching"].rules
    assert ([rule.fault.name for rule in scenario.rules], scenario.seed) == (["cut"], 7)
    assert rules.match is Match.EXACT
    assert (rules.ignored_query, rules.ignored_fields) == (frozenset({"key"}), (("a", "b"),))
    words = ["--match", "exact", "--ignore-query", "key", "--ignore-field", "a.b"]
    words += ["--match-header", "accept-language"]
    assert matching_options(arguments["matching"]) == words
    assert rules.matched_headers == ("accept-language",)
    assert arguments["strictness"] is Strictness.STRICT
    assert (arguments["resume"], arguments["cors"]) == (True, True)


@pytest.mark.parametrize(
    ("options", "run", "problem"),
    [
        ({"match": "close"}, "instant", "match: expected one of exact, .*; found 'close'"),
        ({"websocket": 1}, "instant", "websocket: expected one of loose, strict; found 1"),
        ({"faults": ["cut off"]}, "instant", "cut off"),
        ({"speed": 0}, "instant", "speed: expected a number above 0, got 0"),
        ({"speed": "x"}, "instant", "'<' not supported"),
        ({}, "fast", "--ssetape-speed: expected a number or instant, found 'fast'"),
        ({}, "-1", "speed: expected a number above 0, got -1"),
    ],
)
def test_what_an_option_says_wrongly_is_quoted(options: Any, run: str, problem: str) -> None:
    with pytest.raises(ReplayError, match=problem):
        arguments_of(options, run)
