import json
from collections.abc import Callable
from typing import Any

import pytest

from ssetape.replay.answers.misses import miss
from ssetape.replay.exchange import ClientRequest, Say
from ssetape.replay.matching.ladder import Near
from ssetape.replay.matching.rules import Match

Make = Callable[..., Any]

ASKED = ClientRequest("GET", "/a?b")


def message(said: Say) -> str:
    text: str = json.loads(said.body)["error"]["message"]
    return text


def test_a_miss_names_what_was_asked_and_what_is_nearest(capture: Make) -> None:
    captures = [capture([]), capture([])]
    nears = [Near(1, ("path: asked /a, captured /b",), None, 0.756), Near(0, (), Match.EXACT)]
    said = miss(ASKED, Match.NEAREST, nears, ["POST", "GET"], captures)
    assert said.status == 404
    fields = json.loads(said.body)
    assert fields["error"]["type"] == "ssetape_miss"
    assert (fields["asked"], fields["match"]) == ({"method": "GET", "target": "/a?b"}, "nearest")
    assert [near["capture"] for near in fields["nearest"]] == [captures[1].name, captures[0].name]
    first = fields["nearest"][0]
    assert (first["method"], first["alike"], first["reaches"]) == ("POST", 0.76, None)
    assert fields["nearest"][1]["reaches"] == "exact"
    assert message(said).endswith(f"{captures[1].name} (path: asked /a, captured /b)")
    assert said.log.startswith("GET /a?b <- MISS: ")


@pytest.mark.parametrize(
    ("match", "words"), [(Match.PATH, " with --match path"), (Match.NEAREST, "")]
)
def test_a_miss_says_how_strict_it_was(match: Match, words: str) -> None:
    said = miss(ASKED, match, [], [], [])
    assert message(said) == f"ssetape: no capture answers GET /a?b: there are no captures{words}"


def test_an_equal_capture_of_another_host_is_named_as_such(capture: Make) -> None:
    said = miss(ASKED, Match.EXACT, [Near(0, ())], ["GET"], [capture([])])
    assert message(said).endswith("(from another host)")
