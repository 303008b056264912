"""Detects requests that may come from foreign web pages, which local servers refuse. Pure.

A foreign page could read or replay captures through a host name of its own that resolves to this
machine:
https://developer.mozilla.org/en-US/docs/Web/Security/Attacks/DNS_rebinding
"""

import ipaddress
from urllib.parse import urlsplit

from ssetape.format.values import Headers, header_values


def why_not_this_machine(headers: Headers) -> str | None:
    """Why a request may come from a foreign page; None for pages and programs on this machine.

    Other machines may send requests to the server's IP address: no foreign page has it as its host.
    """
    host = _first(headers, "host")
    if host and not _is_address(_hostname(host)):
        return f"expected localhost or an IP address as the host, found {host!r:.100}"
    origin = _first(headers, "origin")
    if origin is not None and not _is_local(_hostname(origin.partition("://")[2])):
        return f"expected a page on this machine as the origin, found {origin!r:.100}"
    return None


def why_not_own_page(method: str, headers: Headers) -> str | None:
    """Why a request may come from anything but the server's own pages; None if it cannot."""
    host = _first(headers, "host") or ""
    if not _is_local(_hostname(host)):
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


def _first(headers: Headers, name: str) -> str | None:
    return next(iter(header_values(headers, name)), None)


def _hostname(host: str) -> str:
    """The name in `host:port`; "" if it is invalid."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


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
