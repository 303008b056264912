"""`--safe` in each verb that prints comma-separated values."""

import re
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import Result

from ssetape import cli

Invoke = Callable[..., Result]
CONTEXT = click.Context(cli.main)


def verbs_with_csv() -> set[str]:
    """The verbs whose help names CSV."""
    found = set()
    for verb in cli.main.list_commands(CONTEXT):
        command = cli.main.get_command(CONTEXT, verb)
        assert command is not None
        options = [str(option.to_info_dict()) for option in command.params]
        found |= {verb} if any(re.search(r"\bcsv\b", each) for each in options) else set()
    return found


COMMANDS = {
    "export": ["export", "--format", "csv"],
    "query": ["query", "--csv", "select data from events"],
}


def test_every_verb_that_prints_csv_is_known() -> None:
    assert verbs_with_csv() == set(COMMANDS)


@pytest.mark.parametrize("verb", COMMANDS)
def test_formulas_are_quoted_if_asked_for(
    verb: str, invoke: Invoke, capture_file: Callable[..., Path]
) -> None:
    path = capture_file([(0.1, b"data: =1+1\n\n")])
    words = COMMANDS[verb]
    assert "'=1+1" not in invoke(*words, path).stdout
    assert "'=1+1" in invoke(*words, "--safe", path).stdout


@pytest.mark.parametrize("words", [["export", "--format", "har"], ["query", "select 1"]])
def test_it_is_for_csv_alone(
    words: list[str], invoke: Invoke, capture_file: Callable[..., Path]
) -> None:
    result = invoke(*words, "--safe", capture_file())
    assert result.exit_code == 2
    assert "--safe is for" in result.stderr
