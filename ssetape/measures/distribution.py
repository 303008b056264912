"""Numbers and their quantiles, in bounded memory."""

import math
from bisect import bisect_left
from collections.abc import Iterable
from itertools import pairwise

from ssetape.measures.quantiles import between, place_of, quantile

# Up to this many numbers are kept, with exact quantiles. More are counted in buckets, each wider
# than the one below by this ratio: quantiles are then accurate to half of it.
EXACT_COUNT = 50_000
_RATIO = 1.01
_LOG_RATIO = math.log(_RATIO)
# Smaller numbers (in seconds: below a nanosecond) count as zero.
_SMALLEST = 1e-9
_NOTHING = -1


class Distribution:
    """Non-negative numbers.

    Attributes:
        count: how many there are.
        largest: the largest of them; 0.0 if there are none.
    """

    def __init__(self, numbers: Iterable[float] = ()) -> None:
        self.count = 0
        self.largest = 0.0
        self._held: list[float] = []
        self._is_sorted = True
        self._buckets: dict[int, int] = {}
        self.add_all(list(numbers))

    def add(self, number: float) -> None:
        self.count += 1
        if number > self.largest:
            self.largest = number
        self._held.append(number)
        self._is_sorted = False
        if len(self._held) > EXACT_COUNT:
            self._put_into_buckets()

    def add_all(self, numbers: list[float]) -> None:
        """Add several numbers, in less time than one by one."""
        if not numbers:
            return
        self.count += len(numbers)
        self.largest = max(self.largest, max(numbers))
        self._held += numbers
        self._is_sorted = False
        if len(self._held) > EXACT_COUNT:
            self._put_into_buckets()

    @property
    def is_exact(self) -> bool:
        """Whether quantiles are exact; if not, they are accurate to half a per cent."""
        return not self._buckets

    def quantile(self, share: float) -> float | None:
        """The quantile (see `ssetape.measures.quantiles`); None if there are no numbers."""
        if not self.count:
            return None
        if self.is_exact:
            return quantile(self._sorted(), share)
        self._put_into_buckets()
        below, part = place_of(share, self.count)
        low = self._at(below)
        return between(low, self._at(below + 1), part) if part else low

    def counts(self, bounds: list[float]) -> list[int]:
        """How many are below the first bound, from each bound to the next, and from the last on."""
        if self.is_exact:
            numbers = self._sorted()
            places = [0, *(bisect_left(numbers, bound) for bound in bounds), len(numbers)]
            return [above - below for below, above in pairwise(places)]
        self._put_into_buckets()
        found = [0] * (len(bounds) + 1)
        for bucket, count in self._buckets.items():
            middle = _middle(bucket)
            found[sum(bound <= middle for bound in bounds)] += count
        return found

    def _at(self, place: int) -> float:
        """The number at this index of all that are in buckets, about."""
        if place == self.count - 1:
            return self.largest
        seen = 0
        for bucket in sorted(self._buckets):
            seen += self._buckets[bucket]
            if seen > place:
                return min(_middle(bucket), self.largest)
        return self.largest

    def _sorted(self) -> list[float]:
        if not self._is_sorted:
            self._held.sort()
            self._is_sorted = True
        return self._held

    def _put_into_buckets(self) -> None:
        """Move the held numbers into buckets.

        Sorted, the numbers of a bucket are neighbours: sorting takes a fifth of the time of
        computing every logarithm.
        """
        numbers = self._sorted()
        place = 0
        while place < len(numbers):
            bucket = _bucket(numbers[place])
            # At least one belongs here, even if a rounding error says otherwise.
            beyond = max(place + 1, bisect_left(numbers, _start(bucket + 1), place))
            self._buckets[bucket] = self._buckets.get(bucket, 0) + beyond - place
            place = beyond
        self._held = []


def _bucket(number: float) -> int:
    if number < _SMALLEST:
        return _NOTHING
    return int(math.log(number / _SMALLEST) / _LOG_RATIO)


def _start(bucket: int) -> float:
    return _SMALLEST * math.exp(bucket * _LOG_RATIO)


def _middle(bucket: int) -> float:
    return 0.0 if bucket == _NOTHING else _start(bucket) * _RATIO**0.5
