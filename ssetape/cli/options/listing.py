"""The options for which captures are listed, and in which order."""

import re
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import click

from ssetape.capture import Capture
from ssetape.cli.options.group import option_group
from ssetape.cli.options.pattern import compiled_pattern
from ssetape.output.did_you_mean import did_you_mean

if TYPE_CHECKING:
    from ssetape.meaning.beginning import Beginning

# A recording without an end record is called so in tables, and so it is here.
INTERRUPTED = "interrupted"
Item = TypeVar("Item")

_CONDITION = re.compile(r"([a-z_]+)(!=|=|~)(.*)", re.DOTALL)


class Listed:
    """A capture in a list, by the fields that `--where` and `--sort` name; read when asked for.

    What reads it is imported then, too: a plain list begins at once.

    Args:
        capture: the capture.
        line: its object of `ls --json`.
    """

    def __init__(self, capture: Capture, line: dict[str, Any]) -> None:
        self.capture = capture
        self.line = line

    @cached_property
    def beginning(self) -> "Beginning":
        """How it begins, however long that takes to find out."""
        from ssetape.meaning.beginning import beginning_of

        return beginning_of(self.capture, messages_limit=None)

    @property
    def is_ordinary(self) -> bool:
        """Whether it is an ordinary response, and no stream."""
        from ssetape.messages.ordinary import is_ordinary

        return is_ordinary(self.capture)

    @property
    def host(self) -> str:
        return self._url_parts[0]

    @property
    def url_path(self) -> str:
        return self._url_parts[1]

    @property
    def text(self) -> str:
        return self.capture.answer().text or self.beginning.text

    @property
    def _url_parts(self) -> tuple[str, str]:
        from urllib.parse import urlsplit

        url = str(self.line["url"])
        try:
            parts = urlsplit(url)
        except ValueError:
            return "", url
        return parts.netloc.rpartition("@")[2].lower(), parts.path


# What a capture may be chosen and sorted by, under the names of the columns of SQL.
FIELDS: dict[str, Callable[[Listed], Any]] = {
    "started": lambda each: each.line["started"],
    "host": lambda each: each.host,
    "path": lambda each: each.url_path,
    "method": lambda each: each.line["method"],
    "kind": lambda each: each.line["kind"],
    "status": lambda each: each.line["status"],
    "chunks": lambda each: each.line["chunks"],
    "bytes": lambda each: each.line["bytes"],
    "duration": lambda each: each.line["duration_s"],
    "first_text": lambda each: each.beginning.first_text_s,
    "end": lambda each: each.line["end"] or INTERRUPTED,
    "protocol": lambda each: each.beginning.protocol,
    "model": lambda each: each.beginning.model,
    "text": lambda each: each.text,
    "file": lambda each: each.line["path"],
}

# Those that are found by a look into the capture.
LOOKED_FOR = frozenset(("first_text", "protocol", "model", "text"))


class Condition(NamedTuple):
    """One `--where`: a field that equals a value (`=`), does not (`!=`), or matches one (`~`)."""

    field: str
    operator: str
    value: str
    pattern: re.Pattern[str]

    def holds(self, listed: Listed) -> bool:
        """Whether a capture meets it; an unknown value is an empty text."""
        found = FIELDS[self.field](listed)
        text = "" if found is None else str(found)
        if self.operator == "~":
            return self.pattern.search(text) is not None
        return (text == self.value) == (self.operator == "=")


class Listing(NamedTuple):
    """Which captures are listed, and in which order.

    Attributes:
        sort: a name in `FIELDS`; None for the order in which they started.
        descending: whether the greatest comes first.
        limit: how many at most: the first of the order or, without one, the newest.
        conditions: all have to hold.
        only_streams: whether ordinary responses are left out.
    """

    sort: str | None = None
    descending: bool = False
    limit: int | None = None
    conditions: tuple[Condition, ...] = ()
    only_streams: bool = False

    @property
    def needs_a_look(self) -> bool:
        """Whether each capture has to be read further than its first line and its last."""
        named = {self.sort, *(condition.field for condition in self.conditions)}
        return self.only_streams or not named.isdisjoint(LOOKED_FOR)

    def takes(self, listed: Listed) -> bool:
        """Whether a capture is listed.

        Raises:
            CaptureError: it cannot be read.
        """
        if not all(condition.holds(listed) for condition in self.conditions):
            return False
        return not (self.only_streams and listed.is_ordinary)

    def ranked(self, listed: Listed, item: Item) -> "Ranked[Item]":
        """An item that stands for a capture, to be put in order.

        Raises:
            CaptureError: the capture cannot be read.
        """
        key = None if self.sort is None else FIELDS[self.sort](listed)
        return Ranked(key, listed.capture.started, item)

    def order(self, ranked: list["Ranked[Item]"]) -> list[Item]:
        """The items to list, in order; those without the field come last."""
        found = sorted(ranked, key=lambda each: each.started)
        if self.sort is None:
            # The newest are last, near the prompt.
            found = found if self.limit is None else found[max(0, len(found) - self.limit) :]
        else:
            known = [each for each in found if each.key is not None]
            known.sort(key=lambda each: each.key, reverse=self.descending)
            found = [*known, *(each for each in found if each.key is None)][: self.limit]
        return [each.item for each in found]


class Ranked(NamedTuple, Generic[Item]):
    """An item of a list, with what it is sorted by; None if its capture does not have it."""

    key: Any
    started: str
    item: Item


def make_listing(
    sort: str | None, limit: int | None, wheres: tuple[str, ...], only_streams: bool
) -> Listing:
    """The listing from the options."""
    descending = sort is not None and sort.startswith("-")
    key = sort.removeprefix("-") if sort is not None else None
    if key is not None:
        _check_field(key, f"--sort {sort!r}")
    return Listing(key, descending, limit, tuple(map(_condition, wheres)), only_streams)


def _condition(text: str) -> Condition:
    found = _CONDITION.fullmatch(text)
    if found is None:
        raise click.UsageError(
            f"--where {text!r}: expected FIELD=VALUE, FIELD!=VALUE or FIELD~REGEX, "
            f"such as status=500"
        )
    field, operator, value = found.groups()
    _check_field(field, f"--where {text!r}")
    pattern = value if operator == "~" else ""
    return Condition(field, operator, value, compiled_pattern(pattern, f"--where {field}~"))


def _check_field(name: str, option: str) -> None:
    if name not in FIELDS:
        hint = did_you_mean(name, FIELDS)
        raise click.UsageError(
            f"{option}: there is no field {name!r} (of {', '.join(FIELDS)}){hint}"
        )


def _sort_words(_context: click.Context, _option: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in FIELDS if name.startswith(incomplete)]


def _where_words(_context: click.Context, _option: click.Parameter, incomplete: str) -> list[str]:
    # All three, so that no shell takes the word for complete.
    words = (f"{name}{sign}" for name in FIELDS for sign in ("=", "!=", "~"))
    return [word for word in words if word.startswith(incomplete)]


listing_options = option_group(
    "listing",
    make_listing,
    click.option(
        "--sort",
        shell_complete=_sort_words,
        metavar="FIELD",
        help="Sort by this, ascending; descending with a - before it.  [default: started]",
    ),
    click.option(
        "--limit",
        type=click.IntRange(min=0),
        metavar="N",
        help="Only the first N with --sort; the newest N without it.",
    ),
    click.option(
        "--where",
        "wheres",
        shell_complete=_where_words,
        multiple=True,
        metavar="COND",
        help="Only captures whose FIELD=VALUE, FIELD!=VALUE or FIELD~REGEX. Repeatable.",
    ),
    click.option("--streams", "only_streams", is_flag=True, help="Only streams."),
)
