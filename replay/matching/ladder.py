"""Finds the capture that answers a request. Pure.

The ladder: a request matches a captured one exactly; or without ignored parts; or in method and
path only. A capture's rules say which rung it needs. With NEAREST, the query decides first, then
the body, then the host. Repeated requests get equally near captures in recorded order, and start
over after the last; each client session has its own turns.
"""

import heapq
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urlencode

from ssetape.format.values import Request

from ..exchange import ClientRequest
from . import bodies
from .candidates import Candidates, Wanted, is_exact, query_distance
from .location import Location, located
from .paths import Paths
from .rules import Match, MatchRules

# The captures that a miss names, and the differences of a body that it lists.
_NEAREST = 3
_DIFFERENCES = 3
# Turns that are remembered; the least recently used goes first.
_TURNS = 10_000


@dataclass(frozen=True, slots=True)
class Near:
    """A capture (by its number) compared with a request.

    Attributes:
        differs: a message for each difference.
        reaches: the highest rung on which they match; None if they match on none, or were not
            compared.
    """

    index: int
    differs: tuple[str, ...]
    reaches: Match | None = None


class Matcher:
    """Chooses captures for requests.

    Args:
        requests: the captured requests, in recorded order. A capture's number is its position.
        rules: the rules of each capture, or one for all.
    """

    def __init__(
        self, requests: Sequence[Request], rules: Sequence[MatchRules] | MatchRules | None = None
    ) -> None:
        if rules is None or isinstance(rules, MatchRules):
            rules = [rules or MatchRules()] * len(requests)
        self._requests = requests
        self._rules = rules
        self._at = [located(request.url) for request in requests]
        self._in_sequence = bool(rules) and rules[0].match is Match.SEQUENCE
        # By method and path, then by rules, of which there is seldom more than one set.
        self._by_path: dict[tuple[str, str], dict[MatchRules, Candidates]] = {}
        # Captures with a masked path, by method and number of parts.
        self._by_shape: dict[tuple[str, int], list[int]] = {}
        self._at_path: dict[str, list[int]] = {}
        for index, request in enumerate(requests):
            at = self._at[index]
            if request.masked_path:
                shape = request.method, at.path.count("/")
                self._by_shape.setdefault(shape, []).append(index)
            groups = self._by_path.setdefault((request.method, at.path), {})
            if rules[index] not in groups:
                groups[rules[index]] = Candidates(rules[index], requests, self._at)
            groups[rules[index]].add(index)
            self._at_path.setdefault(at.path, []).append(index)
        self._paths = Paths(self._at_path)
        self._turns: OrderedDict[Hashable, int] = OrderedDict()

    def choose(self, asked: ClientRequest) -> Near | None:
        """Return the capture that answers; None for a miss. Counts as one request served."""
        nearest, is_the_same = self._find(asked)
        if not nearest:
            return None
        index = self._turn(asked.session, nearest)
        return Near(index, ()) if is_the_same else self.compare(index, asked)

    def find(self, asked: ClientRequest) -> Sequence[int]:
        """All captures that answer equally well, in recorded order; not counted as served."""
        return self._find(asked)[0]

    def _find(self, asked: ClientRequest) -> tuple[Sequence[int], bool]:
        """The same, and whether they match in method, query and body."""
        if self._in_sequence:
            return range(len(self._requests)), False
        at = located(asked.url)
        for method in (asked.method, "GET") if asked.method == "HEAD" else (asked.method,):
            wanted = Wanted(at, asked.body)
            found = [
                best
                for groups in self._groups(method, at.path)
                for group in groups.values()
                if (best := group.best(wanted)) is not None
            ]
            if found:
                least = min(rank for rank, _ in found)
                is_the_same = not least[0] and not least[1] and method == asked.method
                if len(found) == 1:
                    return found[0][1], is_the_same
                every = sorted(i for rank, indices in found if rank == least for i in indices)
                return every, is_the_same
        return (), False

    def _groups(self, method: str, path: str) -> list[dict[MatchRules, Candidates]]:
        """The captures at a path, including those whose masked path matches it."""
        keys = {(method, path)} & self._by_path.keys()
        for index in self._by_shape.get((method, path.count("/")), ()):
            if _is_path(self._at[index].path, path):
                keys.add((method, self._at[index].path))
        return [self._by_path[key] for key in keys]

    def _turn(self, session: str, nearest: Sequence[int]) -> int:
        key = session, nearest[0], nearest[-1], len(nearest)
        turn = self._turns.pop(key, 0)
        self._turns[key] = turn + 1
        if len(self._turns) > _TURNS:
            self._turns.popitem(last=False)
        return nearest[turn % len(nearest)]

    def nearest(self, asked: ClientRequest, count: int = _NEAREST) -> list[Near]:
        """The nearest captures, the nearest first; not counted as served."""
        at = located(asked.url)
        paths = self._paths.near(at.path)
        places = {path: place for place, path in enumerate(paths)}
        indices = {i for path in paths[: count + 1] for i in self._at_path[path]}
        indices.update(
            i
            for groups in self._groups(asked.method, at.path)
            for group in groups.values()
            for i in group.indices
        )

        def rank(index: int) -> tuple[int, bool, int]:
            known = self._at[index]
            place = -1 if self._is_at(index, at) else places.get(known.path, len(places))
            distance = query_distance(known, at, self._requests[index], self._rules[index])
            return place, self._requests[index].method != asked.method, distance

        ranked = heapq.nsmallest(count * 4, sorted(indices), key=rank)
        nears = [self.compare(index, asked) for index in ranked]
        nears.sort(key=lambda near: (*rank(near.index), len(near.differs)))
        return nears[:count]

    def _is_at(self, index: int, at: Location) -> bool:
        known = self._at[index].path
        return known == at.path or (self._requests[index].masked_path and _is_path(known, at.path))

    def compare(self, index: int, asked: ClientRequest) -> Near:
        """Compare one capture with a request."""
        at = located(asked.url)
        known, request, rules = self._at[index], self._requests[index], self._rules[index]
        differs = []
        is_answer = asked.method == request.method or (asked.method, request.method) == (
            "HEAD",
            "GET",
        )
        if asked.method != request.method:
            differs.append(f"method: asked {asked.method}, captured {request.method}")
        if not self._is_at(index, at):
            is_answer = False
            differs.append(f"path: asked {at.path}, captured {known.path}")
        is_normal = True
        if query_distance(known, at, request, rules):
            is_normal = False
            wanted, captured = (
                urlencode(query, errors="surrogateescape") for query in (at.query, known.query)
            )
            differs.append(f"query: asked {wanted!r}, captured {captured!r}")
        body, masked = request.body or b"", request.masked_body
        unlike = bodies.differences(body, masked, asked.body, rules.ignored_fields)
        listed = list(islice(unlike, _DIFFERENCES + 1))
        if listed:
            is_normal = False
            differs += listed[:_DIFFERENCES]
            if len(listed) > _DIFFERENCES:
                differs.append("body: and more")
        reaches = None
        if is_answer:
            reaches = Match.NORMALISED if is_normal else Match.PATH
            if is_normal and is_exact(request, known, at, asked.body):
                reaches = Match.EXACT
        return Near(index, tuple(differs), reaches)


def _is_path(known: str, asked: str) -> bool:
    """Whether a path equals a captured one, except its masked parts."""
    return all(
        a == b or secret_in(a) for a, b in zip(known.split("/"), asked.split("/"), strict=True)
    )


def secret_in(part: str) -> bool:
    """Whether a part of a masked path contains a mask."""
    return "masked-" in part or "MASKED" in part or (bool(part) and not part.strip("*"))
