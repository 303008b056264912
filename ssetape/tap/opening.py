"""What has to be known before a capture can begin: both heads, and the request's body.

The headers as they were sent and as they came are events of their own, from another process of the
browser: mostly they are there first.
"""

from dataclasses import replace
from typing import NamedTuple

from ssetape.format.values import Headers, header_values
from ssetape.tap import heads
from ssetape.tap.actions import Begin, Pass
from ssetape.tap.devtools import Event, Params
from ssetape.tap.filter import Heads
from ssetape.tap.policy import WITHOUT_BODY

# Headers that take longer than this after the head are done without.
HEADERS_PATIENCE_S = 0.5


class Opened(NamedTuple):
    """A capture's beginning, and what is wrong with it ("" for nothing)."""

    begin: Begin
    problem: str


class Opening:
    """The beginning of one exchange.

    Args:
        event: REQUEST.

    Attributes:
        method, url: of the request.
        body: the request's body; None if it has to be asked for.
        from_cache: whether the browser took the response from its cache.
        sent_s: when the request was sent, on the browser's clock.
        head_s: when the response's head came.
    """

    def __init__(self, event: Params) -> None:
        self._request: Params = event["request"]
        self._response: Params = {}
        self._asked_s = float(event["timestamp"])
        self._asked_wall_s = float(event["wallTime"])
        self._sent_headers: Headers | None = None
        self._came_headers: Headers | None = None
        self._wait_until_s = 0.0
        self._may_have_events = True
        self.method = str(self._request["method"])
        self.url = heads.url(self._request["url"])
        self.body = heads.body_in(self._request)
        self.from_cache = False
        self.sent_s = self.head_s = self._asked_s

    @property
    def status(self) -> int:
        """The response's status; 0 without one."""
        return int(self._response.get("status", 0))

    @property
    def is_bodiless(self) -> bool:
        """Whether the response has no body, or an empty one, by its head."""
        is_empty = self._length() == ["0"]
        return is_empty or self.method == "HEAD" or self.status in WITHOUT_BODY

    @property
    def has_length(self) -> bool:
        """Whether the response's head says that there are bytes."""
        return self._length() not in ([], ["0"])

    @property
    def charset(self) -> str:
        """What the browser decoded the response's text as; "" if it does not say."""
        return str(self._response.get("charset") or "")

    def lacks(self, event: Event) -> bool:
        """Whether it has yet to be given the headers that an event has."""
        is_request = event is Event.REQUEST_HEADERS
        found = self._sent_headers if is_request else self._came_headers
        return found is None and self._may_have_events

    def headers(self, event: Event, found: Headers) -> None:
        """Take the request's headers as they were sent, or the response's as they came."""
        if event is Event.REQUEST_HEADERS:
            self._sent_headers = found
        else:
            self._came_headers = found

    def take_headers(self, other: "Opening") -> None:
        """Take the headers of another request, which brought this one's response."""
        if self._sent_headers is None and self._came_headers is None:
            self._sent_headers, self._came_headers = other._sent_headers, other._came_headers

    def response(self, found: Params, now_s: float, waits: bool) -> None:
        """Take the response's head.

        Args:
            waits: whether both heads' headers come in events of their own.
        """
        self._response = found
        self._may_have_events = waits
        self.from_cache |= bool(found.get("fromDiskCache") or found.get("fromPrefetchCache"))
        self._times(found.get("timing") or {}, now_s)
        if waits:
            self._wait_until_s = self.head_s + HEADERS_PATIENCE_S

    def heads(self) -> Heads:
        """Both heads, for decisions; the request's headers are those that the page gave."""
        asked = heads.headers(self._request["headers"])
        return Heads(self.method, self.url, asked, self._answered(), self.status)

    def passed(self, *, is_excluded: bool) -> Pass:
        """That it is not recorded."""
        found = self.heads()
        media_type = ", ".join(header_values(found.response_headers, "content-type"))
        return Pass(media_type, found.status, is_excluded)

    def is_whole(self, now_s: float) -> bool:
        """Whether all is there, or has been waited for long enough."""
        waits = self._sent_headers is None or self._came_headers is None
        return self.body is not None and not (waits and now_s < self._wait_until_s)

    def give_up(self) -> None:
        """Wait for nothing more."""
        self._wait_until_s = 0.0
        self.body = self.body or b""

    def begin(self, id: str, target: str) -> Opened:
        """The capture's beginning."""
        version = heads.http_version(self._response.get("protocol"))
        asked = heads.request(self._request, self._sent_headers, version, self.body)
        problem = ""
        said_bytes = header_values(asked.headers, "content-length")
        if self.body and said_bytes and said_bytes != [str(len(self.body))]:
            # Files that a form sends, the browser does not tell.
            problem = (
                f"the browser has {len(self.body)} of {said_bytes[0]} bytes of the request's body; "
                f"it is left out"
            )
            asked = replace(asked, body=None)
        came = self._came_headers if self._came_headers is not None else self._answered()
        t_s = self.head_s - self.sent_s
        answer = heads.response(self._response, came, t_s, self.from_cache)
        started_ns = int((self._asked_wall_s + self.sent_s - self._asked_s) * 1e9)
        return Opened(Begin(id, asked, answer, self.sent_s, started_ns, target), problem)

    def _answered(self) -> Headers:
        found = self._response
        return heads.headers(found["headers"], found.get("headersText") or "")

    def _length(self) -> list[str]:
        return header_values(self._answered(), "content-length")

    def _times(self, timing: Params, now_s: float) -> None:
        """When the request was sent and the head came: by the network service, if it says so."""
        base_s = float(timing.get("requestTime", 0.0))
        sent_ms = float(timing.get("sendStart", -1.0))
        sent_s = base_s + sent_ms / 1000
        head_ms = timing.get("receiveHeadersStart") or timing.get("receiveHeadersEnd", -1.0)
        head_s = base_s + float(head_ms) / 1000
        self.head_s = now_s
        if base_s and sent_ms >= 0 and self._asked_s <= sent_s <= now_s:
            self.sent_s = sent_s
        if base_s and self.sent_s <= head_s <= now_s:
            self.head_s = head_s
