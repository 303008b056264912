"""Rewrites responses of a server that stands in for another: its addresses become relative. Pure.

A redirect with the real server's address would lead the client away from the recorder, or from
the replay. A relative address (RFC 9110, section 10.2.2) stays where the client is.

Standard library only, because the recorder loads it.
"""

import re
from collections.abc import Callable

from ssetape.format.values import Headers

# Whether an origin, such as `https://api.example.com`, is one that is stood in for; or a cookie's
# domain, such as `domain:example.com`.
IsOwn = Callable[[str], bool]

# Without a scheme it has that of the page (RFC 3986, section 4.2).
_ADDRESS = re.compile(r"(?:(?:https?|wss?):)?//[^/?#\s<>\"']+", re.IGNORECASE)
_DOMAIN = re.compile(r";\s*domain\s*=\s*\.?([^;\s]*)", re.IGNORECASE)
# Headers that are an address, at their beginning or behind `url=`, and one with several in <>.
_WITH_ADDRESS = {
    "location": re.compile(rf"^\s*({_ADDRESS.pattern})(/?)", re.IGNORECASE),
    "content-location": re.compile(rf"^\s*({_ADDRESS.pattern})(/?)", re.IGNORECASE),
    "refresh": re.compile(rf"(?<=url=)[\"']?({_ADDRESS.pattern})(/?)", re.IGNORECASE),
    "link": re.compile(rf"(?<=<)\s*({_ADDRESS.pattern})(/?)", re.IGNORECASE),
}
# https://modelcontextprotocol.io/specification/2024-11-05/basic/transports
_ENDPOINT = re.compile(
    rb"(?m)^(event: ?endpoint\r?\n(?:id:[^\r\n]*\r?\n)?data: ?)"
    rb"((?i:https?:)?//[^/?#\s]+)(/?)"
)
_ENDPOINT_FIRST = re.compile(
    rb"(?m)^(data: ?)((?i:https?:)?//[^/?#\s]+)/?"
    rb"(?=[^\r\n]*\r?\n(?:id:[^\r\n]*\r?\n)?event: ?endpoint\r?\n)"
)


def has_address(headers: Headers) -> bool:
    """Whether one of these headers may be, or contain, an address of the server."""
    return any(name.lower() in _WITH_ADDRESS or name.lower() == "set-cookie" for name, _ in headers)


def rewritten(headers: Headers, is_own: IsOwn) -> Headers:
    """The headers of a response, with relative addresses and without the cookies' domain."""
    return [(name, _value(name.lower(), value, is_own)) for name, value in headers]


def relative_endpoint(data: bytes, is_own: IsOwn) -> bytes:
    """Events of MCP, in which the address to post to is relative."""

    def shorten(match: re.Match[bytes]) -> bytes:
        is_ours = _is_own_address(match[2].decode("latin-1"), is_own)
        return match[1] + b"/" if is_ours else match[0]

    if b"endpoint" not in data:
        return data
    return _ENDPOINT_FIRST.sub(shorten, _ENDPOINT.sub(shorten, data))


def covers(domain: str, host: str) -> bool:
    """Whether a cookie's domain, as given to `IsOwn`, is that of a host."""
    name = domain.removeprefix("domain:")
    host = re.sub(r":\d+$", "", host)
    return bool(name) and (host == name or host.endswith(f".{name}"))


def origin(url: str) -> str:
    """The origin of a URL, in lower case and without a default port; "" if it has none."""
    match = _ADDRESS.match(url)
    if match is None or match[0].startswith("//"):
        return ""
    scheme, _, host = match[0].lower().rpartition("@")[2].partition("://")
    if not host:  # there was user information
        scheme, host = match[0].lower().partition("://")[0], scheme
    scheme = {"ws": "http", "wss": "https"}.get(scheme, scheme)
    default = {"http": ":80", "https": ":443"}[scheme]
    return f"{scheme}://{host.removesuffix(default)}"


def _is_own_address(address: str, is_own: IsOwn) -> bool:
    if address.startswith("//"):
        return any(is_own(origin(f"{scheme}:{address}")) for scheme in ("https", "http"))
    return is_own(origin(address))


def _value(name: str, value: str, is_own: IsOwn) -> str:
    if name == "set-cookie":
        match = _DOMAIN.search(value)
        if match is None or not is_own(f"domain:{match[1].lower()}"):
            return value
        return value[: match.start()] + value[match.end() :]
    pattern = _WITH_ADDRESS.get(name)

    def shorten(match: re.Match[str]) -> str:
        if not _is_own_address(match[1], is_own):
            return match[0]
        return match[0][: match.start(1) - match.start()] + "/"

    return value if pattern is None else pattern.sub(shorten, value)
