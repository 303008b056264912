"""The options for the times of a made answer."""

import shlex
from functools import partial
from typing import TYPE_CHECKING

import click

from ssetape.cli.options.captures import open_paths, paths_of
from ssetape.cli.options.distribution_type import DISTRIBUTION
from ssetape.cli.options.group import option_group
from ssetape.errors import SsetapeError

if TYPE_CHECKING:
    from ssetape.making.distribution import Distribution, Recorded
    from ssetape.making.recorded import Quantity
    from ssetape.making.rhythm import Rhythm, Stall


def make_rhythm(
    head: str | None,
    ttft: str | None,
    rate: str | None,
    gap: str | None,
    stall: tuple[str, ...],
) -> "Rhythm":
    """The rhythm from the options."""
    from ssetape.making.recorded import Quantity
    from ssetape.making.rhythm import Rhythm

    if rate is not None and gap is not None:
        raise click.UsageError("--rate and --gap both say how fast tokens come: leave one out")
    usual = Rhythm()
    return Rhythm(
        head_s=_timed("--head", head, Quantity.HEAD) or usual.head_s,
        ttft_s=_timed("--ttft", ttft, Quantity.TTFT) or usual.ttft_s,
        gap_s=_timed("--gap", gap, Quantity.GAP),
        rate=usual.rate if rate is None else distribution("--rate", rate),
        stalls=tuple(map(_stall, stall)),
    )


def distribution(option: str, text: str, recorded: "Recorded | None" = None) -> "Distribution":
    """The distribution that an option's value describes."""
    from ssetape.making.distribution import parse

    try:
        return parse(text, recorded)
    except SsetapeError as error:
        raise click.UsageError(f"{option}: {error}") from error


def _timed(option: str, text: str | None, quantity: "Quantity") -> "Distribution | None":
    return None if text is None else distribution(option, text, partial(_recorded, quantity))


def _recorded(quantity: "Quantity", names: str) -> list[float]:
    from ssetape.making.recorded import recorded

    try:
        words = shlex.split(names)  # names with blanks are quoted, as in a shell
    except ValueError as error:
        raise SsetapeError(f"{names!r:.60}: {error}") from error
    captures, _ = open_paths(paths_of(tuple(words)))
    return recorded(captures, quantity)


def _stall(text: str) -> "Stall":
    from ssetape.making.rhythm import Stall

    length, at, token = text.rpartition("@")
    if not at:
        return Stall(distribution("--stall", text))
    if not (token.isascii() and token.isdigit() and int(token[:9]) > 0):
        raise click.UsageError(
            f"--stall: expected S or S@TOKEN, such as 3@20, the token counted from 1; "
            f"found {text!r:.60}"
        )
    return Stall(distribution("--stall", length), int(token[:9]))


rhythm_options = option_group(
    "rhythm",
    make_rhythm,
    click.option(
        "--head",
        type=DISTRIBUTION,
        metavar="S",
        help="Seconds from the request to the response's head, which is never later than the first "
        "token.  [default: 0]",
    ),
    click.option(
        "--ttft",
        type=DISTRIBUTION,
        metavar="S",
        help="Seconds from the request to the first token.  [default: 0.4]",
    ),
    click.option(
        "--rate",
        type=DISTRIBUTION,
        metavar="N",
        help="Tokens per second; a distribution gives each answer one rate.  [default: 50]",
    ),
    click.option(
        "--gap",
        type=DISTRIBUTION,
        metavar="S",
        help="Seconds from each token to the next, in place of --rate.",
    ),
    click.option(
        "--stall",
        type=DISTRIBUTION,
        multiple=True,
        metavar="S[@TOKEN]",
        help="S more seconds of silence before a token: before TOKEN, counted from 1, or one that "
        "is drawn. Repeatable.",
    ),
)
