"""Finds the capture that answers a request. Pure.

The ladder: a request matches a captured one exactly; or in all that it means, without ignored
parts; or in method and path only. A capture's rules say which rung it needs. With NEAREST, an
equal capture answers, or else the most similar one.

Of equal captures, those recorded with the request's Last-Event-ID come first, then those of its
host. Repeated requests get the rest in turn, each client session in its own: `turns.Turns`. A
capture that is only similar has no turn: a question gets its answer.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice
from urllib.parse import urlencode

from ssetape.format.values import Request
from ssetape.requests.location import Location, located

from ..exchange import ClientRequest
from . import bodies
from .candidates import Candidates, Rank
from .described import described
from .likeness import similarity
from .parts import header_value, is_exact, query_distance, unlike_headers
from .paths import Paths
from .rules import Match, MatchRules
from .turns import Order, Turns
from .wanted import Wanted

# The captures that a miss names, and the differences of a body that it lists.
_NEAREST = 3
_DIFFERENCES = 3
# Larger requests are derived anew each time: 64 of them are kept.
_REMEMBERED_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Near:
    """A capture (by its number) compared with a request.

    Attributes:
        differs: a message for each difference.
        reaches: the highest rung on which they match; None if they match on none, or were not
            compared.
        alike: how similar query and body are, from 0 to 1.
    """

    index: int
    differs: tuple[str, ...]
    reaches: Match | None = None
    alike: float = 1.0


class Matcher:
    """Chooses captures for requests.

    Args:
        requests: the captured requests, in recorded order. A capture's number is its position.
        rules: the rules of each capture, or one for all.
        turns: those of captures that answer equally well.

    Attributes:
        turns: the same.
    """

    def __init__(
        self,
        requests: Sequence[Request],
        rules: Sequence[MatchRules] | MatchRules | None = None,
        turns: Turns | None = None,
    ) -> None:
        if rules is None or isinstance(rules, MatchRules):
            rules = [rules or MatchRules()] * len(requests)
        self._requests = requests
        self._rules = rules
        self._at = [located(request.url) for request in requests]
        self._in_sequence = bool(rules) and rules[0].match is Match.SEQUENCE
        # By method and path, then by rules, of which there is seldom more than one set.
        self._by_path: dict[tuple[str, str], dict[MatchRules, Candidates]] = {}
        # Masked paths, by method and number of parts.
        self._by_shape: dict[tuple[str, int], dict[str, None]] = {}
        self._at_path: dict[str, dict[str, None]] = {}  # the methods of each path
        for index, request in enumerate(requests):
            at = self._at[index]
            if request.masked_path:
                shape = request.method, at.path.count("/")
                self._by_shape.setdefault(shape, {})[at.path] = None
            groups = self._by_path.setdefault((request.method, at.path), {})
            if rules[index] not in groups:
                groups[rules[index]] = Candidates(rules[index], requests, self._at)
            groups[rules[index]].add(index)
            self._at_path.setdefault(at.path, {})[request.method] = None
        self._paths = Paths(self._at_path)
        self.turns = turns or Turns()

    def choose(self, asked: ClientRequest) -> Near | None:
        """Return the capture that answers; None for a miss. Counts as one request served."""
        nearest, is_the_same = self._find(asked)
        if not nearest:
            return None
        index = self.turns.take(asked.session, nearest)
        # What was drawn was not chosen for its likeness: the differences would tell nothing.
        is_drawn = self.turns.order is not Order.SEQUENCE and len(nearest) > 1
        return Near(index, ()) if is_the_same or is_drawn else self.compare(index, asked)

    def find(self, asked: ClientRequest) -> Sequence[int]:
        """All captures that answer equally well, in recorded order; not counted as served."""
        return self._find(asked)[0]

    def equal(self, asked: ClientRequest) -> list[int]:
        """The captures of an equal request, whichever event it continues after."""
        wanted = _wanted(asked)
        groups = self._groups(asked.method, wanted.at.path)
        return sorted(index for group in groups for index in group.equal(wanted))

    def _find(self, asked: ClientRequest) -> tuple[Sequence[int], bool]:
        """The same, and whether they match in method, query and body."""
        if self._in_sequence:
            return range(len(self._requests)), False
        wanted = _wanted(asked)
        for method in (asked.method, "GET") if asked.method == "HEAD" else (asked.method,):
            found = [
                best
                for group in self._groups(method, wanted.at.path)
                if (best := group.best(wanted)) is not None
            ]
            if found:
                least = min(rank for rank, _ in found)
                is_the_same = not least[0] and method == asked.method
                return self._nearest_of(found, least), is_the_same
        return (), False

    def _nearest_of(self, found: list[tuple[Rank, list[int]]], least: Rank) -> list[int]:
        best = [indices for rank, indices in found if rank == least]
        every = best[0] if len(best) == 1 else sorted(chain.from_iterable(best))
        is_similar = least[0] == 2
        return every[:1] if is_similar else every

    def _groups(self, method: str, path: str) -> list[Candidates]:
        """The captures at a path, including those whose masked path matches it."""
        keys = dict.fromkeys([(method, path)])
        for masked in self._by_shape.get((method, path.count("/")), ()):
            if _is_path(masked, path):
                keys[method, masked] = None
        return [group for key in keys for group in self._by_path.get(key, {}).values()]

    def nearest(self, asked: ClientRequest, count: int = _NEAREST) -> list[Near]:
        """The nearest captures, the nearest first; not counted as served."""
        wanted = _wanted(asked)
        paths = self._paths.near(wanted.at.path)
        places = {path: place for place, path in enumerate(paths)}
        indices = {
            index
            for group in self._groups(asked.method, wanted.at.path)
            for _, index in group.similar(wanted, count)
        }
        elsewhere = paths[: count + 1] if len(indices) < count else []
        for path in elsewhere:
            for method in self._at_path[path]:
                for group in self._by_path[method, path].values():
                    indices.update(group.indices[:count])

        alike = {index: self._alike(index, wanted) for index in indices}

        def rank(index: int) -> tuple[int, bool, float, int]:
            known = self._at[index]
            place = -1 if self._is_at(index, wanted.at) else places.get(known.path, len(places))
            is_other = self._requests[index].method != asked.method
            return place, is_other, -alike[index], index

        nearest = sorted(indices, key=rank)[:count]
        return [self._compared(index, asked.method, wanted, alike[index]) for index in nearest]

    def _alike(self, index: int, wanted: Wanted) -> float:
        request, rules = self._requests[index], self._rules[index]
        content = bodies.captured_content(request)
        known = described(self._at[index], request.headers, content, rules, request)
        return similarity(known, wanted.features(rules))

    def _is_at(self, index: int, at: Location) -> bool:
        known = self._at[index].path
        return known == at.path or (self._requests[index].masked_path and _is_path(known, at.path))

    def compare(self, index: int, asked: ClientRequest) -> Near:
        """Compare one capture with a request."""
        wanted = _wanted(asked)
        return self._compared(index, asked.method, wanted, self._alike(index, wanted))

    def _compared(self, index: int, method: str, wanted: Wanted, alike: float) -> Near:
        request = self._requests[index]
        elsewhere = []
        is_answer = method == request.method or (method, request.method) == ("HEAD", "GET")
        if method != request.method:
            elsewhere.append(f"method: asked {method}, captured {request.method}")
        if not self._is_at(index, wanted.at):
            is_answer = False
            elsewhere.append(f"path: asked {wanted.at.path}, captured {self._at[index].path}")
        differs = list(self._differences(index, wanted))
        reaches = None
        if is_answer:
            reaches = Match.PATH if differs else Match.NORMALISED
            if not differs and is_exact(request, self._at[index], wanted.at, wanted.body):
                reaches = Match.EXACT
        return Near(index, (*elsewhere, *differs), reaches, alike if differs else 1.0)

    def _differences(self, index: int, wanted: Wanted) -> Iterator[str]:
        """Yield a message for each difference between queries, matched headers and bodies."""
        known, request, rules = self._at[index], self._requests[index], self._rules[index]
        if query_distance(known, wanted.at, request, rules):
            asked, captured = (
                urlencode(query, errors="surrogateescape")
                for query in (wanted.at.query, known.query)
            )
            yield f"query: asked {asked!r}, captured {captured!r}"
        for name in unlike_headers(request, wanted.headers, rules.matched_headers):
            asked, captured = (
                header_value(headers, name) or "none"
                for headers in (wanted.headers, request.headers)
            )
            yield f"header {name}: asked {asked!r:.60}, captured {captured!r:.60}"
        content = bodies.captured_content(request)
        unlike = bodies.differences(content, wanted.content, rules.ignored_fields)
        yield from islice(unlike, _DIFFERENCES)
        if next(unlike, None) is not None:
            yield "body: and more"


def _wanted(asked: ClientRequest) -> Wanted:
    """The request to match; the same one if it has just been asked, as in every test under load."""
    if len(asked.body) > _REMEMBERED_BYTES:
        return Wanted(located(asked.url), asked.headers, asked.body)
    return _remembered(asked.url, tuple(asked.headers), asked.body)


@lru_cache(maxsize=64)
def _remembered(url: str, headers: tuple[tuple[str, str], ...], body: bytes) -> Wanted:
    return Wanted(located(url), list(headers), body)


def _is_path(known: str, asked: str) -> bool:
    """Whether a path equals a captured one, except its masked parts."""
    return all(
        a == b or secret_in(a) for a, b in zip(known.split("/"), asked.split("/"), strict=True)
    )


def secret_in(part: str) -> bool:
    """Whether a part of a masked path contains a mask."""
    return "masked-" in part or "MASKED" in part or (bool(part) and not part.strip("*"))
