"""A command of the user's behind `--`, which a verb runs."""

import click

# Where a command after -- waits until its verb asks for it.
_PROGRAM = "ssetape.program"


class CommandWithProgram(click.Command):
    """A verb whose arguments may be followed by `--` and a command of the user's."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if "--" in args:
            at = args.index("--")
            ctx.meta[_PROGRAM] = tuple(args[at + 1 :])
            args = args[:at]
        return super().parse_args(ctx, args)


def program_of(ctx: click.Context) -> tuple[str, ...]:
    """The command after `--`; () without one."""
    program: tuple[str, ...] = ctx.meta.get(_PROGRAM, ())
    return program
