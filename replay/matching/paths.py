"""Which of many paths come nearest to one. Pure."""

from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import cached_property

# Paths that are looked at for the parts they share, and then letter by letter.
_LOOKED_AT = 512
_LETTER_BY_LETTER = 32


class Paths:
    """Paths, found by their parts; what that takes is made when somebody first asks."""

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
        """Give those that come near, the nearest first."""
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
    """How many parts two paths begin and end with together."""
    parts, others = path.split("/"), other.split("/")
    count = 0
    for one, two in ((parts, others), (parts[::-1], others[::-1])):
        for a, b in zip(one, two, strict=False):
            if a != b:
                break
            count += 1
    return count
