"""A mistyped word of a few is told the nearest, in every verb."""

from collections.abc import Callable, Iterator

import click
import pytest
from click.testing import Result

from ssetape import cli
from ssetape.cli.options.choice import Choice

Invoke = Callable[..., Result]

CONTEXT = click.Context(cli.main, **cli.main.context_settings)


def choices() -> Iterator[tuple[str, str, list[str]]]:
    for verb in cli.main.list_commands(CONTEXT):
        command = cli.main.get_command(CONTEXT, verb)
        assert command is not None
        for parameter in command.params:
            if isinstance(parameter.type, click.Choice):
                assert isinstance(parameter.type, Choice), (verb, parameter.name)
                yield verb, parameter.opts[0], list(map(str, parameter.type.choices))


def test_every_choice_of_every_verb_suggests(invoke: Invoke) -> None:
    found = list(choices())
    assert len(found) >= 5
    for verb, option, words in found:
        for word in words:
            told = invoke(verb, option, f"{word}x", "nothing", "nothing").stderr
            assert f"is not one of {words[0]!r}" in told
            assert f"; did you mean {word}?" in told, (verb, option)


def test_what_resembles_none_is_told_what_there_is(invoke: Invoke) -> None:
    result = invoke("export", "--format", "zzz")
    assert result.exit_code == 2
    assert "'har'" in result.stderr
    assert "did you mean" not in result.stderr


@pytest.mark.parametrize("word", ["har", "csv"])
def test_a_right_word_is_taken(word: str) -> None:
    assert Choice(["csv", "har"]).convert(word, None, None) == word
