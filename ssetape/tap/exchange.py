"""One request and its response, from the events of the browser: a state machine without I/O.

A stream's bytes come in three ways. The first chunks were there before the browser was asked to
stream: their sizes and moments came as events, their bytes come with the reply. Later chunks come
with their bytes. And where the browser cannot stream (the response is over already, or the browser
is too old), all sizes and moments come as events, and the bytes at the end, as the whole body.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, auto

from ssetape.format.values import Headers, header_values
from ssetape.messages import detection
from ssetape.recording import reasons
from ssetape.tap import heads
from ssetape.tap.actions import Action, Begin, Finish, Warn, WriteChunk
from ssetape.tap.commands import Reply, Then
from ssetape.tap.devtools import BODY_LIMIT_BYTES, Command, Event, Params
from ssetape.tap.filter import Filter, Heads

# A response's or request's real headers come as events of their own, from another process of the
# browser, mostly earlier. Who waits longer for them does without.
HEADERS_PATIENCE_S = 0.5

# Of a redirect, the browser drops the body.
_WITHOUT_BODY = (204, 205, 301, 302, 303, 304, 307, 308)


@dataclass(frozen=True, slots=True)
class Policy:
    """What is recorded.

    Attributes:
        records_all: whether ordinary responses are, too.
        wants: whether an exchange is to be recorded.
    """

    records_all: bool
    wants: Filter


# Sends a command about an exchange.
Ask = Callable[["Exchange", Command, Then], Action]


class Aim(Enum):
    """What the response is, as far as that is known."""

    UNDECIDED = auto()  # its first bytes will tell
    STREAM = auto()
    ORDINARY = auto()


class State(Enum):
    """How the body is had."""

    ASKED = auto()  # there is no response yet
    STREAMING = auto()  # the browser has been asked to stream, and has not replied
    LIVE = auto()  # each event has its bytes
    WHOLE = auto()  # the events have sizes; the bytes are asked for at the end
    FETCHING = auto()  # the bytes have been asked for
    OVER = auto()  # nothing more is written


class Exchange:
    """One hop: a redirect makes another.

    Attributes:
        id: unique among all exchanges.
        name: the browser's id of the request, which a redirect keeps.
        session, target: the session that tells of it, and the type of its target.
        frame, loader: of the document that asked, as DevTools names them; "" for none.
        state: how the body is had.
        begun: whether a capture of it has been begun.
    """

    def __init__(
        self, id: str, event: Params, session: str, target: str, policy: Policy, ask: Ask
    ) -> None:
        self.id = id
        self.session = session
        self.target = target
        self.frame = str(event.get("frameId") or "")
        self.loader = str(event.get("loaderId") or "")
        self.state = State.ASKED
        self.begun = False
        self.from_cache = False
        self._policy = policy
        self._ask_about = ask
        self.name = str(event["requestId"])
        self.fields: Params = event["request"]
        self._asked_s = float(event["timestamp"])
        self._asked_wall_s = float(event["wallTime"])
        self._request_headers: Headers | None = None
        self._response_headers: Headers | None = None
        self._body = heads.body_in(self.fields)
        self._waits_for_headers_until_s = 0.0
        self._response: Params = {}
        self._aim = Aim.UNDECIDED
        self._first_bytes = detection.FirstBytes([])
        self._sent_s = self._asked_s
        self._head_s = self._asked_s
        # Chunks of which the bytes are still to come.
        self._sizes: list[tuple[float, int]] = []
        # Chunks that are not written yet, because the capture cannot begin.
        self._held: list[tuple[float, bytes]] = []
        self._last_s = self._asked_s
        self._finish: Finish | None = None

    # --- events ------------------------------------------------------------------------------

    def lacks(self, event: Event) -> bool:
        """Whether it has yet to be given the headers that an event has."""
        if event is Event.REQUEST_HEADERS:
            return self._request_headers is None
        return self._response_headers is None

    def headers(self, event: Event, found: Headers) -> list[Action]:
        """The request's headers as they were sent, or the response's as they came."""
        if event is Event.REQUEST_HEADERS:
            self._request_headers = found
        else:
            self._response_headers = found
        return self._go_on()

    def tick(self, now_s: float) -> list[Action]:
        """Time has passed: wait no longer for headers that do not come."""
        if self.begun or now_s < self._waits_for_headers_until_s:
            return []
        self._waits_for_headers_until_s = 0.0
        return self._go_on()

    def response(self, event: Params, further_headers: bool) -> list[Action]:
        """The response's head is there.

        Args:
            further_headers: whether both heads' headers come in events of their own.
        """
        if self.state is not State.ASKED:
            return []
        found = self._response = event["response"]
        self._times(float(event["timestamp"]))
        if further_headers:
            self._waits_for_headers_until_s = self._head_s + HEADERS_PATIENCE_S
        self.from_cache |= bool(found.get("fromDiskCache") or found.get("fromPrefetchCache"))
        if not self._decide():
            self.state = State.OVER
            return []
        actions: list[Action] = []
        if self._body is None:
            ask = Command.REQUEST_BODY
            actions.append(self._ask(ask, self._request_body_came))
        if self._aim is Aim.ORDINARY:
            self.state = State.WHOLE
        else:
            self.state = State.STREAMING
            actions.append(self._ask(Command.STREAM, self._streaming))
        return actions + self._go_on()

    def data(self, now_s: float, size_bytes: int, data: bytes | None) -> list[Action]:
        """A chunk is there; `data` is None where its bytes come later."""
        self._last_s = max(self._last_s, now_s)
        if data:
            return self._came([(now_s, data)])
        if size_bytes and self.state in (State.STREAMING, State.WHOLE):
            self._sizes.append((now_s, size_bytes))
        return []

    def end(self, now_s: float, reason: str, **details: str) -> list[Action]:
        """The browser says that it is over."""
        if self.state is State.OVER or self._finish is not None:
            return []
        self._finish = Finish(self.id, max(now_s, self._last_s), reason, dict(details))
        if self.state is State.ASKED:
            self.state = State.OVER  # no response came
        elif self.state is State.WHOLE:
            return self._fetch()
        return self._go_on() if self.state is State.LIVE else []

    def cut(self, now_s: float, reason: str, **details: str) -> list[Action]:
        """It is over, and the browser answers no more questions about it."""
        if self.state in (State.OVER, State.ASKED):
            self.state = State.OVER
            return []
        if self._aim is Aim.ORDINARY and not self.begun:
            self.state = State.OVER  # of its body there is nothing
            return []
        finish = Finish(self.id, max(now_s, self._last_s), reason, dict(details))
        self._finish = self._finish or finish
        self.state = State.LIVE
        self._waits_for_headers_until_s = 0.0
        self._body = self._body or b""
        return self._go_on()

    def drop(self) -> None:
        """Write nothing more: somebody else's exchange has these bytes."""
        self.state = State.OVER

    # --- what the browser replies ------------------------------------------------------------

    def _streaming(self, reply: Reply) -> list[Action]:
        if self.state is not State.STREAMING:
            return []
        if not reply.error:
            data = heads.unbase64(reply.result.get("bufferedData") or "")
            self.state = State.LIVE
            return self._came(self._cut(data))
        self.state = State.WHOLE
        unknown: list[Action] = []
        if reply.is_unknown:
            unknown.append(
                Warn(
                    f"this browser does not know {Command.STREAM}, so a stream's bytes are written "
                    f"when it ends, with the moments that each chunk came at: update the browser "
                    f"to have them as they come"
                )
            )
        return unknown + (self._fetch() if self._finish is not None else [])

    def _request_body_came(self, reply: Reply) -> list[Action]:
        if self._body is None:
            self._body = heads.request_body(reply.result) if not reply.error else b""
        unknown: list[Action] = []
        if reply.error:
            unknown.append(Warn(f"{self.title}: the browser has no request body: {reply.error}"))
        return unknown + self._go_on()

    def _fetch(self) -> list[Action]:
        """Ask for the body, where there is one."""
        assert self._finish is not None
        size_bytes = sum(size for _, size in self._sizes)
        without = self._status in _WITHOUT_BODY or self.fields["method"] == "HEAD"
        if self._aim is Aim.ORDINARY and self._finish.reason != reasons.COMPLETE:
            self.state = State.OVER  # as through the proxy, which passes no part of it on
            return []
        if self._aim is Aim.ORDINARY and size_bytes > BODY_LIMIT_BYTES:
            self.state = State.OVER
            words = f"its body has {size_bytes} bytes, more than {BODY_LIMIT_BYTES}"
            return [Warn(f"did not record {self.title}: {words}")]
        if without:
            self.state = State.LIVE
            return self._go_on()
        self.state = State.FETCHING
        return [self._ask(Command.BODY, self._fetched)]

    def _fetched(self, reply: Reply) -> list[Action]:
        assert self._finish is not None
        if self.state is not State.FETCHING:
            return []
        self.state = State.LIVE
        size_bytes = sum(size for _, size in self._sizes)
        if not reply.error:
            charset = str(self._response.get("charset") or "")
            data = heads.response_body(reply.result, charset, size_bytes)
            if self._aim is Aim.ORDINARY:
                return self._came([(self._finish.now_s, data)] if data else [])
            return self._came(self._cut(data))
        if not size_bytes:
            return self._go_on()  # it was empty
        words = f"the browser no longer has the body of {self.title}: {reply.error}"
        if self._aim is Aim.ORDINARY:
            self.state = State.OVER
            return [Warn(f"{words}; it is not recorded")]
        self._sizes.clear()
        error = f"the browser no longer has the body: {reply.error}"
        self._finish = Finish(self.id, self._finish.now_s, reasons.UNKNOWN, {"error": error})
        self._aim = Aim.STREAM
        return [Warn(words), *self._go_on()]

    # --- what follows ------------------------------------------------------------------------

    @property
    def title(self) -> str:
        """Method and URL."""
        return f"{self.fields['method']} {heads.url(self.fields['url'])}"

    @property
    def _status(self) -> int:
        return int(self._response["status"])

    def _ask(self, command: Command, then: Then) -> Action:
        return self._ask_about(self, command, then)

    def _times(self, now_s: float) -> None:
        """When the request was sent and the head came: by the network service, if it says so."""
        timing = self._response.get("timing") or {}
        sent_ms, head_ms = timing.get("sendStart", -1.0), timing.get("receiveHeadersEnd", -1.0)
        head_ms = timing.get("receiveHeadersStart", head_ms)
        base_s = float(timing.get("requestTime", 0.0))
        if base_s and sent_ms >= 0 and self._asked_s <= base_s + sent_ms / 1000 <= now_s:
            self._sent_s = base_s + sent_ms / 1000
        self._head_s = now_s
        if base_s and head_ms >= 0 and self._sent_s <= base_s + head_ms / 1000 <= now_s:
            self._head_s = base_s + head_ms / 1000

    def _decide(self) -> bool:
        """Find out what it is, and whether it is to be recorded."""
        answered = heads.headers(self._response["headers"], self._response.get("headersText") or "")
        asked = heads.headers(self.fields["headers"])
        url = heads.url(self.fields["url"])
        if not self._policy.wants(Heads(self.fields["method"], url, asked, answered, self._status)):
            return False
        kept, _ = heads.undone(answered)
        if self._status in _WITHOUT_BODY:
            self._aim = Aim.ORDINARY
        elif detection.is_stream(answered):
            self._aim = Aim.STREAM
        elif not detection.is_worth_a_look(self._status, kept, asked, self._body):
            self._aim = Aim.ORDINARY
        return self._aim is not Aim.ORDINARY or self._policy.records_all

    def _cut(self, data: bytes) -> list[tuple[float, bytes]]:
        """Bytes that came together, cut as they came to the browser."""
        chunks: list[tuple[float, bytes]] = []
        start = 0
        for now_s, size in self._sizes:
            if piece := data[start : start + size]:
                chunks.append((now_s, piece))
            start += size
        if rest := data[start:]:
            # Nothing said when these came: after the last that is known.
            chunks.append((self._sizes[-1][0] if self._sizes else self._last_s, rest))
        self._sizes.clear()
        return chunks

    def _came(self, chunks: list[tuple[float, bytes]]) -> list[Action]:
        if self.state is State.OVER:
            return []
        if self._aim is Aim.UNDECIDED:
            for _, data in chunks:
                verdict = self._first_bytes.feed(data)
                if verdict is not None:
                    self._aim = Aim.STREAM if verdict else Aim.ORDINARY
                    break
        self._held += chunks
        return self._go_on()

    def _go_on(self) -> list[Action]:
        """Write what can be written by now."""
        if self.state is State.OVER or not self._response:
            return []
        is_over = self._finish is not None and self.state is State.LIVE
        if self._aim is Aim.UNDECIDED and is_over:
            self._aim = Aim.ORDINARY
        if self._aim is Aim.ORDINARY and not self._policy.records_all:
            self.state = State.OVER
            self._held.clear()
            return []
        actions: list[Action] = []
        if not self.begun:
            if not self._can_begin(is_over):
                return []
            self.begun = True
            actions += self._beginning()
        for now_s, data in self._held:
            self._last_s = max(self._last_s, now_s)
            actions.append(WriteChunk(self.id, now_s, data))
        self._held.clear()
        if is_over:
            assert self._finish is not None
            self.state = State.OVER
            actions.append(self._finish)
        return actions

    def _can_begin(self, is_over: bool) -> bool:
        if self._body is None:
            return False
        waits = self._request_headers is None or self._response_headers is None
        if waits and self._last_s < self._waits_for_headers_until_s:
            return False
        if self._aim is Aim.UNDECIDED or (self._aim is Aim.ORDINARY and self.state is State.WHOLE):
            return False
        # A service worker may pass a body on to a page without seeing it: then the page's
        # exchange has the bytes.
        return self.target != "service_worker" or is_over or bool(self._held)

    def _beginning(self) -> list[Action]:
        found = self._response
        version = heads.http_version(found.get("protocol"))
        asked = heads.request(self.fields, self._request_headers, version, self._body)
        warnings: list[Action] = []
        said_bytes = header_values(asked.headers, "content-length")
        if self._body and said_bytes and said_bytes != [str(len(self._body))]:
            # Files that a form sends are not in the browser's tools.
            words = f"the browser has {len(self._body)} of {said_bytes[0]} bytes of its body"
            warnings.append(Warn(f"{self.title}: {words}; it is left out"))
            asked = replace(asked, body=None)
        came = self._response_headers
        if came is None:
            came = heads.headers(found["headers"], found.get("headersText") or "")
        t_s = self._head_s - self._sent_s
        answer = heads.response(found, came, t_s, self.from_cache)
        wall_s = self._asked_wall_s + self._sent_s - self._asked_s
        started_ns = int(wall_s * 1e9)
        begin = Begin(self.id, asked, answer, self._sent_s, started_ns, self.target)
        return [begin, *warnings]
