"""The captures of one method and path, indexed by what has to be equal, and by likeness. Pure.

Two look-ups find the right one of ten thousand captures of one chat; a third the most similar.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ssetape.format.values import Request
from ssetape.requests.location import Location

from . import bodies
from .described import described
from .likeness import Likeness
from .parts import header_value, is_exact, last_event_id, query_distance, unlike_headers
from .rules import Match, MatchRules
from .wanted import Wanted

# How near: 0 if equal, 1 if only the path counts, 2 if similar. Then whether the host differs, or
# how unlike it is. Less is nearer.
Rank = tuple[int, float]

# Captures with masked bodies have no key: so many, the most similar ones, are compared one by one.
_COMPARED = 32


@dataclass(frozen=True, slots=True)
class _Hidden:
    """What was masked in some captures, and so cannot be compared: names."""

    query: frozenset[str]
    headers: frozenset[str]


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
        self._equal: dict[_Hidden, dict[object, list[int]]] = {}
        self._with_masked_body: list[int] = []
        self._event_ids: dict[int, str] = {}  # of those recorded with a Last-Event-ID
        self._keyed = 0
        self._likeness = Likeness()
        self._described = 0

    def add(self, index: int) -> None:
        """Add a capture. Its body is read on the next search."""
        self.indices.append(index)
        if event_id := last_event_id(self._requests[index].headers):
            self._event_ids[index] = event_id

    def best(self, wanted: Wanted) -> tuple[Rank, list[int]] | None:
        """Return the nearest captures; several if they are equal; None if none is near enough."""
        rules = self._rules
        if rules.match is Match.PATH:
            found = self.indices
            if rules.matched_headers:
                found = [index for index in found if self._has_headers(index, wanted)]
            return ((1, 0.0), self._continuing(found, wanted)) if found else None
        found = self.equal(wanted)
        if found:
            found = self._continuing(found, wanted)
            here = [index for index in found if self._locations[index].host == wanted.at.host]
            return (0, float(not here)), here or found
        if rules.match is not Match.NEAREST:
            return None
        likeness, index = self.similar(wanted, 1)[0]
        return (2, -likeness), [index]

    def equal(self, wanted: Wanted) -> list[int]:
        """The captures that equal a request, whichever event it continues after."""
        self._make_keys()
        found = [
            index
            for hidden, by_key in self._equal.items()
            for index in by_key.get(self._key(wanted, hidden), ())
        ]
        found += self._equal_with_masked_body(wanted)
        if self._rules.match is Match.EXACT:
            found = [index for index in found if self._is_exact(index, wanted)]
        return sorted(found)

    def similar(self, wanted: Wanted, count: int) -> list[tuple[float, int]]:
        """The most similar captures, the most similar first, with how similar each is."""
        for index in self.indices[self._described :]:
            request, at = self._requests[index], self._locations[index]
            content = bodies.captured_content(request)
            self._likeness.add(described(at, request.headers, content, self._rules, request))
        self._described = len(self.indices)
        nearest = self._likeness.nearest(wanted.features(self._rules), count)
        return [(likeness, self.indices[position]) for likeness, position in nearest]

    def _make_keys(self) -> None:
        for index in self.indices[self._keyed :]:
            request, at = self._requests[index], self._locations[index]
            if request.masked_body:
                self._with_masked_body.append(index)
                continue
            known = Wanted(at, request.headers, request.body or b"")
            hidden = _hidden(request, self._rules)
            self._equal.setdefault(hidden, {}).setdefault(self._key(known, hidden), []).append(
                index
            )
        self._keyed = len(self.indices)

    def _key(self, wanted: Wanted, hidden: _Hidden) -> object:
        rules = self._rules
        without = rules.ignored_query | hidden.query
        query = tuple(sorted(pair for pair in wanted.at.query if pair[0] not in without))
        named = [name for name in rules.matched_headers if name not in hidden.headers]
        values = tuple(header_value(wanted.headers, name) for name in named)
        return query, values, wanted.key(rules.ignored_fields)

    def _equal_with_masked_body(self, wanted: Wanted) -> list[int]:
        indices = self._with_masked_body
        if len(indices) > _COMPARED:
            masked = set(indices)
            likely = (index for _, index in self.similar(wanted, _COMPARED))
            indices = [index for index in likely if index in masked]
        return [index for index in indices if self._is_equal(index, wanted)]

    def _is_equal(self, index: int, wanted: Wanted) -> bool:
        request, rules = self._requests[index], self._rules
        if query_distance(self._locations[index], wanted.at, request, rules):
            return False
        if not self._has_headers(index, wanted):
            return False
        known = bodies.captured_content(request)
        return bodies.is_alike(known, wanted.content, rules.ignored_fields)

    def _has_headers(self, index: int, wanted: Wanted) -> bool:
        names = self._rules.matched_headers
        return not any(unlike_headers(self._requests[index], wanted.headers, names))

    def _continuing(self, found: list[int], wanted: Wanted) -> list[int]:
        """Those recorded after the same event; or else those from the beginning; or else all."""
        if len(found) == 1 or not self._event_ids:
            return found
        for event_id in dict.fromkeys([wanted.event_id, ""]):
            after = [index for index in found if self._event_ids.get(index, "") == event_id]
            if after:
                return after
        return found

    def _is_exact(self, index: int, wanted: Wanted) -> bool:
        return is_exact(self._requests[index], self._locations[index], wanted.at, wanted.body)


def _hidden(request: Request, rules: MatchRules) -> _Hidden:
    masked = frozenset(request.masked_headers).intersection(rules.matched_headers)
    return _Hidden(frozenset(request.masked_query), masked)
