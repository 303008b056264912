"""What a quantile is, for every figure that ssetape gives. Pure.

Between two numbers it is interpolated linearly (type 7 of Hyndman and Fan), as numpy, pandas,
DuckDB's `quantile_cont` and pytest-benchmark do, so that figures can be compared with theirs. And
a median of two numbers lies between them, wherever it is computed.
"""

from collections.abc import Iterable, Sequence


def quantile(ordered: Sequence[float], share: float) -> float:
    """The number that `share` (0 to 1) of the sorted numbers lie below; there is at least one."""
    below, part = place_of(share, len(ordered))
    return between(ordered[below], ordered[below + 1], part) if part else ordered[below]


def median(numbers: Iterable[float]) -> float:
    """The quantile at one half of numbers in any order, of which there is at least one."""
    return quantile(sorted(numbers), 0.5)


def place_of(share: float, count: int) -> tuple[int, float]:
    """Where the quantile lies in `count` sorted numbers: an index, and how far to the next one."""
    place = min(max(share, 0.0), 1.0) * (count - 1)
    below = int(place)
    return below, place - below


def between(low: float, high: float, part: float) -> float:
    """The number at this part of the way from one to the other."""
    return min(low + (high - low) * part, high)
