"""How much two samples differ, and how sure that is. Pure, and the same every time.

Cliff's delta: how much more often a number of the one is above one of the other than below it,
from -1 to 1. Its words are those of Romano et al., "Appropriate statistics for ordinal level data"
(2006).
"""

import random
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

_WORDS = ((0.147, "negligible"), (0.33, "small"), (0.474, "medium"))
# So many times samples are drawn anew: the interval's ends are then right to a few per cent.
_RESAMPLES = 2000
_SEED = 20061025
# Of fewer than that, resampling says nothing.
FEWEST = 5


class Shift(NamedTuple):
    """How far the medians of two samples are apart: the second's less the first's.

    Attributes:
        median: the difference.
        low, high: between them it is with 95 % confidence (percentile bootstrap), or None where
            there are too few numbers to say.
    """

    median: float
    low: float | None
    high: float | None

    @property
    def is_shown(self) -> bool:
        """Whether it is more than chance: the interval leaves out 0."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def cliffs_delta(first: Sequence[float], second: Sequence[float]) -> float:
    """Cliff's delta of the second against the first: 1.0 if all of it is above.

    0.0 if one of them is empty.
    """
    if not first or not second:
        return 0.0
    ordered = sorted(first)
    score = 0
    for number in second:
        score += bisect_left(ordered, number) - (len(ordered) - bisect_right(ordered, number))
    return score / (len(first) * len(second))


def word_of(delta: float) -> str:
    """What Cliff's delta is called: negligible, small, medium or large."""
    return next((word for limit, word in _WORDS if abs(delta) < limit), "large")


def shift(first: Sequence[float], second: Sequence[float]) -> Shift:
    """How far the second sample's median is from the first's. Both have at least one number."""
    difference = median(second) - median(first)
    if min(len(first), len(second)) < FEWEST:
        return Shift(difference, None, None)
    draw = random.Random(_SEED)
    found = sorted(
        median(draw.choices(second, k=len(second))) - median(draw.choices(first, k=len(first)))
        for _ in range(_RESAMPLES)
    )
    return Shift(difference, found[int(0.025 * _RESAMPLES)], found[int(0.975 * _RESAMPLES) - 1])
