"""Finds where two JSON values differ, by path. Pure."""

from collections.abc import Iterator
from typing import Any, NamedTuple

_LIMIT_DEPTH = 200


class Difference(NamedTuple):
    """One difference: where it is, and the value on each side (None if absent)."""

    place: str
    first: Any
    second: Any


def differences(first: Any, second: Any, place: str, depth: int = 0) -> Iterator[Difference]:
    """Yield the places where two values differ, in the order of the first."""
    if depth < _LIMIT_DEPTH and type(first) is dict and type(second) is dict:
        for name in dict.fromkeys([*first, *second]):
            there = f"{place}.{name}"
            if name not in first or name not in second:
                yield Difference(there, first.get(name), second.get(name))
            else:
                yield from differences(first[name], second[name], there, depth + 1)
    elif depth < _LIMIT_DEPTH and type(first) is list and type(second) is list:
        for number, (one, other) in enumerate(zip(first, second, strict=False)):
            yield from differences(one, other, f"{place}[{number}]", depth + 1)
        for number in range(min(len(first), len(second)), max(len(first), len(second))):
            one = first[number] if number < len(first) else None
            other = second[number] if number < len(second) else None
            yield Difference(f"{place}[{number}]", one, other)
    elif type(first) is not type(second) or first != second:
        yield Difference(place, first, second)
