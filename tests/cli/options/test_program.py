import click
import pytest
from click.testing import CliRunner

from ssetape.cli.options.program import CommandWithProgram, program_of


@click.command(cls=CommandWithProgram)
@click.argument("paths", nargs=-1)
@click.option("--flag", is_flag=True)
@click.pass_context
def verb(ctx: click.Context, paths: tuple[str, ...], flag: bool) -> None:
    click.echo(f"{paths} {flag} {program_of(ctx)}")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["a", "--flag"], "('a',) True ()"),
        (["a", "--", "b", "--flag", "--", "c"], "('a',) False ('b', '--flag', '--', 'c')"),
        (["--"], "() False ()"),
    ],
)
def test_what_follows_two_dashes_is_a_program(words: list[str], expected: str) -> None:
    assert CliRunner().invoke(verb, words).output.strip() == expected
