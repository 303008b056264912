"""The options for the speed of a replay; the same in every verb that replays."""

from typing import TYPE_CHECKING

import click

from ssetape.cli.options.group import option_group

if TYPE_CHECKING:
    from ssetape.replay import pacing


def make_pace(speed: float, instant: bool, max_gap_s: float | None) -> "pacing.Pace":
    """The pace from the options."""
    from ssetape.replay import pacing

    try:
        return pacing.Pace(speed=speed, instant=instant, max_gap_s=max_gap_s)
    except ValueError as error:
        raise click.UsageError(str(error)) from error


pace_options = option_group(
    "pace",
    make_pace,
    click.option(
        "--speed",
        type=click.FloatRange(min=0, min_open=True, max=1e9),
        default=1.0,
        metavar="X",
        help="Replay X times as fast.",
        show_default=True,
    ),
    click.option("--instant", is_flag=True, help="Do not wait; keep chunk boundaries."),
    click.option(
        "--max-gap",
        "max_gap_s",
        type=click.FloatRange(min=0),
        metavar="S",
        help="Shorten longer gaps to S recorded seconds.",
    ),
)
