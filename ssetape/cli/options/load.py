"""The options for serving a load test: which capture comes next, what varies, and how many."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from ssetape.cli.options.choice import Choice
from ssetape.cli.options.group import option_group

if TYPE_CHECKING:
    from ssetape.replay import limit, turns


@dataclass(frozen=True, slots=True)
class Load:
    """What the options say.

    Attributes:
        order: None if they do not say one.
        varies: whether each answer gets an id and a time of its own.
        limit: how many streams may be open; None for any number.
    """

    order: "turns.Order | None"
    varies: bool
    limit: "limit.StreamLimit | None"


def make_load(order: str | None, vary: bool, limit_streams: int | None, limit_as: str) -> Load:
    """The load from the options."""
    from ssetape.replay import limit, provider_errors, turns

    return Load(
        order=None if order is None else turns.Order(order),
        varies=vary,
        limit=None
        if limit_streams is None
        else limit.StreamLimit(limit_streams, provider_errors.Refused(limit_as)),
    )


load_options = option_group(
    "load",
    make_load,
    click.option(
        "--order",
        type=Choice(["sequence", "random", "shuffle"]),
        help="Which capture of a path answers next, whatever is asked: in recorded order, drawn "
        "from all (--seed), or each once before any comes again. With --match, of those that match "
        "equally well.",
    ),
    click.option("--vary", is_flag=True, help="Give each answer an id and a time of its own."),
    click.option(
        "--limit-streams",
        type=click.IntRange(min=1),
        metavar="N",
        help="Refuse requests while N streams are open.",
    ),
    click.option(
        "--limit-as",
        type=Choice(["rate", "overload"]),
        default="rate",
        show_default=True,
        help="What these refusals say, as the capture's provider says it: a rate limit (429), or "
        "an overload (503, 529).",
    ),
)
