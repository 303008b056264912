"""Verbs that read many captures say the same, however many processes read them."""

from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from ssetape.cli.options.jobs import jobs_option

Raw = Callable[..., bytes]
Invoke = Callable[..., Result]

DELTA = b'data: {"object":"chat.completion.chunk","choices":[{"delta":{"content":"word %d"}}]}\n\n'
VERBS = [
    *(["stats"], ["stats", "--json"], ["ls", "-l"], ["ls", "-l", "--json"]),
    *(["ls", "--where", "text~word [3-9]", "--sort", "-text"], ["ls", "--streams"]),
    *(["grep", "word 1"], ["grep", "-l", "word 1"], ["grep", "--json", "word"]),
    *(["grep", "--text", "-c", "word 1"],),
    ["query", "--csv", "SELECT capture, text FROM exchanges ORDER BY capture"],
    ["query", "--csv", "SELECT * FROM events"],
]


@pytest.fixture
def folder(tmp_path: Path, raw_capture: Raw) -> Path:
    """Captures of which one is damaged and one is none."""
    for n in range(40):
        data = raw_capture([(0.1, DELTA % n), (0.2, DELTA % n)])
        (tmp_path / f"{n:02}.ssetape").write_bytes(data)
    (tmp_path / "07.ssetape").write_bytes(
        raw_capture([(0.1, DELTA % 7)], end=None, tail=b"damage\n")
    )
    (tmp_path / "11.ssetape").write_bytes(b"{}\n")
    return tmp_path


@pytest.mark.parametrize("words", VERBS, ids=" ".join)
def test_what_is_said_does_not_depend_on_who_reads(
    words: list[str], folder: Path, invoke: Invoke
) -> None:
    one, several = (invoke(*words, "-j", jobs, str(folder)) for jobs in ("1", "2"))
    assert (one.exit_code, one.stdout) == (several.exit_code, several.stdout)
    assert sorted(one.stderr.splitlines()) == sorted(several.stderr.splitlines())
    assert "11.ssetape" in one.stderr


@pytest.mark.parametrize(
    ("words", "shown"), [([], "None\n"), (["-j", "3"], "3\n"), (["--jobs", "1"], "1\n")]
)
def test_as_many_processes_as_are_named_and_else_as_pay(words: list[str], shown: str) -> None:
    @click.command()
    @jobs_option
    def command(jobs: int | None) -> None:
        click.echo(jobs or "None")

    assert CliRunner().invoke(command, words).output == shown
    assert CliRunner().invoke(command, ["-j", "0"]).exit_code == 2
