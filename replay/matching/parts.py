"""Compares the parts of two requests: headers, query, and all of them exactly. Pure."""

import ipaddress
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from ssetape.format.values import Headers, Request, header_values
from ssetape.requests.location import Location

from . import bodies
from .rules import MatchRules


def header_value(headers: Headers, name: str) -> str | None:
    """The values of a header (its name in lower case) in one line; None without it."""
    values = header_values(headers, name)
    return ", ".join(value.strip() for value in values) if values else None


def last_event_id(headers: Headers) -> str:
    """The Last-Event-ID of a request, "" without one; browsers send it as UTF-8."""
    found = "".join(header_values(headers, "last-event-id")[:1])
    return found.encode("latin-1", "replace").decode("utf-8", "replace")


def unlike_headers(request: Request, asked: Headers, names: Sequence[str]) -> list[str]:
    """The names of the headers that differ, except those that are masked."""
    return [
        name
        for name in names
        if name not in request.masked_headers
        and header_value(request.headers, name) != header_value(asked, name)
    ]


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
    if not says_nothing(at.host) and at.host != known.host:
        return False
    if query_distance(known, at, request, MatchRules()):
        return False
    return bodies.is_the_same(request.body or b"", request.masked_body, body)


@lru_cache(maxsize=256)
def says_nothing(host: str) -> bool:
    """Whether a host is the replay server's own: an address, or localhost."""
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    if name in ("", "localhost"):
        return True
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
