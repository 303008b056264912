"""The captures of one method and path, indexed by query and body. Pure.

Two look-ups find the right one of ten thousand captures of one chat.
"""

import ipaddress
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from ssetape.format.values import Request

from . import bodies
from .location import Location
from .rules import Match, MatchRules

# How near: by how much the query differs, whether the body, whether the host. Less is nearer.
Rank = tuple[int, bool, bool]


class Wanted:
    """A request to match; its body's digest is computed once per set of ignored fields."""

    def __init__(self, at: Location, body: bytes) -> None:
        self.at = at
        self.body = body
        self._keys: dict[tuple[bodies.Field, ...], bytes] = {}

    def key(self, ignored: tuple[bodies.Field, ...]) -> bytes:
        """The digest of its body."""
        if ignored not in self._keys:
            self._keys[ignored] = bodies.key(self.body, ignored)
        return self._keys[ignored]


@dataclass(slots=True)
class _SameQuery:
    """The captures with one query: by body, those with masked bodies, and all."""

    request: Request
    at: Location
    by_body: dict[bytes, list[int]] = field(default_factory=dict)
    masked: list[int] = field(default_factory=list)
    indices: list[int] = field(default_factory=list)


class Candidates:
    """The captures of one method, path, and set of rules.

    Attributes:
        indices: all of them, in recorded order.
    """

    def __init__(
        self, rules: MatchRules, requests: Sequence[Request], locations: Sequence[Location]
    ) -> None:
        self._rules = rules
        self._requests = requests
        self._locations = locations
        self.indices: list[int] = []
        self._by_query: dict[object, _SameQuery] = {}
        self._sorted = 0

    def add(self, index: int) -> None:
        """Add a capture. Its body is indexed on the next `best`."""
        self.indices.append(index)

    def _sort(self) -> None:
        for index in self.indices[self._sorted :]:
            request, at = self._requests[index], self._locations[index]
            key = tuple(sorted(at.query)), request.masked_query
            if key not in self._by_query:
                self._by_query[key] = _SameQuery(request, at)
            same = self._by_query[key]
            same.indices.append(index)
            if request.masked_body:
                same.masked.append(index)
            else:
                body = bodies.key(request.body or b"", self._rules.ignored_fields)
                same.by_body.setdefault(body, []).append(index)
        self._sorted = len(self.indices)

    def best(self, wanted: Wanted) -> tuple[Rank, list[int]] | None:
        """Return the nearest captures, all equally near; None if no capture is near enough."""
        self._sort()
        rules = self._rules
        if rules.match is Match.PATH:
            return (0, True, False), self.indices
        distances = [
            (query_distance(same.at, wanted.at, same.request, rules), same)
            for same in self._by_query.values()
        ]
        least = min(distance for distance, _ in distances)
        nearest = [same for distance, same in distances if distance == least]
        if least and rules.match is not Match.NEAREST:
            return None
        found = [index for same in nearest for index in self._with_body(same, wanted)]
        body_differs = not found
        if body_differs:
            if rules.match is not Match.NEAREST:
                return None
            found = [index for same in nearest for index in same.indices]
        if rules.match is Match.EXACT:
            found = [index for index in found if self._is_exact(index, wanted)]
            if not found:
                return None
        here = [index for index in found if self._locations[index].host == wanted.at.host]
        return (least, body_differs, not here), sorted(here or found)

    def _with_body(self, same: _SameQuery, wanted: Wanted) -> list[int]:
        ignored = self._rules.ignored_fields
        alike = [
            index
            for index in same.masked
            if bodies.is_alike(
                self._requests[index].body or b"",
                self._requests[index].masked_body,
                wanted.body,
                ignored,
            )
        ]
        return same.by_body.get(wanted.key(ignored), []) + alike

    def _is_exact(self, index: int, wanted: Wanted) -> bool:
        return is_exact(self._requests[index], self._locations[index], wanted.at, wanted.body)


def query_distance(known: Location, at: Location, request: Request, rules: MatchRules) -> int:
    """In how many parameters two queries differ; masked and ignored ones do not count."""
    if known.query == at.query:
        return 0
    ignored = rules.ignored_query.union(request.masked_query)
    rest = Counter(pair for pair in known.query if pair[0] not in ignored)
    rest.subtract(pair for pair in at.query if pair[0] not in ignored)
    return sum(abs(times) for times in rest.values())


def is_exact(request: Request, known: Location, at: Location, body: bytes) -> bool:
    """Whether host, query and body equal the captured ones; only masked parts are ignored.

    An IP address or localhost as the host is the replay server itself, and is ignored.
    """
    if not _says_nothing(at.host) and at.host != known.host:
        return False
    if query_distance(known, at, request, MatchRules()):
        return False
    return bodies.is_the_same(request.body or b"", request.masked_body, body)


@lru_cache(maxsize=256)
def _says_nothing(host: str) -> bool:
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    if name in ("", "localhost"):
        return True
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
