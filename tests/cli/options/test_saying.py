"""The options for what a made answer says."""

import os
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from ssetape.cli.options import saying
from ssetape.cli.options.saying import saying_options
from ssetape.making.answer import Call, Wanted
from ssetape.making.distribution import constant, parse
from ssetape.protocols.writing import Tokens


def wanted_of(*words: str, stdin: bytes = b"") -> Wanted:
    """What a verb with these options is given."""
    given: list[Wanted] = []

    @click.command()
    @saying_options
    def verb(wanted: Wanted) -> None:
        given.append(wanted)

    result = CliRunner().invoke(verb, words, input=stdin, catch_exceptions=False)
    if result.exit_code:
        raise click.UsageError(result.output)
    return given[0]


def test_the_options_become_what_is_wanted() -> None:
    assert wanted_of() == Wanted(tokens=constant(100))
    words = ["--prompt", "Why?", "--text", "So.", "--reasoning", "Hm", "--model", "m"]
    words += ["--tool", 'f={"a":"="}', "--tool", "g", "--stop", "length", "--error", "slow"]
    assert wanted_of(*words) == Wanted(
        prompt="Why?",
        text="So.",
        reasoning="Hm",
        calls=(Call("f", '{"a":"="}'), Call("g", "{}")),
        model="m",
        stop="length",
        error="slow",
    )


def test_usage_is_two_numbers_or_the_provider_s_own() -> None:
    assert wanted_of("--usage", "12+40").usage == Tokens(12, 40)
    assert wanted_of("--usage", '{"total": 5}').usage == {"total": 5}


def test_filler_is_said_where_nothing_else_is() -> None:
    assert wanted_of("--tokens", "uniform(1,9)").tokens == parse("uniform(1,9)")
    for words in (["--reasoning", "a"], ["--tool", "f"], ["--error", "slow"], ["--text", ""]):
        assert wanted_of(*words).tokens is None
    assert wanted_of("--tokens", "5", "--error", "slow").tokens == constant(5)


def test_a_text_may_be_in_a_file_or_on_stdin(tmp_path: Path) -> None:
    file = tmp_path / "text"
    file.write_bytes("\ufeffGrüße\r\n".encode())
    assert wanted_of("--text-file", str(file)).text == "Grüße\r\n"
    assert wanted_of("--text-file", "-", stdin="世界".encode()).text == "世界"


def test_what_is_piped_is_the_text(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"piped")
    os.close(writing)
    with open(reading) as pipe:
        monkeypatch.setattr(sys, "stdin", pipe)
        assert saying._piped() == "piped"
    empty = tmp_path / "empty"
    empty.touch()
    with empty.open() as file:
        monkeypatch.setattr(sys, "stdin", file)
        assert saying._piped() is None
    with open(os.devnull) as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        assert saying._piped() is None
    for closed in (None, file):
        monkeypatch.setattr(sys, "stdin", closed)
        assert saying._piped() is None


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--text", "a", "--tokens", "5"], "--text and --tokens: choose one text"),
        (["--text-file", "nowhere"], "--text-file nowhere: No such file"),
        (["--tool", "f=[1]"], r"--tool f: expected a JSON object, found '\[1\]', as in"),
        (["--tool", "=1"], "--tool"),
        (["--tool", "={}"], "expected NAME=JSON"),
        (["--usage", "many"], r"expected INPUT\+OUTPUT, such as 12\+40"),
        (["--tokens", "many"], "--tokens: expected a number"),
    ],
)
def test_what_cannot_be_said_is_refused(
    words: list[str], problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(click.UsageError, match=problem):
        wanted_of(*words)


def test_a_text_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    file: Any = tmp_path / "text"
    file.write_bytes(b"\xff")
    with pytest.raises(click.UsageError, match="it is not UTF-8"):
        wanted_of("--text-file", str(file))
