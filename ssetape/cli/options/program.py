"""The user's command after `--`, which a verb runs."""

import click

# The key in `Context.meta` for the command after --.
_PROGRAM = "ssetape.program"


class CommandWithProgram(click.Command):
    """A verb whose arguments may be followed by `--` and the user's command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if "--" in args:
            at = args.index("--")
            ctx.meta[_PROGRAM] = tuple(args[at + 1 :])
            args = args[:at]
        return super().parse_args(ctx, args)


def program_of(ctx: click.Context) -> tuple[str, ...]:
    """The command after `--`; () if there is none."""
    program: tuple[str, ...] = ctx.meta.get(_PROGRAM, ())
    return program
