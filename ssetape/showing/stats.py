"""What `ssetape stats` says of measurements: of one as lines, of several as two tables. Pure."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from ssetape.meaning.tokens import CHARACTERS_A_TOKEN
from ssetape.measures.measure import milestone_distributions
from ssetape.measures.measurement import Measurement
from ssetape.output.printable import printable
from ssetape.showing.ends import altered
from ssetape.showing.plots import duration, histogram, sparkline

_SHARES = (("p50", 0.5), ("p90", 0.9), ("p99", 0.99))
_BAR_COLUMNS = 40
# What stands before a bar.
_LABEL_COLUMNS = 23
_HEADINGS = (
    *("head", "first byte", "first text", "last text", "end"),
    *("gap p50", "p99", "max", "events", "tokens/s", "file"),
)
_HEADINGS_OF_ALL = ("milestone", "captures", "min", "p50", "p90", "p99", "max")
# On a narrow terminal, of the first table.
GIVES_WAY = (
    *("first byte", "last text", "gap p50", "max", "head"),
    *("events", "p99", "tokens/s", "end"),
)
INTERRUPTED = "recording was interrupted"


class Table(NamedTuple):
    """A table.

    Attributes:
        headings: of its columns.
        rows: its cells.
        numbers: the headings of columns that align right.
    """

    headings: Sequence[str]
    rows: list[tuple[str, ...]]
    numbers: Sequence[str]


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
        "altered": measured.ended is not None and measured.ended.altered,
        "faults": list(measured.ended.faults) if measured.ended is not None else [],
        "tools": [
            {"tool": f.tool, "name": f.name, "value": f.value_s, "source": f.source}
            for f in measured.figures
        ],
        "problems": measured.problems,
    }


def lines(
    measured: Measurement,
    shortened: Callable[[str], str] = lambda line: line,
    without_end: str = INTERRUPTED,
    width: int | None = None,
) -> Iterator[str]:
    """Yield the lines about one capture; no terminal obeys them.

    Args:
        shortened: cuts a line that quotes what a server sent, and may be long.
        without_end: what to say if the transport has not ended.
        width: of a window that is too narrow for bars of the usual length.
    """
    about = (measured.name, measured.protocol or "unknown protocol", measured.model or "")
    yield printable("  ".join(filter(None, about)))
    yield ""
    yield from _milestones(measured, shortened, without_end)
    yield ""
    bar_columns = _BAR_COLUMNS if width is None else min(_BAR_COLUMNS, width - _LABEL_COLUMNS)
    yield from _gaps(measured, shortened, bar_columns)
    yield from _rates(measured)


def _milestones(
    measured: Measurement, shortened: Callable[[str], str], without_end: str
) -> Iterator[str]:
    before_s = 0.0
    reached = [(name, t_s) for name, t_s in measured.milestones.named() if t_s is not None]
    # In the order of their times; equal times keep their order.
    for name, t_s in sorted(reached, key=lambda pair: pair[1]):
        words = ""
        if name == "end of meaning":
            words = measured.stop or ""
        elif name == "end of transport":
            words = measured.end or ""
        yield f"{name:<18}{t_s:>10.3f} {t_s - before_s:>+10.3f}  {printable(words)}".rstrip()
        before_s = t_s
    if measured.milestones.end_s is None:
        yield f"{'end of transport':<18}{'-':>10}             {without_end}"
    if measured.ended is not None and (got := altered(measured.ended)):
        yield shortened(printable(got))
    if measured.error is not None:
        yield shortened(printable(f"error in the stream: {measured.error}"))


def _gaps(
    measured: Measurement, shortened: Callable[[str], str], bar_columns: int
) -> Iterator[str]:
    gaps = measured.gaps
    if not gaps.count:
        return
    quantiles = [
        f"{name} {duration(t)}" for name, t in _quantiles(measured).items() if t is not None
    ]
    inexact = "" if gaps.is_exact else "  (to 0.5 %)"
    yield f"gaps       {'   '.join(quantiles)}   max {duration(gaps.largest)}{inexact}"
    for label, count, drawn in histogram(gaps, bar_columns):
        yield f"  {label:>10} {count:>9,} {drawn}"
    if measured.rhythm:
        yield f"over time  {sparkline(measured.rhythm)}"
    for stall in measured.stalls:
        event = "" if stall.event in ("", "message") else f" {stall.event}"
        line = f"stall      {duration(stall.gap_s)} before #{stall.number}{event}"
        line += f" at {stall.t_s:.3f}: {stall.data}"
        yield shortened(printable(line))


def _quantiles(measured: Measurement) -> dict[str, float | None]:
    return {name: measured.gaps.quantile(share) for name, share in _SHARES}


def _rates(measured: Measurement) -> Iterator[str]:
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
    yield f"size       {size}"
    if rates:
        yield f"rates      {', '.join(rates)}"
    tokens = measured.tokens
    if tokens is not None:
        known = "usage-reported"
        if not tokens.reported:
            known = f"estimated: {CHARACTERS_A_TOKEN} characters per token"
        rate = f", {measured.tokens_per_s:,.1f} tokens/s" if measured.tokens_per_s else ""
        yield f"tokens     {tokens.count:,}{rate} ({known})"


def of_each(made: list[Measurement]) -> Table:
    """The table of several captures, a row each."""
    rows: list[tuple[str, ...]] = []
    for measured in made:
        m, gaps = measured.milestones, measured.gaps
        times = (m.head_s, m.first_byte_s, m.first_text_s, m.last_text_s, m.end_s)
        shown = (gaps.quantile(0.5), gaps.quantile(0.99), gaps.largest if gaps.count else None)
        rows.append(
            (
                *("-" if t is None else f"{t:.3f}" for t in times),
                *("-" if t is None else duration(t) for t in shown),
                f"{measured.events:,}",
                _rate_words(measured),
                measured.name,
            )
        )
    return Table(_HEADINGS, rows, _HEADINGS[:-1])


def of_all(made: list[Measurement]) -> Table:
    """The table of when they reached their milestones, a row each."""
    rows = []
    for name, times_s in milestone_distributions(made):
        found = (times_s.quantile(share) for share in (0.0, 0.5, 0.9, 0.99, 1.0))
        rows.append((name, f"{times_s.count:,}", *(f"{t or 0.0:.3f}" for t in found)))
    return Table(_HEADINGS_OF_ALL, rows, _HEADINGS_OF_ALL[1:])


def heading_of_all(made: list[Measurement]) -> str:
    """The line above the second table."""
    return f"all {len(made):,}, in seconds"


def remark_on_all(made: list[Measurement]) -> str | None:
    """The line below both tables, if one is needed."""
    if any(measured.tokens and not measured.tokens.reported for measured in made):
        return f"~ estimated: {CHARACTERS_A_TOKEN} characters per token"
    return None


def _rate_words(measured: Measurement) -> str:
    if measured.tokens is None or measured.tokens_per_s is None:
        return "-"
    return f"{'' if measured.tokens.reported else '~'}{measured.tokens_per_s:,.1f}"
