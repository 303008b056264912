"""How much two samples differ, and with what confidence. Pure and deterministic.

Cliff's delta compares each number of one sample with each of the other: how much more often it is
above than below, from -1 to 1. The names of its sizes are from Romano et al., "Appropriate
statistics for ordinal level data" (2006).
"""

import random
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from ssetape.measures.quantiles import median, quantile

_WORDS = ((0.147, "negligible"), (0.33, "small"), (0.474, "medium"))
# Bootstrap resamples: enough to place the interval's ends to within a few per cent.
_RESAMPLES = 2000
_SEED = 20061025
# Resampling a smaller sample says nothing.
FEWEST = 5


class Shift(NamedTuple):
    """The difference between the medians of two samples, second minus first.

    Attributes:
        median: the difference.
        low, high: its 95 % confidence interval (percentile bootstrap); None if a sample is too
            small.
    """

    median: float
    low: float | None
    high: float | None

    @property
    def is_shown(self) -> bool:
        """Whether the difference is more than chance: the interval excludes 0."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def cliffs_delta(first: Sequence[float], second: Sequence[float]) -> float:
    """Cliff's delta of the second sample against the first: 1.0 if all of the second is above.

    0.0 if either is empty.
    """
    if not first or not second:
        return 0.0
    ordered = sorted(first)
    score = 0
    for number in second:
        score += bisect_left(ordered, number) - (len(ordered) - bisect_right(ordered, number))
    return score / (len(first) * len(second))


def word_of(delta: float) -> str:
    """The name of an effect of this size: negligible, small, medium or large."""
    return next((word for limit, word in _WORDS if abs(delta) < limit), "large")


def shift(first: Sequence[float], second: Sequence[float]) -> Shift:
    """The difference between the medians of two samples, neither of which may be empty."""
    difference = median(second) - median(first)
    if min(len(first), len(second)) < FEWEST:
        return Shift(difference, None, None)
    draw = random.Random(_SEED)
    found = sorted(
        median(draw.choices(second, k=len(second))) - median(draw.choices(first, k=len(first)))
        for _ in range(_RESAMPLES)
    )
    return Shift(difference, quantile(found, 0.025), quantile(found, 0.975))
