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
from ssetape.cli.terminal.messages import data_of, fields, items_of, line_of, remark_on
from ssetape.cli.terminal.output import json_line, note, shortened, terminal_width
from ssetape.errors import CaptureError
from ssetape.format.follow import POLL_S, follow
from ssetape.messages.message import Item, TimedComment
from ssetape.messages.reading import MessageReader

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
def command(capture: str | None, follows: bool, count: int, as_json: bool) -> None:
    """Show the last messages of a capture; by default, of the newest in ./captures.

    \b
    Example:
        ssetape tail
        ssetape tail -f @2
        ssetape tail -f --json answer.ssetape | jq -r .data
    """
    opened = open_one(capture)
    path = opened.path
    head_s = 0.0 if as_json else print_head(opened)
    if follows:
        shown = _following(opened, count, head_s, with_comments=not as_json)
    else:
        items = items_of(opened)
        if as_json:
            items = (item for item in items if not isinstance(item, TimedComment))
        shown = Selection(tail=count).apply(items, head_s)
    width = terminal_width()
    for item, text, before_s in shown:
        if as_json and not isinstance(item, TimedComment):
            json_line(fields(item, text))
        else:
            line = line_of(item, text, before_s, bars=width is not None)
            click.echo(shortened(line.rstrip(), width))
        sys.stdout.flush()
    if not as_json:
        print_end(Capture(path))
    for problem in opened.problems:
        note(problem)


def _following(
    capture: Capture, count: int, head_s: float, *, with_comments: bool
) -> Iterator[tuple[Item, str, float]]:
    """Yield the last items written so far, then each new one as it is written.

    Each comes with its data and the time of the item before it, as from `Selection.apply`.
    """
    messages = MessageReader(None, capture.is_websocket, name=capture.name)
    past: deque[tuple[Item, str, float]] = deque(maxlen=count)
    is_past = True
    before_s = head_s

    def wanted(items: Iterable[Item]) -> Iterator[tuple[Item, str, float]]:
        nonlocal before_s
        for item in items:
            item_before_s, before_s = before_s, item.t_s
            if with_comments or not isinstance(item, TimedComment):
                yield item, data_of(item), item_before_s

    try:
        for record in follow(capture.path):
            if record is None:
                yield from past
                past.clear()
                is_past = False
                time.sleep(POLL_S)
            elif is_past:
                past.extend(wanted(messages.feed(record)))
            else:
                yield from wanted(messages.feed(record))
    except CaptureError:
        yield from past
        raise
    if is_past:
        past.extend(wanted(messages.end()))
        yield from past
    else:
        yield from wanted(messages.end())
    if messages.damage is not None:
        raise messages.damage
    problem = remark_on(messages)
    if problem is not None:
        note(problem)
