from typing import Any

import click
import pytest
from click.testing import CliRunner

from ssetape.cli.options.group import option_group


def make_size(width: int, height: int) -> tuple[int, int]:
    if width < height:
        raise click.UsageError("too high")
    return width, height


size_options = option_group(
    "size",
    make_size,
    click.option("--width", type=int, default=3, help="How wide."),
    click.option("--height", type=int, default=2, help="How high."),
)
name_options = option_group("title", lambda name: name.upper(), click.option("--name", default="a"))


@click.command()
@click.argument("word")
@click.option("--first", is_flag=True)
@size_options
@name_options
@click.option("--last", is_flag=True)
@click.pass_context
def verb(ctx: click.Context, **given: Any) -> None:
    """Show what it is given."""
    click.echo(sorted(given.items()))


def invoke(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(verb, words)
    return result.exit_code, result.output


@pytest.mark.parametrize(
    ("words", "size", "title"),
    [([], (3, 2), "A"), (["--width", "9"], (9, 2), "A"), (["--name", "b"], (3, 2), "B")],
)
def test_a_verb_gets_one_object_for_each_group(
    words: list[str], size: tuple[int, int], title: str
) -> None:
    given = [("first", False), ("last", False), ("size", size), ("title", title), ("word", "w")]
    assert invoke("w", *words) == (0, f"{given}\n")


def test_help_shows_options_in_the_order_in_which_they_stand() -> None:
    assert [parameter.name for parameter in verb.params] == [
        *("word", "first", "width", "height", "name", "last"),
    ]
    code, shown = invoke("--help")
    assert code == 0
    assert "Show what it is given." in shown
    assert "How wide." in shown


def test_values_that_make_no_object_are_misuse() -> None:
    code, shown = invoke("w", "--height", "4")
    assert code == 2
    assert "Usage: verb" in shown
    assert "too high" in shown
