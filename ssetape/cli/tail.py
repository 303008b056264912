"""`ssetape tail`: the end of a capture, and what comes."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from ssetape.capture import Capture
from ssetape.cli.options.captures import DEFAULT_FOLDER
from ssetape.cli.options.paths import PATH
from ssetape.cli.options.selection import Selection
from ssetape.cli.show import fields
from ssetape.cli.terminal.items import items_of, line_of, print_end, print_head
from ssetape.cli.terminal.output import json_line, note, shortened, terminal_width
from ssetape.errors import SsetapeError
from ssetape.format.follow import follow
from ssetape.format.reader import parse_message
from ssetape.format.values import BYTES, SOCKET_CODES, TEXT, WEBSOCKET, Message
from ssetape.library import find
from ssetape.meaning.reading import Meaning
from ssetape.messages.framing import StreamMessage
from ssetape.messages.timeline import TimedComment

_SHOWN = 10


@click.command(short_help="Show the end of a capture, and follow one being recorded.")
@click.argument("capture", type=PATH, required=False)
@click.option("-f", "--follow", "follows", is_flag=True, help="Go on until the capture ends.")
@click.option(
    "-n",
    "count",
    type=click.IntRange(min=0),
    default=_SHOWN,
    metavar="N",
    show_default=True,
    help="Begin with the last N messages.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a message.")
def command(capture: str | None, follows: bool, count: int, as_json: bool) -> None:
    """Show the last messages of a capture; the newest in ./captures if none is named.

    \b
    Example:
        ssetape tail
        ssetape tail -f captures/20261123-093012-api.example.com-v1-chat-3f9a2c.ssetape
        ssetape tail -f --json answer.ssetape | jq -r .data
    """
    path = Path(capture) if capture else _newest()
    opened = Capture(path)
    before_s = 0.0 if as_json else print_head(opened)
    items: Any = _following(opened) if follows else items_of(opened)
    if as_json:
        items = (item for item in items if not isinstance(item, TimedComment))
    if follows:
        # What is there already counts as the past; all of what comes is shown.
        past = sum(not isinstance(item, TimedComment) for item in items_of(opened))
        items = (item for number, item in enumerate(items) if number >= past - count)
        shown = Selection().apply(items)
    else:
        shown = Selection(tail=count).apply(items)
    width = terminal_width()
    for item, text in shown:
        if as_json:
            json_line(fields(item, text))
        else:
            line = line_of(item, text, before_s, bars=width is not None)
            click.echo(shortened(line.rstrip(), width))
        sys.stdout.flush()
        before_s = item.t_s
    if not as_json:
        print_end(Capture(path))
    for problem in opened.problems:
        note(problem)


def _newest() -> Path:
    folder = Path(DEFAULT_FOLDER)
    if not folder.is_dir():
        raise click.UsageError(f"there is no folder {DEFAULT_FOLDER!r} here: name a capture")
    paths = list(find([folder]))
    if not paths:
        raise SsetapeError(f"there are no captures in {DEFAULT_FOLDER!r}")
    return max(paths, key=lambda path: path.stat().st_mtime)


def _following(capture: Capture) -> Iterator[StreamMessage | Message]:
    meaning: Meaning | None = None
    for record in follow(capture.path):
        if capture.kind == WEBSOCKET:
            if record[1] in SOCKET_CODES:
                yield parse_message(record)
        elif record[1] in (TEXT, BYTES):
            # Opened anew: its head may have come since.
            meaning = meaning or Meaning(Capture(capture.path))
            yield from meaning.feed(record)
