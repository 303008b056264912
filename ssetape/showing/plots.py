"""Small plots for a terminal: bars, sparklines, histograms. Pure."""

from bisect import bisect_right
from collections.abc import Sequence

from ssetape.measures.distribution import Distribution

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_HEIGHTS = "▁▂▃▄▅▆▇█"
# 1 ms, 2 ms, 5 ms, 10 ms, ... 5,000 s
_BOUNDS_S = [float(f"{digit}e{power}") for power in range(-3, 4) for digit in (1, 2, 5)]


def bar(share: float, width: int) -> str:
    """A bar of this share of `width` columns; a share above 0 is always visible."""
    eighths = round(max(0.0, min(1.0, share)) * width * 8)
    if share > 0:
        eighths = max(1, eighths)
    whole, rest = divmod(eighths, 8)
    return "█" * whole + (_EIGHTHS[rest] if rest else "")


def sparkline(values: Sequence[float | None]) -> str:
    """One character per value, as high as its share of the largest; a blank for None."""
    largest = max((value for value in values if value is not None), default=0.0)
    drawn = []
    for value in values:
        if value is None:
            drawn.append(" ")
        else:
            share = value / largest if largest else 0.0
            drawn.append(_HEIGHTS[min(len(_HEIGHTS) - 1, int(share * len(_HEIGHTS)))])
    return "".join(drawn)


def histogram(numbers: Distribution, width: int) -> list[tuple[str, int, str]]:
    """How many durations fall into each range: (range, count, bar), from the shortest on.

    Each range is about twice as wide as the one before, as gaps differ by orders of magnitude.
    """
    if not numbers.count:
        return []
    lowest = numbers.quantile(0.05) or 0.0
    first = max(bisect_right(_BOUNDS_S, lowest) - 1, 0)
    last = bisect_right(_BOUNDS_S, numbers.largest)
    bounds = _BOUNDS_S[first : last + 1]
    counts = numbers.counts(bounds)
    most = max(counts)
    labels = [f"< {duration(bounds[0])}"]
    labels += [f"{duration(bound)} +" for bound in bounds]
    rows = [(label, n, bar(n / most, width)) for label, n in zip(labels, counts, strict=True)]
    while rows and not rows[-1][1]:
        rows.pop()
    while rows and not rows[0][1]:
        rows.pop(0)
    return rows


def duration(seconds: float) -> str:
    """A duration with its unit, short."""
    if seconds < 0.0005:
        return f"{seconds * 1e6:.0f} us"
    if seconds < 0.9995:
        return f"{seconds * 1e3:.3g} ms"
    return f"{seconds:.4g} s"
