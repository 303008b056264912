"""The click group whose commands are the verbs."""

from importlib import import_module
from keyword import iskeyword

import click
from click.shell_completion import CompletionItem

from ssetape.cli.verbs.table import GROUPS, VERBS
from ssetape.output.did_you_mean import did_you_mean


class Verbs(click.Group):
    """The verbs, each imported only when it is run or its own help is shown."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        name = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name
        command = import_module(f"ssetape.cli.{name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in VERBS and not name.startswith("-") and not ctx.resilient_parsing:
            ctx.fail(f"there is no verb {name!r}{did_you_mean(name, VERBS)}")
        return super().resolve_command(ctx, args)

    # click imports every verb to list them, here and for shells.

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(map(len, VERBS))
        for group, verbs in GROUPS.items():
            with formatter.section(group):
                formatter.write_dl([(verb.ljust(width), does) for verb, does in verbs.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        verbs = [verb for verb in VERBS if verb.startswith(incomplete)]
        options = click.Command.shell_complete(self, ctx, incomplete)
        return [*(CompletionItem(verb, help=VERBS[verb]) for verb in verbs), *options]
