"""Keeps redirects until it is known whether they lead to a stream.

They are no streams themselves, but a replay without them has no answer to what the client asked
first.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from urllib.parse import urljoin

from mitmproxy import ctx, http

from ssetape.format.values import header_values

from . import flows

REDIRECTS = frozenset({301, 302, 303, 307, 308})
# Redirects that are kept; the oldest goes first. Clients follow them at once.
_KEPT = 100


class Redirects:
    """Redirects by the URL that they lead to.

    Args:
        forget: called with each that is kept no longer.
    """

    def __init__(self, forget: Callable[[http.HTTPFlow], None]) -> None:
        self._kept: OrderedDict[str, tuple[http.HTTPFlow, float]] = OrderedDict()
        self._forget = forget

    def keep(self, flow: http.HTTPFlow, now_s: float) -> bool:
        """Keep a flow if it is a redirect, unless all is recorded anyway."""
        response = flow.response
        if ctx.options.tape_all or response is None or response.status_code not in REDIRECTS:
            return False
        received = flow.metadata.get(flows.RECEIVED) or flows.pairs(response.headers)
        locations = header_values(received, "location")
        if not locations:
            return False
        self._kept[_target(flow, locations[0])] = flow, now_s
        if len(self._kept) > _KEPT:
            _, (oldest, _) = self._kept.popitem(last=False)
            self._forget(oldest)
        return True

    def to(self, flow: http.HTTPFlow) -> Iterator[tuple[http.HTTPFlow, float]]:
        """Yield the redirects that led to a flow, the last first, with the time of each."""
        url = flows.url(flow)
        while (found := self._kept.pop(url.partition("#")[0], None)) is not None:
            yield found
            url = flows.url(found[0])


def _target(flow: http.HTTPFlow, location: str) -> str:
    try:
        return urljoin(flows.url(flow), location).partition("#")[0]
    except ValueError:  # not a URL
        return ""
