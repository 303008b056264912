"""Keeps foreign web pages from reading captures, whatever the protocol. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import Enum

from ssetape.capture import Capture
from ssetape.format.values import header_values
from ssetape.local_only import (
    Hosts,
    hostname,
    why_foreign,
    why_foreign_through_proxy,
    why_not_this_machine,
)
from ssetape.requests.location import located

from ..exchange import ClientRequest, Say, refusal

_WHOLE_REFUSAL = (
    "{method} {path}: {why}; no web page but your own may read captures. For a host name of yours "
    "use --allow-host NAME, for pages of any origin --cors (in Python: allow_hosts, cors)"
)


class Reach(Enum):
    """How clients reach the server."""

    DIRECT = "direct"  # by its address, or a name that resolves to it
    PROXY = "proxy"  # through a proxy, so that they name any host


@dataclass(frozen=True, slots=True)
class Guard:
    """Decides whether a request may come from a foreign page.

    Attributes:
        given: the hosts that the user allows, and the server's own names.
        trusted: these, and those of `hosts_of`.
        cors: whether pages of any origin may read the captures.
    """

    given: Hosts = field(default_factory=Hosts)
    trusted: Hosts = field(default_factory=Hosts)
    reach: Reach = Reach.DIRECT
    cors: bool = False

    def named(self, *names: str) -> "Guard":
        """This guard for a server that also has these names."""
        more = frozenset(name.lower() for name in names)
        given, trusted = (Hosts(hosts.names | more) for hosts in (self.given, self.trusted))
        return replace(self, given=given, trusted=trusted)

    def reached(self, reach: Reach) -> "Guard":
        """This guard for clients that reach the server so."""
        return replace(self, reach=reach)

    def refuses(self, asked: ClientRequest) -> Say | None:
        """The refusal of a request for captures that may come from a foreign page, or None."""
        if self.cors:
            return None
        check = why_foreign if self.reach is Reach.DIRECT else why_foreign_through_proxy
        return _refusal(asked, check(asked.headers, self.trusted))

    def refuses_own_path(self, asked: ClientRequest) -> Say | None:
        """The same for the server's own pages, for which captured hosts and `cors` do not count."""
        return _refusal(asked, why_not_this_machine(asked.headers, self.given))


def hosts_of(captures: Iterable[Capture]) -> Hosts:
    """The hosts that captures came from, and those of the pages that asked for them.

    No foreign page has them: it would have been recorded.
    """
    names = set()
    for capture in captures:
        request = capture.request
        names.add(hostname(located(request.url).host))
        for origin in header_values(request.headers, "origin"):
            names.add(hostname(origin.partition("://")[2]))
    return Hosts(frozenset(names - {""}))


def _refusal(asked: ClientRequest, why: str | None) -> Say | None:
    if why is None:
        return None
    path = asked.target.partition("?")[0]
    return refusal(403, _WHOLE_REFUSAL.format(method=asked.method, path=path, why=why))
