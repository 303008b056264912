"""A request to be answered, and requests taken apart for comparing. Pure."""

from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from ssetape.format.values import Headers, header_values

# Characters of a session's name that count.
_SESSION_LIMIT = 200


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

    @property
    def session(self) -> str:
        """The client's session: each has its own turn among equal captures. "" without one."""
        return next(iter(header_values(self.headers, "x-ssetape-session")), "")[:_SESSION_LIMIT]

    @property
    def url(self) -> str:
        """The URL; a proxy's absolute target counts as well as the usual path and query."""
        absolute = "://" in self.target.partition("?")[0] and not self.target.startswith("/")
        return self.target if absolute else f"http://{self.host}{self.target}"


@dataclass(frozen=True, slots=True)
class Location:
    """A URL taken apart."""

    host: str
    path: str
    query: tuple[tuple[str, str], ...]


def located(url: str) -> Location:
    """Take a URL apart; whatever it is, something comes out."""
    rest = url.partition("://")[2].partition("#")[0]
    location, _, query = rest.partition("?")
    host, _, path = location.partition("/")
    pairs = tuple(parse_qsl(query, keep_blank_values=True, errors="surrogateescape"))
    return Location(host.lower(), f"/{path}", pairs)
