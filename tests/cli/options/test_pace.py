"""The options that say how fast a replay goes."""

import math
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from ssetape.cli.options.pace import make_pace, pace_options
from ssetape.replay.pacing import Pace

Write = Callable[..., Path]
Invoke = Callable[..., Result]


def pace_of(*words: str) -> Pace:
    """The pace that a verb with these options is given."""
    given: list[Pace] = []

    @click.command()
    @pace_options
    def verb(pace: Pace) -> None:
        given.append(pace)

    result = CliRunner().invoke(verb, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return given[0]


@pytest.mark.parametrize(
    ("words", "pace"),
    [
        ([], Pace(speed=1.0, instant=False, max_gap_s=None)),
        (["--speed", "4"], Pace(speed=4.0)),
        (["--speed", "0.25"], Pace(speed=0.25)),
        (["--instant"], Pace(instant=True)),
        (["--max-gap", "0"], Pace(max_gap_s=0.0)),
        (["--max-gap", "1.5", "--speed", "2"], Pace(speed=2.0, max_gap_s=1.5)),
    ],
)
def test_the_options_become_a_pace(words: list[str], pace: Pace) -> None:
    assert pace_of(*words) == pace


MISUSES = [
    *(["--speed", value] for value in ("0", "-1", "nan", "inf", "-inf", "1e400", "fast", "")),
    *(["--max-gap", value] for value in ("-1", "-0.001", "nan", "-inf", "short", "")),
]


@pytest.mark.parametrize("verb", ["replay", "verify"])
@pytest.mark.parametrize("words", MISUSES, ids=" ".join)
def test_a_speed_or_gap_that_means_nothing_is_misuse(
    verb: str, words: list[str], invoke: Invoke, capture_file: Write
) -> None:
    # A port that cannot be: should a misuse be let through, replay ends all the same.
    port = ["--host", "no.such.host.invalid"] if verb == "replay" else []
    result = invoke(verb, *words, *port, capture_file([(0.0, b"data: x\n\n")]))
    assert result.exit_code == 2, result.output
    assert "Usage:" in result.stderr
    assert result.stdout == ""


def test_a_pace_that_cannot_be_is_told_as_misuse() -> None:
    with pytest.raises(click.UsageError, match="speed: expected a number above 0, got nan"):
        make_pace(math.nan, False, None)
    with pytest.raises(click.UsageError, match="max gap: expected 0 or more seconds, got nan"):
        make_pace(1.0, False, math.nan)


@pytest.mark.parametrize("speed", ["1e9", "1000000"])
def test_the_highest_speeds_are_as_good_as_instant(
    speed: str, invoke: Invoke, capture_file: Write
) -> None:
    path = capture_file([(3600.0, b"data: x\n\n")])
    assert invoke("verify", "--speed", speed, path).exit_code == 0


def test_an_endless_gap_caps_nothing(invoke: Invoke, capture_file: Write) -> None:
    path = capture_file([(0.01, b"data: x\n\n")])
    assert invoke("verify", "--max-gap", "inf", path).exit_code == 0
