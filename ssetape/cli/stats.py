"""`ssetape stats`: measure captures."""

import sys
from collections.abc import Iterator

import click

from ssetape.capture import Capture
from ssetape.cli.options.captures import open_each
from ssetape.cli.options.completion import CAPTURE
from ssetape.cli.options.jobs import jobs_option
from ssetape.cli.terminal.output import (
    encoded,
    json_lines,
    note,
    table,
    terminal_width,
)
from ssetape.cli.terminal.progress import progress
from ssetape.cli.terminal.records import table_or_records
from ssetape.cores.reading import each_read
from ssetape.errors import CaptureError
from ssetape.measures.measure import measure
from ssetape.measures.measurement import Measurement
from ssetape.showing import stats
from ssetape.showing.columns import shortened


@click.command()
@click.argument("paths", type=CAPTURE, nargs=-1, metavar="[CAPTURE]...")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per capture.")
@click.option(
    "--tools", is_flag=True, help="Show what other tools would report, and how they define it."
)
@jobs_option
def command(paths: tuple[str, ...], as_json: bool, tools: bool, jobs: int | None) -> None:
    """Measure captures: milestones, gaps, stalls, rates; several captures make a table.

    Tools disagree on what "time to first token" means: the milestones separate the meanings, and
    --tools shows which one each tool uses.

    \b
    Example:
        ssetape stats captures/chat-20261123-093012-3f9a2c.ssetape
        ssetape stats --tools answer.ssetape
        ssetape stats --json captures | jq .milestones.first_text
    """
    problems: list[str] = []
    made: list[Measurement] = []
    work = _as_json if as_json else _as_it_is
    with progress(each_read(work, open_each(paths, problems), jobs), "measuring") as each:
        for name, items in each:
            try:
                for measured, found in items:
                    problems += [f"{name}: {problem}" for problem in found]
                    if as_json:
                        json_lines([measured])
                    else:
                        made.append(measured)
            except CaptureError as error:
                problems.append(str(error))
    for problem in problems:
        note(problem)
    if not as_json:
        if len(made) == 1:
            _print_one(made[0], tools)
        elif made:
            _print_table(made)
    if problems:
        sys.exit(1)


def _as_it_is(capture: Capture) -> Iterator[tuple[Measurement, list[str]]]:
    measured = measure(capture)
    yield measured, measured.problems


def _as_json(capture: Capture) -> Iterator[tuple[bytes, list[str]]]:
    measured = measure(capture)
    yield encoded(stats.fields(measured)), measured.problems


def _print_one(measured: Measurement, tools: bool) -> None:
    width = terminal_width()
    for line in stats.lines(measured, lambda line: shortened(line, width)):
        click.echo(line)
    if tools:
        click.echo()
        _print_tools(measured)


def _print_tools(measured: Measurement) -> None:
    if not measured.figures:
        note("other tools measure only AI protocols, but this stream's protocol is unknown")
        return
    rows = [
        (f.tool, f.name, "-" if f.value_s is None else f"{f.value_s * 1e3:.3f} ms", f.definition)
        for f in measured.figures
    ]
    table_or_records(("tool", "calls it", "value", "which is"), rows, ("value",))
    click.echo()
    for source in dict.fromkeys(figure.source for figure in measured.figures):
        click.echo(source)


def _print_table(made: list[Measurement]) -> None:
    table(*stats.of_each(made), gives_way=stats.GIVES_WAY, path="file")
    click.echo()
    click.echo(stats.heading_of_all(made))
    table(*stats.of_all(made))
    if remark := stats.remark_on_all(made):
        click.echo(remark)
