"""The options that select messages of a capture; the same in every verb."""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import click
import orjson

from ssetape.cli.options.group import option_group
from ssetape.cli.options.pattern import compiled_pattern
from ssetape.errors import MessageError, SsetapeError
from ssetape.loose_json import as_text, parse
from ssetape.meaning.sayings import Saying
from ssetape.messages.message import Item, TimedComment
from ssetape.showing.selected import Selected, data_of, event_of


@dataclass(frozen=True, slots=True)
class Selection:
    """Which messages to show, and which part of their data.

    Attributes:
        since_s, until_s: the first and last time, in seconds since the request.
        events: event types; () for all.
        pattern: matches somewhere in the data.
        path: the part of JSON data to show; messages without it are left out.
        head, tail: the number of first, or last, messages to show.
    """

    since_s: float | None = None
    until_s: float | None = None
    events: tuple[str, ...] = ()
    pattern: re.Pattern[str] | None = None
    path: Any = None
    head: int | None = None
    tail: int | None = None

    def apply(self, items: Iterable[Saying], before_s: float = 0.0) -> Iterator[Selected]:
        """Yield the selected items in order.

        Reads no more items than needed. An error from `items` is raised after the items before it.

        Args:
            before_s: the time before the first item.
        """
        if self.tail is None:
            yield from self._matching(items, before_s)
            return
        last: deque[Selected] = deque(maxlen=self.tail)
        failure = None
        try:
            last.extend(self._matching(items, before_s))
        except SsetapeError as error:
            failure = error
        yield from last
        if failure is not None:
            raise failure

    def _matching(self, items: Iterable[Saying], before_s: float) -> Iterator[Selected]:
        count = 0
        if self.head == 0:
            return
        for item, phrases, _ in items:
            if self.until_s is not None and item.t_s > self.until_s:
                return
            text = self._shown(item)
            item_before_s, before_s = before_s, item.t_s
            if text is None:
                continue
            yield Selected(item, text, item_before_s, phrases)
            count += 1
            if count == self.head:
                return

    def _shown(self, item: Item) -> str | None:
        """The data to show of an item; None if it is not selected."""
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
        import jmespath

        try:
            found = self.path.search(parse(text))
        except (MessageError, jmespath.exceptions.JMESPathError):
            return None
        return None if found is None else as_text(found)


def pretty(text: str) -> list[str]:
    """Data as lines: JSON indented, anything else as it is."""
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
    """The selection from the options."""
    compiled = None
    if path is not None:
        import jmespath  # few ask for a path, and all would wait for it

        try:
            compiled = jmespath.compile(path)
        except jmespath.exceptions.JMESPathError as error:
            problem = str(error).splitlines()[0]
            raise click.UsageError(f"--path {path!r}: {problem} (https://jmespath.org)") from error
    pattern = None if grep is None else compiled_pattern(grep, "--grep")
    return Selection(since_s, until_s, events, pattern, compiled, head, tail)


_COUNT = click.IntRange(min=0)
selection_options = option_group(
    "selection",
    make_selection,
    click.option(
        "--since", "since_s", type=float, metavar="S", help="Only from this time on, in seconds."
    ),
    click.option(
        "--until", "until_s", type=float, metavar="S", help="Only up to this time, in seconds."
    ),
    click.option(
        "--event", "events", multiple=True, metavar="TYPE", help="Only events of this type."
    ),
    click.option("--grep", metavar="RE", help="Only messages whose data matches."),
    click.option(
        "--path",
        metavar="EXPR",
        help="Only this part of JSON data, in JMESPath: 'choices[0].delta.content'.",
    ),
    click.option("--head", type=_COUNT, metavar="N", help="Only the first N messages."),
    click.option("--tail", type=_COUNT, metavar="N", help="Only the last N messages."),
)
