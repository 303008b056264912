"""Which capture answers a request. Pure.

Method and path decide whether one does; host, query and body then choose among those that do,
in this order. Where several are equally near, repeated requests take them in the order in
which they were recorded, and begin anew after the last.
"""

import difflib
import heapq
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import parse_qsl, urlencode

import orjson

from ssetape.records import Headers, Request, header_values

# A miss names this many captures.
_NEAREST = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to be answered. `target` is the request line's: path and query."""

    method: str
    target: str
    headers: Headers = field(default_factory=list)
    body: bytes = b""

    @property
    def is_for_a_websocket(self) -> bool:
        """Whether it asks for a WebSocket."""
        upgrades = ",".join(header_values(self.headers, "upgrade")).lower()
        return "websocket" in (part.strip() for part in upgrades.split(","))

    @property
    def host(self) -> str:
        """The Host header, "" without one."""
        return next(iter(header_values(self.headers, "host")), "")


@dataclass(frozen=True, slots=True)
class Near:
    """A capture (by its number) and, in words, how its request differs from the one asked."""

    index: int
    differs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Parts:
    """A request taken apart, once, for comparing."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    host: str
    body_size: int
    body_key: bytes


class Matcher:
    """Chooses captures for requests.

    Args:
        requests: the captured requests, in recorded order. Their positions are the numbers
            that the answers speak of.
    """

    def __init__(self, requests: Sequence[Request]) -> None:
        self._known = [_parts(request.method, request.url, request.body) for request in requests]
        self._masked = [frozenset(request.masked_query) for request in requests]
        self._by_path: dict[tuple[str, str], list[int]] = {}
        for index, known in enumerate(self._known):
            self._by_path.setdefault((known.method, known.path), []).append(index)
        self._served: dict[tuple[int, ...], int] = {}

    def choose(self, asked: Asked) -> Near | None:
        """Give the capture that answers, or None: a miss. Counts as one request served."""
        wanted = _asked_parts(asked)
        candidates = self._by_path.get((wanted.method, wanted.path))
        if not candidates and wanted.method == "HEAD":
            candidates = self._by_path.get(("GET", wanted.path))
        if not candidates:
            return None
        ranks = {}
        for index in candidates:
            known = self._known[index]
            ranks[index] = (
                self._query_distance(index, wanted),
                known.body_key != wanted.body_key,
                known.host != wanted.host,
            )
        best = min(ranks.values())
        nearest = tuple(index for index in candidates if ranks[index] == best)
        turn = self._served.get(nearest, 0)
        self._served[nearest] = turn + 1
        index = nearest[turn % len(nearest)]
        return Near(index, self._differences(index, wanted))

    def nearest(self, asked: Asked) -> list[Near]:
        """For a miss: the captures that come nearest, the nearest first."""
        wanted = _asked_parts(asked)
        paths = {known.path for known in self._known}
        close = difflib.get_close_matches(wanted.path, paths, n=_NEAREST, cutoff=0.0)
        order = {path: position for position, path in enumerate([wanted.path, *close])}

        def rank(index: int) -> tuple[int, bool, int]:
            known = self._known[index]
            place = order.get(known.path, len(order))
            return place, known.method != wanted.method, self._query_distance(index, wanted)

        ranked = heapq.nsmallest(_NEAREST, range(len(self._known)), key=rank)
        return [Near(index, self._differences(index, wanted)) for index in ranked]

    def _query_distance(self, index: int, wanted: _Parts) -> int:
        """In how many parameters two queries differ; what was masked is taken as the same."""
        captured = self._known[index].query
        if captured == wanted.query:
            return 0
        masked = self._masked[index]
        rest = Counter(pair for pair in captured if pair[0] not in masked)
        rest.subtract(pair for pair in wanted.query if pair[0] not in masked)
        return sum(abs(times) for times in rest.values())

    def _differences(self, index: int, wanted: _Parts) -> tuple[str, ...]:
        known = self._known[index]
        differs = []
        if wanted.method != known.method:
            differs.append(f"method: asked {wanted.method}, captured {known.method}")
        if wanted.path != known.path:
            differs.append(f"path: asked {wanted.path}, captured {known.path}")
        if self._query_distance(index, wanted):
            asked, captured = (
                urlencode(query, errors="surrogateescape") for query in (wanted.query, known.query)
            )
            differs.append(f"query: asked {asked!r}, captured {captured!r}")
        if wanted.body_key != known.body_key:
            sizes = f"asked {wanted.body_size} bytes, captured {known.body_size} bytes"
            differs.append(f"body: {sizes}, and they are not the same")
        return tuple(differs)


def _asked_parts(asked: Asked) -> _Parts:
    """What was asked; a proxy's absolute target counts as well as the usual path and query."""
    absolute = "://" in asked.target.partition("?")[0] and not asked.target.startswith("/")
    url = asked.target if absolute else f"http://{asked.host}{asked.target}"
    return _parts(asked.method, url, asked.body)


def _parts(method: str, url: str, body: bytes | None) -> _Parts:
    rest = url.partition("://")[2].partition("#")[0]
    location, _, query = rest.partition("?")
    host, _, path = location.partition("/")
    pairs = tuple(parse_qsl(query, keep_blank_values=True, errors="surrogateescape"))
    body = body or b""
    return _Parts(method, f"/{path}", pairs, host.lower(), len(body), _body_key(body))


def _body_key(body: bytes) -> bytes:
    """Equal for equal bodies, and for JSON that means the same."""
    try:
        body = orjson.dumps(orjson.loads(body), option=orjson.OPT_SORT_KEYS)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        pass
    return sha256(body).digest()
