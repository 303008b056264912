"""`ssetape grep`: search the messages of many captures."""

import re
import sys
from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import NamedTuple

import click
from rich.cells import cell_len

from ssetape.capture import Capture
from ssetape.cli.options.captures import open_each
from ssetape.cli.options.completion import CAPTURE
from ssetape.cli.options.jobs import jobs_option
from ssetape.cli.options.pattern import compiled_pattern
from ssetape.cli.options.selection import Selection
from ssetape.cli.terminal.colours import has_colours
from ssetape.cli.terminal.hits import around
from ssetape.cli.terminal.output import json_line, note, terminal_width
from ssetape.cli.terminal.progress import progress
from ssetape.cores.reading import Work, each_read
from ssetape.errors import SsetapeError
from ssetape.meaning.sayings import Saying
from ssetape.messages.message import TimedComment
from ssetape.output.printable import printable
from ssetape.showing.colours import Look, line_from
from ssetape.showing.messages import items_of
from ssetape.showing.selected import event_of

# Characters of an answer shown before and after a match.
_AROUND_CHARACTERS = 40
# Data with less room than this beside its place gets a line of its own.
_LEAST_COLUMNS = 40


class _Found(NamedTuple):
    t_s: float | None
    number: int | None
    event: str | None
    data: str
    # Where in the data the match is.
    start: int
    end: int


@click.command()
@click.argument("pattern")
@click.argument("paths", type=CAPTURE, nargs=-1, metavar="[PATH]...")
@click.option("-i", "--ignore-case", is_flag=True, help="Match upper and lower case alike.")
@click.option("-F", "--fixed", is_flag=True, help="PATTERN is text, not a regular expression.")
@click.option("-l", "--files", "files_only", is_flag=True, help="Only the names of the captures.")
@click.option("-c", "--count", is_flag=True, help="Only the number of matches in each capture.")
@click.option(
    "--text", "in_text", is_flag=True, help="Search the assembled answer, not each message."
)
@click.option("--event", "events", multiple=True, metavar="TYPE", help="Only events of this type.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per match.")
@jobs_option
def command(
    pattern: str,
    paths: tuple[str, ...],
    ignore_case: bool,
    fixed: bool,
    files_only: bool,
    count: bool,
    in_text: bool,
    events: tuple[str, ...],
    as_json: bool,
    jobs: int | None,
) -> None:
    """Find messages whose data matches a regular expression; in ./captures if no PATH is given.

    A word that arrived in pieces is in no single message: --text searches the assembled answer.
    On a terminal, a long line is cut around what was found. Exits with 1 if nothing was found.

    \b
    Example:
        ssetape grep -i overloaded
        ssetape grep --text 'as an AI' captures
        ssetape grep -l '"finish_reason":"length"' captures
    """
    if sum((files_only, count, as_json)) > 1:
        raise click.UsageError("choose one of --files, --count and --json")
    if in_text and events:
        raise click.UsageError("--text searches the whole answer: leave out --event")
    text = re.escape(pattern) if fixed else pattern
    compiled = compiled_pattern(text, "PATTERN", re.IGNORECASE if ignore_case else 0)
    selection = Selection(events=events, pattern=compiled)
    problems: list[str] = []
    found_any = False
    work: Work[_Found] = (
        partial(_in_text, pattern=compiled) if in_text else partial(_in, selection=selection)
    )
    if files_only:
        work = partial(_first, work=work)
    with progress(each_read(work, open_each(paths, problems), jobs), "searching") as each:
        for name, hits in each:
            found = 0
            try:
                for hit in hits:
                    found += 1
                    if not (files_only or count):
                        _print(name, hit, as_json)
            except SsetapeError as error:
                text = str(error)
                problems.append(text if text.startswith(name) else f"{name}: {text}")
            if found and files_only:
                click.echo(printable(name))
            elif found and count:
                click.echo(f"{printable(name)}: {found}")
            found_any = found_any or bool(found)
    for problem in problems:
        note(problem)
    if problems or not found_any:
        sys.exit(1)


def _first(capture: Capture, work: Work[_Found]) -> Iterator[_Found]:
    yield from islice(work(capture), 1)


def _in(capture: Capture, selection: Selection) -> Iterator[_Found]:
    number = 0
    for item in items_of(capture, report=lambda _: None):
        is_comment = isinstance(item, TimedComment)
        for _, data, *_ in selection.apply([Saying(item)]):
            event = None if is_comment else event_of(item)
            assert selection.pattern is not None
            match = selection.pattern.search(data)
            start, end = match.span() if match else (0, 0)
            yield _Found(item.t_s, None if is_comment else number, event, data, start, end)
        number += not is_comment


def _in_text(capture: Capture, pattern: re.Pattern[str]) -> Iterator[_Found]:
    text = capture.text()
    for match in pattern.finditer(text):
        start = max(0, match.start() - _AROUND_CHARACTERS)
        end = match.end() + _AROUND_CHARACTERS
        cut = "…" * bool(start)
        shown = f"{cut}{text[start:end]}{'…' * (end < len(text))}"
        place = match.start() - start + len(cut)
        yield _Found(None, None, None, shown, place, place + match.end() - match.start())


def _print(name: str, hit: _Found, as_json: bool) -> None:
    if as_json:
        place = {"path": name, "t": hit.t_s, "number": hit.number}
        json_line({**place, "event": hit.event, "data": hit.data})
        return
    where = name
    if hit.t_s is not None:
        where += f":{hit.t_s:.3f}"
    event = f" {hit.event}" if hit.event not in (None, "", "message") else ""
    where = printable(f"{where}:{event} ")
    width = terminal_width()
    if width is None:
        click.echo(where + printable(hit.data))
        return
    if width - cell_len(where) < _LEAST_COLUMNS:
        click.echo(line_from([(where, Look.QUIET)], None, colours=has_colours()).rstrip())
        where = "  "
    shown = around(hit.data, hit.start, hit.end, width - cell_len(where))
    click.echo(line_from([(where, Look.QUIET), *shown], width, colours=has_colours()))
