"""Detects requests that may come from foreign web pages, which local servers refuse. Pure.

A foreign page can send requests to this machine, and reads the answers if they allow it. It reads
all answers if a host name of its own resolves to this machine; its browser then sends that name:
https://developer.mozilla.org/en-US/docs/Web/Security/Attacks/DNS_rebinding
"""

import ipaddress
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from ssetape.format.values import Headers, header_values

# Allows every host.
ANY_HOST = "*"
# Names that the public DNS never has, so that no foreign page has them: RFC 6761, RFC 6762, and
# ICANN's reservation of `internal`. A name without a dot is one of the machine's own network.
_PRIVATE_SUFFIXES = (".localhost", ".local", ".internal")
# Hosts of which is remembered what they are: clients name a few again and again.
_REMEMBERED = 256
# Headers that a browser sends, and of which no page can leave out all.
_OF_BROWSERS = ("origin", "referer", "sec-fetch-site", "accept-language")


@dataclass(frozen=True, slots=True)
class Hosts:
    """Host names that are trusted, as no foreign page has them.

    Attributes:
        names: in lower case. One that starts with a dot stands for all names that end so, and
            `ANY_HOST` for all.
    """

    names: frozenset[str] = frozenset()

    def has(self, name: str) -> bool:
        """Whether a name is trusted."""
        if name in self.names or ANY_HOST in self.names:
            return True
        parts = name.split(".")
        return any("." + ".".join(parts[at:]) in self.names for at in range(1, len(parts)))


def why_foreign(headers: Headers, hosts: Hosts) -> str | None:
    """Why a request may come from a foreign page; None for all other clients.

    Pages of this machine and of trusted hosts are not foreign. Neither is who follows a link:
    the page with the link cannot read what it leads to.
    """
    found = {name.lower(): value for name, value in headers}
    if (why := _why_foreign_host(found.get("host", ""), hosts)) is not None:
        return why
    origin = found.get("origin")
    if origin is None and found.get("sec-fetch-site") in ("cross-site", "same-site"):
        # The pages of captured hosts load from each other, but from no address.
        is_named = not _is_address(hostname(found.get("host", "")))
        if found.get("sec-fetch-mode") == "navigate" or is_named:
            return None
        origin = found.get("referer", "")
    if origin is None:
        return None
    name = _origin_host(origin)
    if _is_local(name) or hosts.has(name) or name == hostname(found.get("host", "")) != "":
        return None
    return f"the page's origin {origin!r:.100} is foreign"


def why_foreign_through_proxy(headers: Headers, hosts: Hosts) -> str | None:
    """The same for requests through a proxy, whose clients name any host: only browsers count."""
    found = {name.lower(): value for name, value in headers}
    is_browser = any(name in found for name in _OF_BROWSERS)
    if is_browser or found.get("user-agent", "").startswith("Mozilla/"):
        return why_foreign(headers, hosts)
    return None


def why_not_this_machine(headers: Headers, hosts: Hosts) -> str | None:
    """Why a request may come from a foreign page; None for pages and programs on this machine.

    Other machines may send requests to the server's IP address: no foreign page has it as its host.
    """
    host = _first(headers, "host")
    name = hostname(host or "")
    if host and not (_is_address(name) or hosts.has(name)):
        return f"expected localhost or an IP address as the host, found {host!r:.100}"
    origin = _first(headers, "origin")
    if origin is not None:
        name = _origin_host(origin)
        if not (_is_local(name) or hosts.has(name)):
            return f"expected a page on this machine as the origin, found {origin!r:.100}"
    return None


def why_not_own_page(method: str, headers: Headers) -> str | None:
    """Why a request may come from anything but the server's own pages; None if it cannot."""
    host = _first(headers, "host") or ""
    if not _is_local(hostname(host)):
        return f"expected 127.0.0.1 or localhost as the host, found {host!r:.100}"
    origin = _first(headers, "origin")
    if origin is not None and origin.lower() != f"http://{host}".lower():
        return f"expected this server's own page as the origin, found {origin!r:.100}"
    site = _first(headers, "sec-fetch-site")
    # Following a link to the page does no harm.
    is_visit = method == "GET" and _first(headers, "sec-fetch-mode") == "navigate"
    if site not in (None, "same-origin", "none") and not is_visit:
        return "expected this server's own page, found a request from another site"
    return None


@lru_cache(maxsize=_REMEMBERED)
def hostname(host: str) -> str:
    """The name in `host:port`, in lower case; "" if it is invalid."""
    try:
        return (urlsplit(f"//{host}").hostname or "").removesuffix(".")
    except ValueError:
        return ""


@lru_cache(maxsize=_REMEMBERED)
def _why_foreign_host(host: str, hosts: Hosts) -> str | None:
    name = hostname(host)
    if not host or hosts.has(name) or _is_address(name) or (name and "." not in name):
        return None
    if name.endswith(_PRIVATE_SUFFIXES):
        return None
    return f"the host {host!r:.100} is neither this machine's nor a captured one"


def _origin_host(origin: str) -> str:
    return hostname(origin.partition("://")[2].partition("/")[0])


def _first(headers: Headers, name: str) -> str | None:
    return next(iter(header_values(headers, name)), None)


def _is_address(name: str) -> bool:
    return _is_local(name) or _address(name) is not None


def _is_local(name: str) -> bool:
    address = _address(name)
    return name == "localhost" or (address is not None and address.is_loopback)


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None
