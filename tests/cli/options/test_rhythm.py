"""The options for the times of a made answer."""

from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from said import chat

from ssetape.cli.options.rhythm import distribution, rhythm_options
from ssetape.making.distribution import constant, parse
from ssetape.making.rhythm import Rhythm, Stall

Write = Callable[..., Path]


def rhythm_of(*words: str) -> Rhythm:
    """The rhythm that a verb with these options is given."""
    given: list[Rhythm] = []

    @click.command()
    @rhythm_options
    def verb(rhythm: Rhythm) -> None:
        given.append(rhythm)

    result = CliRunner().invoke(verb, words, catch_exceptions=False)
    if result.exit_code:
        raise click.UsageError(result.output)
    return given[0]


def test_the_options_become_a_rhythm() -> None:
    assert rhythm_of() == Rhythm()
    words = ["--head", "0.1", "--ttft", "uniform(1,2)", "--gap", "exponential(0.02)"]
    gap = parse("exponential(0.02)")
    assert rhythm_of(*words) == Rhythm(constant(0.1), parse("uniform(1,2)"), gap)
    assert rhythm_of("--rate", "80").rate == constant(80)
    stalls = (Stall(constant(3), 20), Stall(parse("uniform(1,2)")))
    assert rhythm_of("--stall", "3@20", "--stall", "uniform(1,2)").stalls == stalls


def test_recorded_times_are_those_of_captures(capture_file: Write, tmp_path: Path) -> None:
    one = capture_file(chat("a", "b", "c", gap_s=0.5), head_s=0.25)
    path = one.rename(tmp_path / "my own.ssetape")
    spec = f"from '{path}'"
    rhythm = rhythm_of("--head", spec, "--ttft", spec, "--gap", spec)
    assert (rhythm.head_s.values, rhythm.ttft_s.values) == ((0.25,), (0.5,))
    assert rhythm.gap_s
    assert rhythm.gap_s.values == (0.5, 0.5)
    assert rhythm.gap_s.text == spec
    # A folder stands for all that is in it.
    assert rhythm_of("--ttft", f"from '{path.parent}'").ttft_s.values == (0.5,)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--rate", "5", "--gap", "1"], "both say how fast tokens come: leave one out"),
        (["--ttft", "soon"], "--ttft: expected a number or one of .*, from CAPTURE"),
        (["--rate", "from x"], "--rate: expected a number or one of"),
        (["--stall", "3@x"], "--stall: expected S or S@TOKEN"),
        (["--stall", "3@0"], "--stall: expected S or S@TOKEN"),
        (["--stall", "long@2"], "--stall: expected a number"),
        (["--gap", "from 'x"], "--gap: .*No closing quotation"),
        (["--gap", "from nowhere"], "nowhere"),
    ],
)
def test_what_is_no_time_is_refused(
    words: list[str], problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(click.UsageError, match=problem):
        rhythm_of(*words)


def test_the_option_is_named_with_what_is_wrong() -> None:
    with pytest.raises(click.UsageError, match="--tokens: expected a number"):
        distribution("--tokens", "many")
