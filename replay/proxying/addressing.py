"""Whom a request to a proxy is for: the target of a CONNECT, and absolute URLs. Pure.

https://www.rfc-editor.org/rfc/rfc9112#section-3.2
"""

import ipaddress
import re
from dataclasses import replace

from ssetape.errors import SsetapeError

from ..exchange import ClientRequest

# Names of hosts as they are in certificates, and as clients of private networks spell them.
_NAME = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?")
# Some clients leave out the brackets of IPv6 addresses: the last colon counts.
_TARGET = re.compile(r"(?P<host>\[[^\]]*\]|[^\[\]]*):(?P<port>[0-9]{1,5})")
_ABSOLUTE = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]+)(?P<rest>.*)", re.DOTALL
)
_PORT_LIMIT = 65_535


class TunnelError(SsetapeError):
    """A CONNECT that cannot be followed."""


def tunnel_host(target: str) -> str:
    """Return the host in the target of a CONNECT: a name in lower case, or an IP address.

    Raises:
        TunnelError: the target is not `host:port`.
    """
    found = _TARGET.fullmatch(target)
    host = found["host"].strip("[]").lower() if found else ""
    if found is None or not 0 < int(found["port"]) <= _PORT_LIMIT or not is_host(host):
        raise TunnelError(
            f"CONNECT {target!r:.100}: expected a host and a port, such as api.example.com:443"
        )
    return host


def is_host(text: str) -> bool:
    """Whether a text is a host's name or IP address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return _NAME.fullmatch(text) is not None
    return True


def addressed(asked: ClientRequest, tunnel: str = "") -> ClientRequest:
    """Return a request as its server would get it: with a host, and a path as its target.

    The host in an absolute URL replaces the Host header: RFC 9112, section 3.2.2.

    Args:
        tunnel: `host:port` of the tunnel that it came through, for a request without a host.
    """
    found = _ABSOLUTE.fullmatch(asked.target)
    if found is None:
        return asked if asked.host or not tunnel else _to(tunnel, asked)
    rest = found["rest"]
    target = rest if rest.startswith("/") else f"/{rest}"
    named = replace(asked, target=target, scheme=found["scheme"].lower())
    return _to(found["authority"].rpartition("@")[2], named)


def _to(authority: str, asked: ClientRequest) -> ClientRequest:
    headers = [(name, value) for name, value in asked.headers if name.lower() != "host"]
    return replace(asked, headers=[("Host", authority), *headers])
