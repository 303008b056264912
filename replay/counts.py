"""Counts whose turn it is, and how often something was asked. Pure."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Protocol

# Keys that are remembered; the least recently used goes first.
_REMEMBERED = 10_000


class Counts(Protocol):
    """How often each key was counted."""

    def next(self, key: Hashable) -> int:
        """Count a key once more; return how often it was counted before."""
        ...


class OwnCounts:
    """The counts of one process."""

    def __init__(self) -> None:
        self._counts: OrderedDict[Hashable, int] = OrderedDict()

    def next(self, key: Hashable) -> int:
        """Count a key once more; return how often it was counted before."""
        count = self._counts.pop(key, 0)
        self._counts[key] = count + 1
        if len(self._counts) > _REMEMBERED:
            self._counts.popitem(last=False)
        return count


class PartOfCounts:
    """The counts of keys that belong to one thing, among those of other things."""

    def __init__(self, whole: Counts, part: Hashable) -> None:
        self._whole = whole
        self._part = part

    def next(self, key: Hashable) -> int:
        """Count a key once more; return how often it was counted before."""
        return self._whole.next((self._part, key))
