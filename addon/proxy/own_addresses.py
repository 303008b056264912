"""Keeps the clients of `record --reverse` at the recorder: their answers have relative addresses.

It runs before the recorder, and keeps for it what the server sent: captures have that.
"""

from collections.abc import Iterable

from mitmproxy import http

from ssetape.messages import detection
from ssetape.recording.addresses import covers, origin, relative_endpoint, rewritten
from ssetape.recording.log import logger

from ..recorder import flows
from ..recorder.redirects import REDIRECTS

# So many other servers are named; a server may invent any number.
_TOLD_OF = 5
# How much of an ordinary body is searched for addresses.
_SEARCHED_BYTES = 1024 * 1024


class OwnAddresses:
    """A mitmproxy addon.

    Args:
        target: the URL that the proxy stands in for.
    """

    def __init__(self, target: str) -> None:
        self._origin = origin(target)
        self._host = self._origin.partition("://")[2]
        self._has_told = False
        self._left_for: set[str] = set()

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        response = flow.response
        if response is None or not self._origin:
            return
        found = flows.pairs(response.headers)
        changed = rewritten(found, self._is_own)
        if changed != found:
            flow.metadata[flows.RECEIVED] = found
            fields = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in changed]
            response.headers = http.Headers(fields)
        if response.status_code in REDIRECTS:
            self._tell_of_another(response.headers.get("location", ""))
        if detection.EVENT_STREAM in detection.media_types(found) and not response.stream:
            response.stream = self._stream

    def response(self, flow: http.HTTPFlow) -> None:
        if flow.response is not None and flow.response.raw_content:
            self._look(flow.response.raw_content[:_SEARCHED_BYTES])

    def _stream(self, data: bytes) -> Iterable[bytes] | bytes:
        changed = relative_endpoint(data, self._is_own)
        self._look(changed)
        return changed

    def _is_own(self, found: str) -> bool:
        # With the same scheme: a relative redirect from http to https would lead to itself.
        return found == self._origin or (found.startswith("domain:") and covers(found, self._host))

    def _tell_of_another(self, location: str) -> None:
        other = origin(location)
        if other and other not in self._left_for and len(self._left_for) < _TOLD_OF:
            self._left_for.add(other)
            logger.warning(
                f"ssetape: a redirect leads to {other}: a program that follows it leaves the "
                f"recorder, which stands for {self._origin}; record it without --reverse"
            )

    def _look(self, data: bytes) -> None:
        if not self._has_told and self._origin.encode() in data:
            self._has_told = True
            logger.warning(
                f"ssetape: a body has addresses of {self._origin}: a program that follows them "
                f"leaves the recorder; record it without --reverse"
            )
