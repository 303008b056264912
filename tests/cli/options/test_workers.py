from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from ssetape.cli.options.workers import refuse_workers, workers_option
from ssetape.cores.reading import all_cores

Write = Callable[..., Path]
Invoke = Callable[..., Result]


@click.command()
@workers_option
def shown(workers: int) -> None:
    click.echo(workers)


@pytest.mark.parametrize(
    ("words", "number"),
    [([], 1), (["--workers", "3"], 3), (["--workers", "auto"], all_cores())],
    ids=str,
)
def test_a_number_or_one_on_each_core(words: list[str], number: int) -> None:
    assert CliRunner().invoke(shown, words).output == f"{number}\n"


@pytest.mark.parametrize("value", ["0", "-1", "two", "1.5", ""])
def test_what_is_no_number_of_processes_is_misuse(value: str) -> None:
    result = CliRunner().invoke(shown, ["--workers", value])
    assert result.exit_code == 2
    assert "expected 1 or more, or auto" in result.output


def test_one_process_may_do_anything() -> None:
    refuse_workers(1, proxy=True)
    refuse_workers(2, proxy=False, on_miss=False)


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (["--proxy"], "--proxy"),
        (["--browser"], "--browser"),
        (["--on-miss", "pass", "--origin", "http://127.0.0.1:9"], "--on-miss"),
        (["--http3"], "--http3"),
    ],
)
def test_what_one_process_alone_can_do_is_refused(
    words: list[str], option: str, invoke: Invoke, capture_file: Write
) -> None:
    path = capture_file([(0.0, b"data: a\n\n")])
    result = invoke("replay", "--workers", "2", *words, path)
    assert result.exit_code == 2
    assert f"{option} is served by one process: leave out --workers" in result.stderr
