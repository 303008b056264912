"""`ssetape stats`: measure captures."""

import sys
from collections.abc import Iterator
from typing import Any

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
from ssetape.meaning.tokens import CHARACTERS_A_TOKEN
from ssetape.measures.measure import measure, milestone_distributions
from ssetape.measures.measurement import Measurement
from ssetape.output.printable import printable
from ssetape.showing.columns import shortened
from ssetape.showing.plots import duration, histogram, sparkline

_SHARES = (("p50", 0.5), ("p90", 0.9), ("p99", 0.99))
_BAR_COLUMNS = 40
_HEADINGS = (
    *("head", "first byte", "first text", "last text", "end"),
    *("gap p50", "p99", "max", "events", "tokens/s", "file"),
)

# On a narrow terminal.
_GIVES_WAY = (
    *("first byte", "last text", "gap p50", "max", "head"),
    *("events", "p99", "tokens/s", "end"),
)


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
    yield encoded(fields(measured)), measured.problems


def fields(measured: Measurement) -> dict[str, Any]:
    """The JSON object for one capture, documented in `docs/json.md`."""
    milestones = {name.replace(" ", "_"): t_s for name, t_s in measured.milestones.named()}
    tokens = measured.tokens
    return {
        "path": measured.name,
        "protocol": measured.protocol,
        "model": measured.model,
        "milestones": milestones,
        "events": measured.events,
        "chunks": measured.chunks,
        "bytes": measured.size_bytes,
        "gaps": {**_quantiles(measured), "max": measured.gaps.largest or None},
        "stalls": [
            {"gap": s.gap_s, "t": s.t_s, "number": s.number, "event": s.event, "data": s.data}
            for s in measured.stalls
        ],
        "events_per_s": measured.events_per_s,
        "bytes_per_s": measured.bytes_per_s,
        "tokens": tokens.count if tokens else None,
        "tokens_reported": tokens.reported if tokens else None,
        "tokens_per_s": measured.tokens_per_s,
        "usage": measured.usage,
        "stop": measured.stop,
        "error": measured.error,
        "end": measured.end,
        "tools": [
            {"tool": f.tool, "name": f.name, "value": f.value_s, "source": f.source}
            for f in measured.figures
        ],
        "problems": measured.problems,
    }


def _quantiles(measured: Measurement) -> dict[str, float | None]:
    return {name: measured.gaps.quantile(share) for name, share in _SHARES}


def _print_one(measured: Measurement, tools: bool) -> None:
    about = (measured.name, measured.protocol or "unknown protocol", measured.model or "")
    click.echo(printable("  ".join(filter(None, about))))
    click.echo()
    _print_milestones(measured)
    click.echo()
    _print_gaps(measured)
    _print_rates(measured)
    if tools:
        click.echo()
        _print_tools(measured)


def _print_milestones(measured: Measurement) -> None:
    before_s = 0.0
    reached = [(name, t_s) for name, t_s in measured.milestones.named() if t_s is not None]
    # In the order of their times; equal times keep their order.
    for name, t_s in sorted(reached, key=lambda pair: pair[1]):
        words = ""
        if name == "end of meaning":
            words = measured.stop or ""
        elif name == "end of transport":
            words = measured.end or ""
        line = f"{name:<18}{t_s:>10.3f} {t_s - before_s:>+10.3f}  {printable(words)}"
        click.echo(line.rstrip())
        before_s = t_s
    if measured.milestones.end_s is None:
        click.echo(f"{'end of transport':<18}{'-':>10}             recording was interrupted")
    if measured.error is not None:
        click.echo(shortened(printable(f"error in the stream: {measured.error}"), terminal_width()))


def _print_gaps(measured: Measurement) -> None:
    gaps = measured.gaps
    if not gaps.count:
        return
    quantiles = [
        f"{name} {duration(t)}" for name, t in _quantiles(measured).items() if t is not None
    ]
    inexact = "" if gaps.is_exact else "  (to 0.5 %)"
    click.echo(f"gaps       {'   '.join(quantiles)}   max {duration(gaps.largest)}{inexact}")
    for label, count, drawn in histogram(gaps, _BAR_COLUMNS):
        click.echo(f"  {label:>10} {count:>9,} {drawn}")
    if measured.rhythm:
        click.echo(f"over time  {sparkline(measured.rhythm)}")
    for stall in measured.stalls:
        event = "" if stall.event in ("", "message") else f" {stall.event}"
        line = f"stall      {duration(stall.gap_s)} before #{stall.number}{event}"
        line += f" at {stall.t_s:.3f}: {stall.data}"
        click.echo(shortened(printable(line), terminal_width()))


def _print_rates(measured: Measurement) -> None:
    counts = (
        (1, "body") if measured.is_one_body else (measured.events, "event"),
        (measured.chunks, "chunk"),
        (measured.size_bytes, "byte"),
    )
    size = ", ".join(f"{count:,} {word}{'s' * (count != 1)}" for count, word in counts)
    rates = []
    if measured.events_per_s is not None:
        rates.append(f"{measured.events_per_s:,.1f} events/s")
    if measured.bytes_per_s is not None:
        rates.append(f"{measured.bytes_per_s:,.0f} bytes/s")
    click.echo(f"size       {size}")
    if rates:
        click.echo(f"rates      {', '.join(rates)}")
    tokens = measured.tokens
    if tokens is not None:
        known = "usage-reported"
        if not tokens.reported:
            known = f"estimated: {CHARACTERS_A_TOKEN} characters per token"
        rate = f", {measured.tokens_per_s:,.1f} tokens/s" if measured.tokens_per_s else ""
        click.echo(f"tokens     {tokens.count:,}{rate} ({known})")


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
    rows: list[tuple[str, ...]] = []
    for each in made:
        m, gaps = each.milestones, each.gaps
        times = (m.head_s, m.first_byte_s, m.first_text_s, m.last_text_s, m.end_s)
        shown = (gaps.quantile(0.5), gaps.quantile(0.99), gaps.largest if gaps.count else None)
        rows.append(
            (
                *("-" if t is None else f"{t:.3f}" for t in times),
                *("-" if t is None else duration(t) for t in shown),
                f"{each.events:,}",
                _rate_words(each),
                each.name,
            )
        )
    table(_HEADINGS, rows, _HEADINGS[:-1], gives_way=_GIVES_WAY, path="file")
    click.echo()
    click.echo(f"all {len(made):,}, in seconds")
    rows = []
    for name, times_s in milestone_distributions(made):
        found = (times_s.quantile(share) for share in (0.0, 0.5, 0.9, 0.99, 1.0))
        rows.append((name, f"{times_s.count:,}", *(f"{t or 0.0:.3f}" for t in found)))
    table(
        ("milestone", "captures", "min", "p50", "p90", "p99", "max"),
        rows,
        ("captures", "min", "p50", "p90", "p99", "max"),
    )
    if any(each.tokens and not each.tokens.reported for each in made):
        click.echo(f"~ estimated: {CHARACTERS_A_TOKEN} characters per token")


def _rate_words(each: Measurement) -> str:
    if each.tokens is None or each.tokens_per_s is None:
        return "-"
    return f"{'' if each.tokens.reported else '~'}{each.tokens_per_s:,.1f}"
