"""The options for how closely a request must match a captured one."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ssetape.cli.options.choice import Choice
from ssetape.cli.options.group import option_group
from ssetape.errors import ReplayError

if TYPE_CHECKING:
    from ssetape.replay import rules

_RUNGS = ["exact", "normalised", "path", "sequence", "nearest"]


def make_matching(
    match: str | None,
    ignored_query: tuple[str, ...],
    ignored_fields: tuple[str, ...],
    match_path: Path | None,
) -> "rules.MatchBook":
    """The rules from the options.

    Raises:
        click.BadParameter: the file cannot be read, or is invalid.
    """
    from ssetape.replay import rules

    try:
        return rules.make(match, ignored_query, ignored_fields, match_path)
    except ReplayError as error:
        raise click.BadParameter(str(error)) from error


matching_options = option_group(
    "matching",
    make_matching,
    click.option(
        "--match",
        type=Choice(_RUNGS),
        help="How closely a request must match a captured one.  [default: nearest]",
    ),
    click.option(
        "--ignore-query",
        "ignored_query",
        multiple=True,
        metavar="NAME",
        help="Ignore this query parameter; repeatable.",
    ),
    click.option(
        "--ignore-field",
        "ignored_fields",
        multiple=True,
        metavar="FIELD",
        help="Ignore this field of JSON bodies, such as messages.*.id; repeatable.",
    ),
    click.option(
        "--match-file",
        "match_path",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Matching rules from a TOML file, also for single captures.",
    ),
)
