"""All requests of a browser, by their ids: which event is whose, and which exchange is another's.

A request's events may come from two sessions (a frame's document is asked for by the frame around
it, a worker's script by the page), so the request's id alone counts. A redirect keeps that id.
"""

from collections.abc import Callable, Iterable, Iterator

from ssetape.format.values import Headers
from ssetape.recording import reasons
from ssetape.tap import heads
from ssetape.tap.actions import Action, Fail
from ssetape.tap.commands import Commands, Reply, Then
from ssetape.tap.devtools import Command, Event, Params
from ssetape.tap.exchange import Exchange
from ssetape.tap.policy import Policy
from ssetape.tap.reads import State

# Headers that came before their request, or after it was dropped as unwanted.
_ORPHANS_LIMIT = 1000

# What the end of an exchange says if its page was left for another.
PAGE_LEFT = "the page was left"
# The end of a response that the page itself gave up.
_ABORTED = "net::ERR_ABORTED"

Left = Callable[[str, float], list[Action]]


class Network:
    """The requests under way."""

    def __init__(self, policy: Policy, commands: Commands, left: Left) -> None:
        """`left` is called with a frame whose document was left, and when."""
        self._policy = policy
        self._commands = commands
        self._left = left
        self._current: dict[str, Exchange] = {}
        # Redirected, and still without all headers.
        self._redirected: dict[str, list[Exchange]] = {}
        self._orphans: dict[tuple[str, Event], list[Headers]] = {}
        # Documents on their way, by request: a frame changes with the first bytes of its new one.
        self._documents: dict[str, str] = {}
        self._hops = 0

    def __len__(self) -> int:
        """How many exchanges are not over."""
        return len(self._current) + sum(map(len, self._redirected.values()))

    def receive(self, event: Event, params: Params, session: str, target: str) -> list[Action]:
        """What an event about a request leads to.

        Raises:
            KeyError, TypeError, ValueError: the event is not as the protocol says.
        """
        name = str(params["requestId"])
        if event is Event.REQUEST:
            return self._request(name, params, session, target)
        if event in (Event.REQUEST_HEADERS, Event.RESPONSE_HEADERS):
            found = heads.headers(params["headers"], params.get("headersText") or "")
            return self._headers(name, event, found)
        actions = self._commits(name, params) if event in (Event.DATA, Event.FINISHED) else []
        exchange = self._current.get(name)
        if exchange is None:
            return actions
        exchange.session = session
        now_s = float(params.get("timestamp") or 0.0)
        if event is Event.FROM_CACHE:
            exchange.opening.from_cache = True
        elif event is Event.RESPONSE:
            actions += self._response(exchange, params)
        elif event is Event.DATA:
            data = heads.unbase64(params["data"]) if params.get("data") else None
            network_bytes = int(params.get("encodedDataLength") or 0)
            actions += exchange.data(now_s, int(params["dataLength"]), data, network_bytes)
        elif event is Event.FINISHED:
            actions += exchange.end(now_s, reasons.COMPLETE)
        elif event is Event.FAILED:
            self._documents.pop(name, None)
            reason, details = why(params)
            if exchange.state is State.ASKED and reason == reasons.UPSTREAM_CUT:
                actions.append(Fail(exchange.opening.url, details["error"]))
            actions += exchange.end(now_s, reason, **details)
        self._forget(name)
        return actions

    def tick(self, now_s: float) -> list[Action]:
        """Time has passed."""
        every = list(self._all())
        actions = [action for exchange in every for action in exchange.tick(now_s)]
        for exchange in every:
            self._forget(exchange.name)
        return actions

    def leave(self, session: str | None, now_s: float, reason: str, **details: str) -> list[Action]:
        """A session has ended, or all have (None): so have its requests."""
        left = [each for each in self._all() if session is None or each.session == session]
        return self._cut(left, now_s, reason, **details)

    # -----------------------------------------------------------------------------------------

    def _ask(self, exchange: Exchange, command: Command, then: Then) -> Action:
        def replied(reply: Reply) -> list[Action]:
            actions = then(reply)
            self._forget(exchange.name)
            return actions

        params = {"requestId": exchange.name}
        return self._commands.send(exchange.session, command, params, replied)

    def _all(self) -> Iterator[Exchange]:
        for hops in self._redirected.values():
            yield from hops
        yield from self._current.values()

    def _request(self, name: str, params: Params, session: str, target: str) -> list[Action]:
        actions: list[Action] = []
        before = self._current.pop(name, None)
        redirected = params.get("redirectResponse")
        if before is not None and redirected is not None:
            actions += self._redirect(name, before, params)
        if not str(params["request"]["url"]).startswith(("http://", "https://")):
            self._forget(name)
            return actions
        if params.get("type") == "Document":
            self._documents[name] = str(params.get("frameId") or "")
        self._hops += 1
        made = Exchange(f"{name}.{self._hops}", params, session, target, self._policy, self._ask)
        made.before = before if redirected is not None else None
        self._current[name] = made
        for event in (Event.REQUEST_HEADERS, Event.RESPONSE_HEADERS):
            waiting = self._orphans.get((name, event))
            if waiting:
                actions += made.headers(event, waiting.pop(0))
            if not waiting:
                self._orphans.pop((name, event), None)
        return actions

    def _redirect(self, name: str, before: Exchange, params: Params) -> list[Action]:
        has_headers = bool(params.get("redirectHasExtraInfo"))
        now_s = float(params["timestamp"])
        actions = before.response(params["redirectResponse"], now_s, has_headers)
        actions += before.end(now_s, reasons.COMPLETE)
        # One that is not wanted has its headers too, which are not the next one's.
        self._redirected.setdefault(name, []).append(before)
        return actions

    def _headers(self, name: str, event: Event, found: Headers) -> list[Action]:
        hops = [*self._redirected.get(name, []), *filter(None, [self._current.get(name)])]
        for exchange in hops:
            if exchange.opening.lacks(event):
                actions = exchange.headers(event, found)
                self._forget(name)
                return actions
        self._orphans.setdefault((name, event), []).append(found)
        if len(self._orphans) > _ORPHANS_LIMIT:
            del self._orphans[next(iter(self._orphans))]
        return []

    def _response(self, exchange: Exchange, params: Params) -> list[Action]:
        found = params["response"]
        if found.get("fromServiceWorker") and found.get("serviceWorkerResponseSource") == "network":
            source = next(self._passed_on(exchange), None)
            if source is not None and source.begun:
                exchange.drop()
                return []
            if source is not None:
                exchange.opening.take_headers(source.opening)
                source.drop()
                self._forget(source.name)
        return exchange.response(
            found, float(params["timestamp"]), bool(params.get("hasExtraInfo"))
        )

    def _passed_on(self, exchange: Exchange) -> Iterator[Exchange]:
        """The service worker's requests whose response a page's exchange may have got."""
        for each in self._current.values():
            if (
                each.target == "service_worker"
                and each.state is not State.OVER
                and each.opening.method == exchange.opening.method
                and each.opening.url == exchange.opening.url
            ):
                yield each

    def _commits(self, name: str, params: Params) -> list[Action]:
        """End what a frame's former document asked for, if these are its new document's bytes.

        The browser says nothing of such requests any more.
        """
        frame = self._documents.pop(name, "")
        if not frame:
            return []
        left = [
            each for each in self._all() if each.loader not in ("", name) and each.frame == frame
        ]
        now_s = float(params["timestamp"])
        actions = self._cut(left, now_s, reasons.CLIENT_CLOSED, error=PAGE_LEFT)
        return actions + self._left(frame, now_s)

    def _cut(
        self, exchanges: Iterable[Exchange], now_s: float, reason: str, **details: str
    ) -> list[Action]:
        ended = list(exchanges)
        actions = [action for each in ended for action in each.cut(now_s, reason, **details)]
        for each in ended:
            self._forget(each.name)
        return actions

    def _forget(self, name: str) -> None:
        exchange = self._current.get(name)
        if exchange is not None and exchange.state is State.OVER:
            del self._current[name]
        hops = [
            each
            for each in self._redirected.pop(name, [])
            if each.state is not State.OVER or (name in self._current and _lacks_headers(each))
        ]
        if hops:
            self._redirected[name] = hops


def _lacks_headers(exchange: Exchange) -> bool:
    return any(map(exchange.opening.lacks, (Event.REQUEST_HEADERS, Event.RESPONSE_HEADERS)))


def why(failed: Params) -> tuple[str, dict[str, str]]:
    """The reason why a response ended early, and the end record's other fields.

    https://source.chromium.org/chromium/chromium/src/+/main:net/base/net_error_list.h
    """
    error = str(failed.get("errorText") or "")
    if failed.get("canceled") or error == _ABORTED:
        return reasons.CLIENT_CLOSED, {}
    blocked = failed.get("blockedReason") or (failed.get("corsErrorStatus") or {}).get("corsError")
    if blocked:
        return reasons.CLIENT_CLOSED, {"error": f"the browser keeps it from the page: {blocked}"}
    if error.startswith("net::ERR_"):
        return reasons.UPSTREAM_CUT, {"error": error}
    return reasons.UNKNOWN, {"error": error}
