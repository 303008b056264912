from dataclasses import fields
from pathlib import Path

import pytest

from ssetape.errors import ReplayError
from ssetape.replay.faults.cut import Cut
from ssetape.replay.faults.delays import Stall
from ssetape.replay.faults.events import LoseDone
from ssetape.replay.faults.heads import Refuse
from ssetape.replay.faults.rechunk import Rechunk
from ssetape.replay.faults.scenario import Rule
from ssetape.replay.faults.spec import FAULTS, from_document, keys_of, load, loads, parse

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("cut event=3 how=reset", Rule(Cut(event=3, how="reset"))),
        ("stall at_s=1.5", Rule(Stall(at_s=1.5))),
        ("lose-done data='all is said'", Rule(LoseDone(data="all is said"))),
        ("rechunk inside=utf8 requests=2-3", Rule(Rechunk(inside="utf8"), requests=(2, 3))),
        (
            "refuse status=429 'on=POST /v1/*' share=0.5 requests=2-",
            Rule(Refuse(status=429), "POST /v1/*", (2, float("inf")), 0.5),
        ),
        ("refuse status=500 requests=3", Rule(Refuse(status=500), requests=(3, 3))),
    ],
)
def test_a_spec_is_a_rule(text: str, rule: Rule) -> None:
    assert parse(text) == rule


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "expected one of cut, stall, .*; found ''"),
        ("cutt event=1", r"found 'cutt'; did you mean cut\?"),
        ("cut", "expected one of event, byte, at_s, found none"),
        ("cut event", "expected each KEY=VALUE once, found 'event'"),
        ("cut event=1 event=2", "expected each KEY=VALUE once, found 'event=2'"),
        ("cut event=x", "event: expected a whole number, found 'x'"),
        ("cut at_s=x", "at_s: expected a number, found 'x'"),
        ("cut event=1 how=gently", "how: expected one of close, reset; found 'gently'"),
        ("rechunk inside=out", "inside: expected one of utf8, crlf; found 'out'"),
        ("cut event=1 how=rest", r"how: .*; did you mean reset\?"),
        ("cut event=1 colour=red", "keys: expected one of event, .*; found 'colour'$"),
        ("cut evnt=1", r"keys: .*; found 'evnt'; did you mean event\?"),
        ("cut event=1 request=2", r"keys: .*; did you mean requests\?"),
        ("slow", "expected factor=...; found none"),
        ("cut event=1 requests=0x", "requests: expected 3, 1-2 or 3-, found '0x'"),
        ("cut event=1 share=2", "share: expected 0 to 1, found 2"),
        ("cut event=1 share=x", "share: expected 0 to 1, found 'x'"),
        ("cut 'event=1", "No closing quotation"),
    ],
)
def test_what_is_none_is_told(text: str, words: str) -> None:
    with pytest.raises(ReplayError, match=words):
        parse(text)


TOML = """
seed = 7

[[fault]]
name = "refuse"
status = 429
requests = "1-2"

[[fault]]
name = "stall"
event = 3
seconds = 10.5
"""


def test_a_file_holds_a_scenario(tmp_path: Path) -> None:
    path = tmp_path / "scenario.toml"
    path.write_text(TOML)
    scenario = load(path)
    assert scenario.seed == 7
    assert scenario.rules == [
        Rule(Refuse(status=429), requests=(1, 2)),
        Rule(Stall(event=3, seconds=10.5)),
    ]
    assert load(path, seed=9).seed == 9
    assert from_document({"fault": ["cut event=1"]}, "x").rules == [Rule(Cut(event=1))]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("seed = ", "s is not TOML"),
        ("sed = 1", r"s: keys: .*; found 'sed'; did you mean seed\?"),
        ("seed = 'x'", "found other types"),
        ("fault = 1", "found other types"),
        ("fault = [1]", "s, fault 1: expected a table with a `name`, found 1"),
        ("[[fault]]\nname = 'cut'\nevent = true", "s, fault 1: event: expected text or a number"),
        ("[[fault]]\nname = 'cut'", "s, fault 1: expected one of event"),
    ],
)
def test_what_is_no_scenario_is_told(text: str, words: str) -> None:
    with pytest.raises(ReplayError, match=words):
        loads(text, "s")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ReplayError, match="cannot read the scenario"):
        load(tmp_path / "none.toml")


def test_all_faults_and_their_keys_are_documented() -> None:
    text = (ROOT / "docs" / "faults.md").read_text("utf-8")
    for name, fault in FAULTS.items():
        row = next(line for line in text.splitlines() if line.startswith(f"| `{name}"))
        for key in fields(fault):
            assert f"{key.name}=" in row, (name, key.name)
    for key in Rule.KEYS:
        assert f"| `{key}=" in text


def test_each_fault_says_its_keys_and_their_words() -> None:
    assert keys_of("cut")["how"] == ("close", "reset")
    assert keys_of("cut")["event"] == ()
    for name, fault in FAULTS.items():
        assert list(keys_of(name)) == [*(each.name for each in fields(fault)), *Rule.KEYS]
    assert keys_of("nothing") == {}
