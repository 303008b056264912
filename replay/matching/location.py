"""Splits URLs for comparison. Pure."""

from dataclasses import dataclass
from urllib.parse import parse_qsl


@dataclass(frozen=True, slots=True)
class Location:
    """The parts of a URL that are compared."""

    host: str
    path: str
    query: tuple[tuple[str, str], ...]


def located(url: str) -> Location:
    """Split a URL; accepts any text."""
    rest = url.partition("://")[2].partition("#")[0]
    location, _, query = rest.partition("?")
    host, _, path = location.partition("/")
    pairs = tuple(parse_qsl(query, keep_blank_values=True, errors="surrogateescape"))
    return Location(host.lower(), f"/{path}", pairs)
