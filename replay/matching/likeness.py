"""Finds the most similar of thousands of requests, by their features. Pure.

How similar two requests are, from 0 to 1: twice the weight of the features that they share, by
the weight of all features of both (the Sorensen-Dice coefficient).

Each captured request has a bit in integers of any size, so one addition of such integers adds to
the sums of all captures at once. A sum is spread over integers, the planes: one per binary digit.
"""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from .features import Features

# A feature of more captures than this is kept as bits, too.
_FEW = 32
_ONE = ord("1")
# How similar they are is computed for so many with the greatest sums, or for as many as asked for.
_LOOKED_AT = 8
# Into so many steps the similarities from 0 to 1 are divided while the best is looked for; the
# shift makes the weight of two features that are shared as large as so many steps.
_STEPS = 64
_SHIFT = 7

Planes = list[int]


class Likeness:
    """The features of captured requests, by their position."""

    def __init__(self) -> None:
        self._holders: dict[int, list[int]] = {}
        self._bits: dict[int, int] = {}
        self._totals: list[int] = []
        self._spare: Planes = []
        self._is_ready = False

    def add(self, features: Features) -> None:
        """Add the next request."""
        position = len(self._totals)
        for feature in features:
            self._holders.setdefault(feature, []).append(position)
        self._totals.append(_total(features))
        self._is_ready = False

    def _make_ready(self) -> None:
        """Make the bits of common features, and how much less each weighs than the heaviest."""
        count = len(self._totals)
        self._bits = {
            feature: _bits(holders, count)
            for feature, holders in self._holders.items()
            if _FEW < len(holders) < count
        }
        heaviest = max(self._totals)
        spare = [heaviest - total for total in self._totals]
        self._spare = [
            _bits([at for at, each in enumerate(spare) if each >> place & 1], count)
            for place in range(heaviest.bit_length())
        ]
        self._is_ready = True

    def nearest(self, features: Features, count: int) -> list[tuple[float, int]]:
        """The most similar requests, as (similarity, position), of equal ones the earlier first."""
        if not self._totals:
            return []
        if not self._is_ready:
            self._make_ready()
        shared, of_all = self._shared(features)
        total = _total(features)

        def similarity(position: int) -> float:
            both = of_all + sum((plane >> position & 1) << n for n, plane in enumerate(shared))
            return 2 * both / ((total + self._totals[position]) or 1)

        # What is greatest is not what they share, but that in proportion to their sizes. By how
        # much a size counts against it depends on how similar the best one is: each round knows
        # it better (Dinkelbach's method).
        found: dict[int, float] = {}
        tried: set[int] = set()
        step = 0
        while step not in tried:
            tried.add(step)
            planes = _sum(_times(self._spare, step), [0] * _SHIFT + shared)
            for position in _greatest(planes, len(self._totals), max(count, _LOOKED_AT)):
                found[position] = similarity(position)
            step = int(_STEPS * max(found.values()))
        ranked = sorted(found, key=lambda position: (-found[position], position))
        return [(found[position], position) for position in ranked[:count]]

    def _shared(self, features: Features) -> tuple[Planes, int]:
        """The weights that each shares with the features, and what all share besides."""
        planes: Planes = []
        of_all = 0
        for feature, weight in features.items():
            holders = self._holders.get(feature)
            if holders is None:
                continue
            if len(holders) == len(self._totals):
                of_all += 1 << weight
                continue
            carry = self._bits.get(feature) or sum(1 << position for position in holders)
            place = weight
            while carry:
                while place >= len(planes):
                    planes.append(0)
                planes[place], carry = planes[place] ^ carry, planes[place] & carry
                place += 1
        return planes, of_all


def similarity(one: Features, other: Features) -> float:
    """How similar two requests are, from 0 to 1."""
    both = sum(1 << weight for feature, weight in one.items() if feature in other)
    total = _total(one) + _total(other)
    return 2 * both / total if total else 1.0


def _total(features: Features) -> int:
    return sum(1 << weight for weight in features.values())


def _bits(positions: Sequence[int], count: int) -> int:
    digits = bytearray(b"0") * (count + 1)
    for position in positions:
        digits[-1 - position] = _ONE
    return int(digits, 2)


def _sum(one: Planes, other: Planes) -> Planes:
    planes = []
    carry = 0
    for a, b in zip_longest(one, other, fillvalue=0):
        planes.append(a ^ b ^ carry)
        carry = a & b | carry & (a ^ b)
    return [*planes, carry]


def _times(planes: Planes, factor: int) -> Planes:
    found: Planes = []
    for place in range(factor.bit_length()):
        if factor >> place & 1:
            found = _sum(found, [0] * place + planes)
    return found


def _greatest(planes: Planes, size: int, count: int) -> Iterator[int]:
    """Yield the positions with the greatest sums, of equal ones the earlier first."""
    everyone = (1 << size) - 1
    while everyone and count:
        best = everyone
        for plane in reversed(planes):
            best = best & plane or best
        everyone &= ~best
        while best and count:
            lowest = best & -best
            yield lowest.bit_length() - 1
            best ^= lowest
            count -= 1
