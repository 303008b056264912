"""Splits URLs, and spells their parts in one way. Pure.

https://www.rfc-editor.org/rfc/rfc3986#section-6.2.2
"""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl

from ssetape.requests.embedded import embedded

# Of a path: an escape, or a character that has to be escaped, which many clients leave as it is.
_TO_SPELL = re.compile(r"%[0-9A-Fa-f]{2}|[^A-Za-z0-9\-._~!$&'()*+,;=:@/]")
_UNRESERVED = re.compile(r"[A-Za-z0-9\-._~]")
_DEFAULT_PORTS = {"http": ":80", "ws": ":80", "https": ":443", "wss": ":443"}


@dataclass(frozen=True, slots=True)
class Location:
    """The parts of a URL that are compared: lower case, decoded, or encoded in one way."""

    host: str
    path: str
    query: tuple[tuple[str, str], ...]


def located(url: str) -> Location:
    """Split a URL; accepts any text."""
    scheme, _, rest = url.partition("://")
    location, _, query = rest.partition("#")[0].partition("?")
    host, _, path = location.partition("/")
    host = host.rpartition("@")[2].lower().replace(".:", ":")  # a name may end with a dot
    host = host.removesuffix(_DEFAULT_PORTS.get(scheme.lower(), "\0")).removesuffix(".")
    pairs = parse_qsl(query, keep_blank_values=True, errors="surrogateescape") if query else ()
    return Location(
        host, normal_path(f"/{path}"), tuple((name, embedded(value)) for name, value in pairs)
    )


def target(url: str) -> str:
    """The path and query of a URL, even of a malformed one."""
    place, mark, query = url.partition("#")[0].partition("?")
    path = place.partition("://")[2].partition("/")[2]
    return f"/{path}{mark}{query}"


def normal_path(path: str) -> str:
    """The path with only those characters percent-encoded that have to be, and no dot segments."""
    path = _TO_SPELL.sub(_spelled, path)
    return _without_dots(path) if "/." in path else path


def _spelled(match: re.Match[str]) -> str:
    found = match[0]
    if len(found) == 3:
        character = chr(int(found[1:], 16))
        return character if _UNRESERVED.match(character) else found.upper()
    try:
        data = found.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        data = found.encode("utf-8", "surrogatepass")
    return "".join(f"%{byte:02X}" for byte in data)


def _without_dots(path: str) -> str:
    """RFC 3986, section 5.2.4."""
    kept: list[str] = []
    parts = path.split("/")[1:]
    for part in parts:
        if part == "..":
            del kept[-1:]
        elif part != ".":
            kept.append(part)
    if parts[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)
