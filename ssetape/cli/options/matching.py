"""The options for how closely a request must match a captured one."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ssetape.cli.options.choice import Choice
from ssetape.cli.options.group import option_group
from ssetape.errors import ReplayError

if TYPE_CHECKING:
    from ssetape.replay import rules, turns

_RUNGS = ["exact", "normalised", "path", "sequence", "nearest"]


@dataclass(frozen=True, slots=True)
class Matching:
    """What the options say; what they leave out is the verb's to say."""

    match: str | None
    ignored_query: tuple[str, ...]
    ignored_fields: tuple[str, ...]
    match_path: Path | None
    matched_headers: tuple[str, ...] = ()

    def book(
        self,
        *,
        new_is_a_miss: bool = False,
        order: "turns.Order | None" = None,
        seed: int = 0,
    ) -> "rules.MatchBook":
        """The rules.

        Args:
            new_is_a_miss: whether what was not asked before gets no answer, by default. It gets
                the nearest otherwise.
            order: in which order captures answer, whatever is asked, by default; None if what is
                asked matters.
            seed: of the order.

        Raises:
            click.BadParameter: the file cannot be read, or is invalid.
        """
        from ssetape.replay import rules, turns

        default = rules.Match.NORMALISED if new_is_a_miss else rules.Match.NEAREST
        if order is not None:
            default = rules.Match.PATH
        try:
            book = rules.make(
                self.match,
                self.ignored_query,
                self.ignored_fields,
                self.match_path,
                default=default,
                matched_headers=self.matched_headers,
            )
        except ReplayError as error:
            raise click.BadParameter(str(error)) from error
        return replace(book, order=order or turns.Order.SEQUENCE, seed=seed)


matching_options = option_group(
    "matching",
    Matching,
    click.option(
        "--match",
        type=Choice(_RUNGS),
        help="How closely a request must match a captured one.  [default: nearest; normalised in "
        "`auto`, and in `replay` with --browser or --on-miss; path with --order]",
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
        help="Ignore this field of bodies (JSON, forms, multipart), such as messages.*.id; "
        "repeatable.",
    ),
    click.option(
        "--match-header",
        "matched_headers",
        multiple=True,
        metavar="NAME",
        help="Compare this header too, such as accept-language; repeatable.",
    ),
    click.option(
        "--match-file",
        "match_path",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Matching rules from a TOML file, also for single captures.",
    ),
)
