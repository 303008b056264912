"""Numbers and their quantiles, in memory that does not grow with how many there are."""

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

# So many are kept as they are, and their quantiles are exact. Beyond that they are counted in
# buckets, each wider by this ratio than the one below: quantiles are then right to half of it.
EXACT_COUNT = 50_000
_RATIO = 1.01
# What is smaller than that (in seconds: a nanosecond) counts as nothing.
_SMALLEST = 1e-9
_NOTHING = -1
_PER_SMALLEST = (1 / _SMALLEST).__mul__
_PER_BUCKET = (1 / math.log(_RATIO)).__mul__


class Distribution:
    """Numbers that are not negative.

    Attributes:
        count: how many.
        total: their sum.
        largest: the largest of them; 0.0 if there are none.
    """

    def __init__(self, numbers: Iterable[float] = ()) -> None:
        self.count = 0
        self.total = 0.0
        self.largest = 0.0
        self._kept: list[float] | None = []
        self._is_sorted = True
        self._buckets: Counter[int] = Counter()
        for number in numbers:
            self.add(number)

    def add(self, number: float) -> None:
        self.count += 1
        self.total += number
        if number > self.largest:
            self.largest = number
        if self._kept is None:
            self._count(number)
            return
        self._kept.append(number)
        self._is_sorted = False
        if self.count > EXACT_COUNT:
            for each in self._kept:
                self._count(each)
            self._kept = None

    def add_all(self, numbers: list[float]) -> None:
        """Add numbers, of many in less time than one by one."""
        if self._kept is not None or not numbers:
            for number in numbers:
                self.add(number)
            return
        self.count += len(numbers)
        self.total += sum(numbers)
        self.largest = max(self.largest, max(numbers))
        if min(numbers) < _SMALLEST:
            something = [number for number in numbers if number >= _SMALLEST]
            self._buckets[_NOTHING] += len(numbers) - len(something)
            numbers = something
        # Without a step of Python for each of them.
        scaled = map(math.log, map(_PER_SMALLEST, numbers))
        self._buckets.update(map(int, map(_PER_BUCKET, scaled)))

    @property
    def is_exact(self) -> bool:
        """Whether quantiles are exact; else they are right to half a per cent."""
        return self._kept is not None

    def quantile(self, share: float) -> float | None:
        """The least of the numbers that at least this share of all do not exceed.

        That is, one of the numbers and none between two; None if there are none.
        """
        if not self.count:
            return None
        rank = max(1, math.ceil(share * self.count))
        if self._kept is not None:
            return self._sorted()[rank - 1]
        if rank == self.count:
            return self.largest
        seen = 0
        for bucket in sorted(self._buckets):
            seen += self._buckets[bucket]
            if seen >= rank:
                return _middle(bucket)
        return self.largest

    def counts(self, bounds: list[float]) -> list[int]:
        """How many are below the first bound, from each bound to the next, and from the last."""
        found = [0] * (len(bounds) + 1)
        if self._kept is not None:
            numbers = self._sorted()
            places = [0, *(bisect_left(numbers, bound) for bound in bounds), len(numbers)]
            return [above - below for below, above in pairwise(places)]
        for bucket, count in self._buckets.items():
            middle = _middle(bucket)
            found[sum(bound <= middle for bound in bounds)] += count
        return found

    def _sorted(self) -> list[float]:
        assert self._kept is not None
        if not self._is_sorted:
            self._kept.sort()
            self._is_sorted = True
        return self._kept

    def _count(self, number: float) -> None:
        bucket = _NOTHING
        if number >= _SMALLEST:
            bucket = int(_PER_BUCKET(math.log(_PER_SMALLEST(number))))
        self._buckets[bucket] += 1


def _middle(bucket: int) -> float:
    return 0.0 if bucket == _NOTHING else _SMALLEST * _RATIO ** (bucket + 0.5)
