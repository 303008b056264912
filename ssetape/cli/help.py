"""`ssetape help`: what `-h` shows."""

import click

from ssetape.cli.verbs.table import VERBS


def _complete(_context: click.Context, _verb: click.Parameter, incomplete: str) -> list[str]:
    return [verb for verb in VERBS if verb.startswith(incomplete)]


@click.command()
@click.argument("verb", required=False, shell_complete=_complete)
@click.pass_context
def command(context: click.Context, verb: str | None) -> None:
    """Show the help of VERB, as `ssetape VERB -h` does; without VERB, the list of verbs.

    \b
    Example:
        ssetape help
        ssetape help record
    """
    program = context.parent
    assert program is not None
    assert isinstance(program.command, click.Group)
    if verb is None:
        click.echo(program.get_help())
        return
    name, asked, _ = program.command.resolve_command(program, [verb])
    assert asked is not None
    asked.make_context(name, ["-h"], program)
