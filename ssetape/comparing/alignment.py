"""Aligns two sequences in bounded time. Pure and deterministic."""

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

# difflib looks at every pair of equal items, again for every stretch that differs: a thousand
# words repeated in two texts take minutes. Prose of 5,000 words has about so many pairs.
_PAIRS_LIMIT = 250_000


class Stretch(NamedTuple):
    """A stretch of both sequences, equal or not: from one index up to another in each."""

    is_equal: bool
    first: slice
    second: slice


def aligned(first: Sequence[Hashable], second: Sequence[Hashable]) -> Iterator[Stretch]:
    """Yield the stretches of two sequences, in order.

    If alignment would take too long, what is between the common start and end is one stretch.
    """
    start = _common(first, second)
    rest = min(len(first), len(second)) - start
    end = min(rest, _common(first[::-1], second[::-1]))
    one, other = first[start : len(first) - end], second[start : len(second) - end]
    if start:
        yield Stretch(True, slice(0, start), slice(0, start))
    yield from _middle(one, other, start)
    if end:
        first_end, second_end = len(first), len(second)
        yield Stretch(True, slice(first_end - end, first_end), slice(second_end - end, second_end))


def _middle(first: Sequence[Hashable], second: Sequence[Hashable], start: int) -> Iterator[Stretch]:
    """Yield the stretches of what is left, `start` items from the beginning of both."""
    counts = Counter(second)
    if sum(number * counts[item] for item, number in Counter(first).items()) > _PAIRS_LIMIT:
        yield Stretch(False, slice(start, start + len(first)), slice(start, start + len(second)))
        return
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        one, other = slice(start + a, start + b), slice(start + c, start + d)
        yield Stretch(tag == "equal", one, other)


def _common(first: Sequence[Hashable], second: Sequence[Hashable]) -> int:
    """How many items both begin with."""
    for number, (one, other) in enumerate(zip(first, second, strict=False)):
        if one != other:
            return number
    return min(len(first), len(second))
