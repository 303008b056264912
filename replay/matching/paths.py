"""Finds the paths that are most similar to a path. Pure."""

from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import cached_property

# Paths that are compared by their parts, and of these by their letters.
_LOOKED_AT = 512
_LETTER_BY_LETTER = 32


class Paths:
    """Paths, indexed by their parts on first use."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = dict.fromkeys(paths)

    @cached_property
    def _by_part(self) -> dict[str, list[str]]:
        by_part: dict[str, list[str]] = {}
        for path in self._paths:
            for part in set(path.split("/")):
                by_part.setdefault(part, []).append(path)
        return by_part

    def near(self, path: str) -> list[str]:
        """Return similar paths, the most similar first."""
        parts = sorted({*path.split("/")}, key=lambda part: len(self._by_part.get(part, ())))
        found: dict[str, None] = {}
        for listed in [*(self._by_part.get(part, ()) for part in parts), self._paths]:
            for each in listed:
                if len(found) == _LOOKED_AT:
                    break
                found[each] = None
        likely = sorted(found, key=lambda each: -_shared(each, path))[:_LETTER_BY_LETTER]
        return sorted(likely, key=lambda each: -SequenceMatcher(None, each, path).ratio())


def _shared(path: str, other: str) -> int:
    """How many parts two paths share at their start and at their end."""
    parts, others = path.split("/"), other.split("/")
    count = 0
    for one, two in ((parts, others), (parts[::-1], others[::-1])):
        for a, b in zip(one, two, strict=False):
            if a != b:
                break
            count += 1
    return count
