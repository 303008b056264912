"""Who may ask for the server's own pages: this machine, and no page from elsewhere. Pure."""

import ipaddress
from urllib.parse import urlsplit

from ssetape.format.values import header_values

from .asked import Asked


def found_in(asked: Asked) -> str | None:
    """Why a request may be a foreign page's, that has a name of its own point here; else None.

    https://developer.mozilla.org/en-US/docs/Web/Security/Attacks/DNS_rebinding
    """
    if asked.host and not _is_address(asked.host):
        return f"expected localhost or an address as the host, found {asked.host!r:.100}"
    origin = next(iter(header_values(asked.headers, "origin")), None)
    if origin is not None:
        name = _hostname(origin.partition("://")[2])
        if not _is_local(name):
            return f"a page of {origin!r:.100} may not ask for this, pages of this machine may"
    return None


def _hostname(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_address(host: str) -> bool:
    name = _hostname(host)
    return _is_local(name) or _address(name) is not None


def _is_local(name: str) -> bool:
    address = _address(name)
    return name == "localhost" or (address is not None and address.is_loopback)


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None
