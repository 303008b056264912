"""`ssetape tail`: show the end of a capture, and follow it."""

import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator

import click

from ssetape.capture import Capture
from ssetape.cli.options.captures import open_one
from ssetape.cli.options.completion import CAPTURE
from ssetape.cli.options.selection import Selection
from ssetape.cli.terminal.ends import print_end, print_head
from ssetape.cli.terminal.output import json_line, note
from ssetape.cli.terminal.rows import rows_for_stdout
from ssetape.errors import CaptureError
from ssetape.format.follow import POLL_S, follow
from ssetape.meaning.sayings import Saying, Sayings
from ssetape.messages.message import TimedComment
from ssetape.messages.reading import MessageReader
from ssetape.showing.messages import fields, remark_on, sayings_of
from ssetape.showing.rows import Content
from ssetape.showing.selected import Selected, data_of

_SHOWN = 10


@click.command()
@click.argument("capture", type=CAPTURE, required=False)
@click.option("-f", "--follow", "follows", is_flag=True, help="Continue until the capture ends.")
@click.option(
    "-n",
    "count",
    type=click.IntRange(min=0),
    default=_SHOWN,
    metavar="N",
    show_default=True,
    help="Start with the last N messages.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per message.")
@click.option("--data", "as_data", is_flag=True, help="Show the data as it came, without words.")
def command(capture: str | None, follows: bool, count: int, as_json: bool, as_data: bool) -> None:
    """Show the last messages of a capture; by default, of the newest in ./captures.

    \b
    Example:
        ssetape tail
        ssetape tail -f @2
        ssetape tail -f --json answer.ssetape | jq -r .said
    """
    if as_data and as_json:
        raise click.UsageError("--data is for rows: leave out --json")
    opened = open_one(capture)
    path = opened.path
    head_s = 0.0 if as_json else print_head(opened)
    content = Content.DATA if as_data else Content.WORDS
    rows = rows_for_stdout(content, None if follows else opened)
    remarks: list[str] = []  # for the end: all is read before the last rows are known
    if follows:
        shown = _following(opened, count, head_s, with_comments=not as_json, with_words=not as_data)
    else:
        report = remarks.append
        said: Iterable[Saying] = sayings_of(opened, report, with_words=not as_data)
        if as_json:
            said = (each for each in said if not isinstance(each.item, TimedComment))
        shown = Selection(tail=count).apply(said, head_s)
    for selected in shown:
        item = selected.item
        if not as_json:
            click.echo(rows.line(selected))
        elif not isinstance(item, TimedComment):
            json_line(fields(item, selected.text, selected.phrases))
        sys.stdout.flush()
    if not as_json:
        print_end(Capture(path))
    for problem in (*remarks, *opened.problems):
        note(problem)


def _following(
    capture: Capture, count: int, head_s: float, *, with_comments: bool, with_words: bool
) -> Iterator[Selected]:
    """Yield the last items written so far, then each new one as it is written."""
    messages = MessageReader(None, capture.is_websocket, name=capture.name)
    sayings = Sayings(capture.request if with_words else None, messages)
    past: deque[Selected] = deque(maxlen=count)
    is_past = True
    before_s = head_s

    def wanted(said: Iterable[Saying]) -> Iterator[Selected]:
        nonlocal before_s
        for item, phrases, _ in said:
            item_before_s, before_s = before_s, item.t_s
            if with_comments or not isinstance(item, TimedComment):
                yield Selected(item, data_of(item), item_before_s, phrases)

    try:
        for record in follow(capture.path):
            if record is None:
                past.extend(wanted(sayings.pause()))
                yield from past
                past.clear()
                is_past = False
                time.sleep(POLL_S)
            elif is_past:
                past.extend(wanted(sayings.feed(record)))
            else:
                yield from wanted(sayings.feed(record))
    except CaptureError:
        past.extend(wanted(sayings.end()))
        yield from past
        raise
    if is_past:
        past.extend(wanted(sayings.end()))
        yield from past
    else:
        yield from wanted(sayings.end())
    if messages.damage is not None:
        raise messages.damage
    problem = remark_on(messages)
    if problem is not None:
        note(problem)
