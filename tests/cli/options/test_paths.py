"""Paths are completed by shells, and are refused by who opens them, in its words."""

from pathlib import Path

import click
import pytest
from programs import assert_told, run

from ssetape import cli

CONTEXT = click.Context(cli.main, **cli.main.context_settings)


def path_parameters() -> list[tuple[str, click.Parameter]]:
    """Every argument and option that is shown as a path."""
    found = []
    for verb in cli.main.list_commands(CONTEXT):
        command = cli.main.get_command(CONTEXT, verb)
        assert command is not None
        for parameter in command.params:
            shown = parameter.metavar or (parameter.name or "").upper()
            if any(word in shown for word in ("PATH", "FILE", "DIR", "CAPTURE", "FIRST", "SECOND")):
                found.append((verb, parameter))
    return found


def test_whatever_is_shown_as_a_path_is_completed_as_one() -> None:
    found = path_parameters()
    assert len(found) > 25
    for verb, parameter in found:
        if not getattr(parameter, "is_flag", False):
            assert isinstance(parameter.type, click.Path), (verb, parameter.name)


@pytest.mark.parametrize("words", [["ls"], ["show"], ["replay", "--port", "0"]], ids=" ".join)
def test_a_path_that_is_not_there_is_told_of_as_before(words: list[str], tmp_path: Path) -> None:
    assert_told(run(*words, tmp_path / "nothing"), "nothing", "o such file")
