"""The option for how many processes serve one port."""

from typing import Any

import click

_AUTO = "auto"


class WorkersType(click.ParamType):  # type: ignore[type-arg]  # generic only since click 8.2
    """A number of processes, or `auto` for one on each core."""

    name = "workers"

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        return "N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number of processes."""
        if value == _AUTO:
            from ssetape.cores.reading import all_cores

            return all_cores()
        try:
            number = int(value)
        except ValueError:
            number = 0
        if number < 1:
            self.fail(f"expected 1 or more, or {_AUTO}, found {value!r:.60}", param, ctx)
        return number


def refuse_workers(workers: int, **others: bool) -> None:
    """Refuse several workers for what one process alone can do.

    Args:
        others: options, with `_` in place of `-`, and whether each is used.

    Raises:
        click.UsageError: one of them is used.
    """
    used = next((name for name, is_used in others.items() if is_used), None)
    if workers > 1 and used is not None:
        option = f"--{used.replace('_', '-')}"
        raise click.UsageError(f"{option} is served by one process: leave out --workers")


workers_option = click.option(
    "--workers",
    type=WorkersType(),
    default=1,
    show_default=True,
    help="Serve with N processes on one port; auto: one on each core.",
)
