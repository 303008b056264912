"""`ssetape diff`: what changed between two captures, or two sets of runs."""

import sys
from pathlib import Path
from typing import Any

import click

from ssetape.capture import Capture
from ssetape.cli.options.captures import open_each, open_one
from ssetape.cli.options.completion import CAPTURE
from ssetape.cli.terminal.output import json_line, note, table, terminal_width
from ssetape.cli.terminal.progress import progress
from ssetape.comparing.captures import Comparison, compare
from ssetape.comparing.effect_size import FEWEST, word_of
from ssetape.comparing.json import Difference
from ssetape.comparing.runs import Row, compare_runs
from ssetape.loose_json import as_text
from ssetape.output.printable import printable, printable_lines
from ssetape.showing.columns import shortened
from ssetape.showing.plots import duration

_SAME_CHARACTERS = 40


@click.command()
@click.argument("first", type=CAPTURE)
@click.argument("second", type=CAPTURE)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(first: str, second: str, as_json: bool) -> None:
    """Show what changed from one capture to another: request, events, answer, rhythm.

    For two folders, compares the rhythm of all runs in them: the median of each milestone, how far
    it moved with its 95 % confidence interval, and the effect size (Cliff's delta). Exits with 1
    if two captures differ in more than their rhythm.

    \b
    Example:
        ssetape diff before.ssetape after.ssetape
        ssetape diff captures/monday captures/tuesday
    """
    if Path(first).is_dir() or Path(second).is_dir():
        _diff_runs(first, second, as_json)
        return
    compared = compare(open_one(first), open_one(second))
    for problem in [*compared.first.problems, *compared.second.problems]:
        note(problem)
    if as_json:
        json_line(_fields(compared))
    else:
        _print(compared)
    if not compared.is_same:
        sys.exit(1)


def _fields(compared: Comparison) -> dict[str, Any]:
    """The JSON object that compares two captures, documented in `docs/json.md`."""
    names = compared.first.milestones.named()
    others = dict(compared.second.milestones.named())
    unlike = compared.first_unlike
    return {
        "same": compared.is_same,
        "request": [each._asdict() for each in compared.request],
        "response": [each._asdict() for each in compared.response],
        "events": {name: list(counts) for name, counts in compared.event_counts.items()},
        "first_unlike": unlike._asdict() if unlike else None,
        "text": [change._asdict() for change in compared.text],
        "said": [each._asdict() for each in compared.said],
        "milestones": {name.replace(" ", "_"): [t_s, others[name]] for name, t_s in names},
        "gaps_delta": compared.gaps_delta,
    }


def _print(compared: Comparison) -> None:
    click.echo(printable(f"--- {compared.first.name}"))
    click.echo(printable(f"+++ {compared.second.name}"))
    for heading, found in (("request", compared.request), ("response", compared.response)):
        _print_differences(heading, found)
    _print_events(compared)
    _print_text(compared)
    _print_differences("said", compared.said)
    _print_rhythm(compared)


def _print_differences(heading: str, found: list[Difference]) -> None:
    if not found:
        return
    click.echo(f"\n{heading}")
    width = terminal_width()
    for each in found:
        for sign, value, color in (("-", each.first, "red"), ("+", each.second, "green")):
            if value is not None:
                line = shortened(printable(f"{sign} {each.place}: {as_text(value)}"), width)
                click.secho(line, fg=color)


def _print_events(compared: Comparison) -> None:
    counts = {name: pair for name, pair in compared.event_counts.items() if pair[0] != pair[1]}
    if not counts and compared.first_unlike is None:
        click.echo(f"\nevents: the same {compared.first.events}")
        return
    click.echo("\nevents")
    for name, (one, other) in counts.items():
        click.echo(printable(f"  {name or 'messages'}: {one} -> {other}"))
    unlike = compared.first_unlike
    if unlike is not None:
        width = terminal_width()
        click.echo(f"  the first difference is at #{unlike.number}")
        for sign, data, color in (("-", unlike.first, "red"), ("+", unlike.second, "green")):
            shown = "(none)" if data is None else data
            click.secho(shortened(printable(f"{sign} {shown}"), width), fg=color)


def _print_text(compared: Comparison) -> None:
    if not compared.text:
        return
    if all(change.is_same for change in compared.text):
        click.echo("\ntext: the same")
        return
    click.echo("\ntext")
    for change in compared.text:
        if change.is_same:
            text = change.first
            if len(text) > 2 * _SAME_CHARACTERS:
                text = f"{text[:_SAME_CHARACTERS]} … {text[-_SAME_CHARACTERS:]}"
            click.echo(printable_lines(text), nl=False)
        else:
            for mark, text, color in (("-", change.first, "red"), ("+", change.second, "green")):
                if text:
                    click.secho(f"[{mark}{printable_lines(text)}{mark}]", fg=color, nl=False)
    click.echo()


def _print_rhythm(compared: Comparison) -> None:
    click.echo("\nrhythm")
    others = dict(compared.second.milestones.named())
    rows = []
    for name, t_s in compared.first.milestones.named()[1:]:
        other_s = others[name]
        if t_s is None and other_s is None:
            continue
        moved = "" if t_s is None or other_s is None else f"{other_s - t_s:+.3f}"
        rows.append((name, _seconds(t_s), _seconds(other_s), moved))
    for name, share in (("gap p50", 0.5), ("gap p90", 0.9), ("gap p99", 0.99), ("gap max", 1.0)):
        pair = [each.gaps.quantile(share) for each in (compared.first, compared.second)]
        if pair[0] is not None and pair[1] is not None:
            moved = f"{(pair[1] - pair[0]) * 1000:+.1f} ms"
            rows.append((name, duration(pair[0]), duration(pair[1]), moved))
    table(("", "-", "+", "moved"), rows, ("-", "+", "moved"))
    delta = compared.gaps_delta
    if delta is not None:
        word = word_of(delta)
        what = "equally long" if word == "negligible" else ("longer" if delta > 0 else "shorter")
        click.echo(f"gaps are {what}: {word} difference (Cliff's delta {delta:+.2f})")
    click.echo("one run each: compare two folders of runs to tell change from chance")


def _seconds(t_s: float | None) -> str:
    return "-" if t_s is None else f"{t_s:.3f}"


def _diff_runs(first: str, second: str, as_json: bool) -> None:
    problems: list[str] = []
    sets: list[list[Capture]] = []
    for path in (first, second):
        with progress(open_each((path,), problems), "reading") as each:
            sets.append(list(each))
    rows = compare_runs(sets[0], sets[1], problems)
    for problem in dict.fromkeys(problems):
        note(problem)
    if not all(sets):
        sys.exit(1)
    if as_json:
        json_line({"runs": [len(captures) for captures in sets], "figures": _figures(rows)})
    else:
        _print_runs(first, second, rows)
    if problems:
        sys.exit(1)


def _figures(rows: list[Row]) -> list[dict[str, Any]]:
    return [
        {
            "name": row.name,
            "unit": row.unit,
            "counts": list(row.counts),
            "medians": list(row.medians),
            "moved": row.shift.median,
            "low": row.shift.low,
            "high": row.shift.high,
            "delta": row.delta,
            "verdict": row.verdict,
        }
        for row in rows
    ]


def _print_runs(first: str, second: str, rows: list[Row]) -> None:
    click.echo(printable(f"--- {first}"))
    click.echo(printable(f"+++ {second}"))
    click.echo()
    shown = []
    for row in rows:
        bounds = ""
        if row.shift.low is not None and row.shift.high is not None:
            bounds = f"{row.shift.low:+.3f} to {row.shift.high:+.3f}"
        shown.append(
            (
                row.name,
                *(str(count) for count in row.counts),
                *(f"{value:.3f}" for value in row.medians),
                f"{row.shift.median:+.3f}",
                bounds,
                f"{row.delta:+.2f}",
                row.verdict,
            )
        )
    headings = (
        "seconds",
        "runs -",
        "runs +",
        "p50 -",
        "p50 +",
        "moved",
        "95 %",
        "delta",
        "verdict",
    )
    table(headings, shown, headings[1:8], gives_way=("runs -", "runs +", "delta", "95 %"))
    if any(row.shift.low is None for row in rows):
        note(f"to tell change from chance, compare {FEWEST} runs or more on each side")
