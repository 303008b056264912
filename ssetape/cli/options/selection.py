"""The options that say which of a capture's messages are wanted; the same in every verb."""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import click
import jmespath
import orjson

from ssetape.cli.options.group import option_group
from ssetape.cli.terminal.messages import data_of, event_of
from ssetape.errors import MessageError
from ssetape.loose_json import as_text, parse
from ssetape.messages.message import Item, TimedComment

AnyItem = TypeVar("AnyItem", bound=Item)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which messages are wanted, and what of their data.

    Attributes:
        since_s, until_s: from when to when, in seconds since the request.
        events: types of events; () for all.
        pattern: what the data has to match somewhere.
        path: what of JSON data is shown; messages without it are left out.
        head, tail: only so many of the first, or of the last.
    """

    since_s: float | None = None
    until_s: float | None = None
    events: tuple[str, ...] = ()
    pattern: re.Pattern[str] | None = None
    path: Any = None
    head: int | None = None
    tail: int | None = None

    def apply(self, items: Iterable[AnyItem]) -> Iterator[tuple[AnyItem, str]]:
        """Give the items that are wanted, in order, each with the data to be shown.

        No more is read than is needed.
        """
        if self.tail is not None:
            yield from deque(self._matching(items), self.tail)
        else:
            yield from self._matching(items)

    def _matching(self, items: Iterable[AnyItem]) -> Iterator[tuple[AnyItem, str]]:
        count = 0
        if self.head == 0:
            return
        for item in items:
            if self.until_s is not None and item.t_s > self.until_s:
                return
            text = self._shown(item)
            if text is None:
                continue
            yield item, text
            count += 1
            if count == self.head:
                return

    def _shown(self, item: Item) -> str | None:
        """What is to be shown of an item, None if it is not wanted."""
        if self.since_s is not None and item.t_s < self.since_s:
            return None
        if self.events and event_of(item) not in self.events:
            return None
        text = data_of(item)
        if self.pattern is not None and not self.pattern.search(text):
            return None
        return text if self.path is None else self._found(item, text)

    def _found(self, item: Item, text: str) -> str | None:
        if isinstance(item, TimedComment):
            return None
        try:
            found = self.path.search(parse(text))
        except (MessageError, jmespath.exceptions.JMESPathError):
            return None
        return None if found is None else as_text(found)


def pretty(text: str) -> list[str]:
    """Data on as many lines as it takes: JSON indented, anything else as its lines are."""
    if text[:1] in ("{", "["):
        try:
            return orjson.dumps(parse(text), option=orjson.OPT_INDENT_2).decode().splitlines()
        except (MessageError, TypeError):
            pass
    return text.split("\n")


def make_selection(
    since_s: float | None,
    until_s: float | None,
    events: tuple[str, ...],
    grep: str | None,
    path: str | None,
    head: int | None,
    tail: int | None,
) -> Selection:
    """The selection that the options ask for."""
    compiled = None
    if path is not None:
        try:
            compiled = jmespath.compile(path)
        except jmespath.exceptions.JMESPathError as error:
            problem = str(error).splitlines()[0]
            raise click.UsageError(f"--path {path!r}: {problem} (https://jmespath.org)") from error
    pattern = None if grep is None else compiled_pattern(grep, "--grep")
    return Selection(since_s, until_s, events, pattern, compiled, head, tail)


def compiled_pattern(text: str, name: str, flags: int = 0) -> re.Pattern[str]:
    """A regular expression as Python has them."""
    try:
        return re.compile(text, flags)
    except re.error as error:
        raise click.UsageError(f"{name} {text!r}: {error}") from error


_COUNT = click.IntRange(min=0)
selection_options = option_group(
    "selection",
    make_selection,
    click.option("--since", "since_s", type=float, metavar="S", help="Only from this second."),
    click.option("--until", "until_s", type=float, metavar="S", help="Only until this second."),
    click.option(
        "--event", "events", multiple=True, metavar="TYPE", help="Only events of this type."
    ),
    click.option("--grep", metavar="RE", help="Only those whose data matches."),
    click.option(
        "--path",
        metavar="EXPR",
        help="Of JSON data only this, as JMESPath has it: 'choices[0].delta.content'.",
    ),
    click.option("--head", type=_COUNT, metavar="N", help="Only the first N."),
    click.option("--tail", type=_COUNT, metavar="N", help="Only the last N."),
)
