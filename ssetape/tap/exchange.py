"""One request and its response, from the events of the browser: a state machine without I/O.

A stream's bytes come in three ways. The first chunks were there before the browser was asked to
stream: their sizes and moments came as events, their bytes come with the reply. Later chunks come
with their bytes. And where the browser cannot stream (the response is over already, or the browser
is too old), all sizes and moments come as events, and the bytes at the end, as the whole body.
"""

from collections.abc import Callable

from ssetape.format.values import Headers
from ssetape.messages import detection
from ssetape.recording import reasons
from ssetape.tap import heads
from ssetape.tap.actions import Action, Finish, Warn, WriteChunk
from ssetape.tap.commands import Reply, Then
from ssetape.tap.devtools import BODY_LIMIT_BYTES, Command, Event, Params
from ssetape.tap.opening import Opening
from ssetape.tap.policy import Aim, Policy
from ssetape.tap.reads import Reads, State

_OLD = (
    f"this browser does not know {Command.STREAM}, so a stream's bytes are written when it ends, "
    f"with the moments that each chunk came at: update the browser to have them as they come"
)
# A page that gives a response up may do so because its tab, or the browser, is being closed: which
# is told a moment later.
_DOUBT_S = 0.5

# Sends a command about an exchange.
Ask = Callable[["Exchange", Command, Then], Action]


class Exchange:
    """One hop: a redirect makes another.

    Attributes:
        id: unique among all exchanges.
        name: the browser's id of the request, which a redirect keeps.
        session, target: the session that tells of it, and the type of its target.
        frame, loader: of the document that asked, as DevTools names them; "" for none.
        opening: what its capture begins with.
        state: how the body is had.
        begun: whether a capture of it has been begun.
        before: the hop that redirected to this one.
    """

    def __init__(
        self, id: str, event: Params, session: str, target: str, policy: Policy, ask: Ask
    ) -> None:
        self.id = id
        self.name = str(event["requestId"])
        self.session = session
        self.target = target
        self.frame = str(event.get("frameId") or "")
        self.loader = str(event.get("loaderId") or "")
        self.opening = Opening(event)
        self.state = State.ASKED
        self.begun = False
        self.before: Exchange | None = None
        self._policy = policy
        self._ask_about = ask
        self._aim = Aim.UNDECIDED
        self._first_bytes = detection.FirstBytes([])
        self._reads = Reads()
        self._has_bytes = False
        # Chunks that are not written yet, because the capture cannot begin.
        self._held: list[tuple[float, bytes]] = []
        self._last_s = self.opening.sent_s
        self._finish: Finish | None = None
        self._doubts_finish = False

    @property
    def title(self) -> str:
        """Method and URL."""
        return f"{self.opening.method} {self.opening.url}"

    # --- events ------------------------------------------------------------------------------

    def headers(self, event: Event, found: Headers) -> list[Action]:
        """The request's headers as they were sent, or the response's as they came."""
        self.opening.headers(event, found)
        return self._go_on()

    def tick(self, now_s: float) -> list[Action]:
        """Time has passed: wait no longer for headers that do not come, or for another reason."""
        if self._doubts_finish and self._finish and now_s > self._finish.now_s + _DOUBT_S:
            self._doubts_finish = False
            return self._go_on()
        if self.begun or self.state is State.ASKED or not self.opening.is_whole(now_s):
            return []
        self.opening.give_up()
        return self._go_on()

    def response(self, found: Params, now_s: float, waits_for_headers: bool) -> list[Action]:
        """The response's head is there."""
        if self.state is not State.ASKED:
            return []
        self.opening.response(found, now_s, waits_for_headers)
        self._aim = self._policy.aim(self.opening.heads(), self.opening.body)
        if self._aim in (Aim.UNWANTED, Aim.EXCLUDED):
            return self._pass()
        actions: list[Action] = []
        if self.opening.body is None:
            actions.append(self._ask(Command.REQUEST_BODY, self._request_body_came))
        if self._aim is Aim.ORDINARY:
            self.state = State.WHOLE
        else:
            self.state = State.STREAMING
            actions.append(self._ask(Command.STREAM, self._streaming))
        return actions + self._go_on()

    def data(
        self, now_s: float, size_bytes: int, data: bytes | None, network_bytes: int = 0
    ) -> list[Action]:
        """A chunk is there; `data` is None where its bytes come later.

        Args:
            network_bytes: what came from the network, of which the page may have read nothing.
        """
        self._last_s = max(self._last_s, now_s)
        if data:
            return self._came([(now_s, data)])
        if not size_bytes:
            self._reads.skipped_bytes += network_bytes
        elif self.state in (State.STREAMING, State.WHOLE):
            self._reads.add(now_s, size_bytes)
        return []

    def end(self, now_s: float, reason: str, **details: str) -> list[Action]:
        """The browser says that it is over."""
        if self.state is State.OVER or self._finish is not None:
            return []
        self._finish = Finish(self.id, max(now_s, self._last_s), reason, dict(details))
        self._doubts_finish = reason == reasons.CLIENT_CLOSED and not details
        if self.state is State.ASKED:
            self.state = State.OVER  # no response came
        return self._conclude()

    def cut(self, now_s: float, reason: str, **details: str) -> list[Action]:
        """It is over, and the browser answers no more questions about it."""
        has_nothing = self._aim is Aim.ORDINARY and not self.begun
        if self.state in (State.OVER, State.ASKED) or has_nothing:
            self.state = State.OVER
            return []
        if self._finish is None or self._doubts_finish or self._reads.size_bytes:
            then_s = self._finish.now_s if self._finish is not None else now_s
            self._finish = Finish(self.id, max(then_s, self._last_s), reason, dict(details))
            self._doubts_finish = reason == reasons.TAB_CLOSED
        self.state = State.LIVE
        self.opening.give_up()
        return self._go_on()

    def drop(self) -> None:
        """Write nothing more: somebody else's exchange has these bytes."""
        self.state = State.OVER

    # --- what the browser replies ------------------------------------------------------------

    def _ask(self, command: Command, then: Then) -> Action:
        return self._ask_about(self, command, then)

    def _streaming(self, reply: Reply) -> list[Action]:
        if self.state is not State.STREAMING:
            return []
        if not reply.error:
            data = heads.unbase64(reply.result.get("bufferedData") or "")
            self.state = State.LIVE
            return self._came(self._reads.cut(data, self._last_s))
        self.state = State.WHOLE
        return [Warn(_OLD)] * reply.is_unknown + self._conclude()

    def _request_body_came(self, reply: Reply) -> list[Action]:
        if self.opening.body is None:
            self.opening.body = b"" if reply.error else heads.request_body(reply.result)
        words = f"{self.title}: the browser has no request body: {reply.error}"
        return [Warn(words)] * bool(reply.error) + self._go_on()

    def _fetch(self) -> list[Action]:
        """Ask for the body, where there is one."""
        assert self._finish is not None
        is_ordinary = self._aim is Aim.ORDINARY
        if self._doubts_finish and is_ordinary and self.opening.is_bodiless:
            # Of what has no body, the browser says that the page has given it up.
            self._doubts_finish = False
            self._finish = Finish(self.id, self._finish.now_s, reasons.COMPLETE)
        if is_ordinary and self._finish.reason != reasons.COMPLETE:
            self.state = State.OVER  # as through the proxy, which passes no part of it on
            return []
        size_bytes = max(self._reads.size_bytes, self._reads.skipped_bytes)
        if is_ordinary and size_bytes > BODY_LIMIT_BYTES:
            self.state = State.OVER
            words = f"its body has {size_bytes} bytes, more than {BODY_LIMIT_BYTES}"
            return [Warn(f"did not record {self.title}: {words}")]
        if self.opening.is_bodiless:
            self.state = State.LIVE
            return self._go_on()
        self.state = State.FETCHING
        return [self._ask(Command.BODY, self._fetched)]

    def _fetched(self, reply: Reply) -> list[Action]:
        assert self._finish is not None
        if self.state is not State.FETCHING:
            return []
        self.state = State.LIVE
        charset, size_bytes = self.opening.charset, self._reads.size_bytes
        data = b"" if reply.error else heads.response_body(reply.result, charset, size_bytes)
        if not data and self._reads.had_bytes(self.opening.has_length):
            return self._lose(reply.error or "it gives an empty one")
        words = f"the browser gives {len(data)} bytes of the body; {size_bytes} came"
        lost = [Warn(f"{self.title}: {words}")] * (size_bytes not in (0, len(data)))
        chunks = self._reads.cut(data, self._last_s)
        if self._aim is Aim.ORDINARY:
            chunks = [(self._finish.now_s, data)] * bool(data)  # when it was whole
        self._reads.clear()
        return lost + self._came(chunks)

    def _lose(self, error: str) -> list[Action]:
        """The body is not to be had."""
        assert self._finish is not None
        self._reads.clear()
        words = f"the browser no longer has the body: {error}"
        if self._aim is Aim.ORDINARY:
            self.state = State.OVER
            return [Warn(f"did not record {self.title}: {words}")]
        self._aim = Aim.STREAM
        self._finish = Finish(self.id, self._finish.now_s, reasons.UNKNOWN, {"error": words})
        return self._go_on()

    def _conclude(self) -> list[Action]:
        """Ask for the bytes that did not come with their events, if it is over."""
        if self._finish is None:
            return self._go_on()
        is_skipped = self._reads.skipped_bytes > 0 and not self._has_bytes
        if self.state is State.LIVE and is_skipped and self._finish.reason == reasons.COMPLETE:
            self.state = State.WHOLE
        return self._fetch() if self.state is State.WHOLE else self._go_on()

    def _came(self, chunks: list[tuple[float, bytes]]) -> list[Action]:
        if self.state is State.OVER:
            return []
        for _, data in chunks:
            if self._aim is Aim.UNDECIDED and (verdict := self._first_bytes.feed(data)) is not None:
                self._aim = Aim.STREAM if verdict else self._policy.ordinary
        self._held += chunks
        self._has_bytes |= bool(chunks)
        return self._conclude()

    def _go_on(self) -> list[Action]:
        """Write what can be written by now."""
        if self.state in (State.OVER, State.ASKED):
            return []
        is_over = self._finish is not None and self.state is State.LIVE
        if self._aim is Aim.UNDECIDED and is_over:
            self._aim = self._policy.ordinary
        if self._aim is Aim.UNWANTED:
            return self._pass()
        actions: list[Action] = []
        if not self.begun:
            if not self._can_begin(is_over):
                return []
            self.begun = True
            begin, problem = self.opening.begin(self.id, self.target)
            actions += [*self._redirects(), begin]
            if problem:
                actions.append(Warn(f"{self.title}: {problem}"))
        for now_s, data in self._held:
            self._last_s = max(self._last_s, now_s)
            actions.append(WriteChunk(self.id, now_s, data))
        self._held.clear()
        if is_over and not self._doubts_finish:
            assert self._finish is not None
            self.state = State.OVER
            actions.append(self._finish)
        return actions

    def _redirects(self) -> list[Action]:
        """Record the hops that led here, unless they are recorded anyway."""
        hop = self.before
        if hop is None or hop.begun or hop._aim is not Aim.UNWANTED:
            return []
        hop.begun = True
        hop.opening.give_up()
        begin, _ = hop.opening.begin(hop.id, hop.target)
        return [*hop._redirects(), begin, Finish(hop.id, hop.opening.head_s, reasons.COMPLETE)]

    def _pass(self) -> list[Action]:
        """Record nothing of it."""
        self.drop()
        return [self.opening.passed(is_excluded=self._aim is Aim.EXCLUDED)]

    def _can_begin(self, is_over: bool) -> bool:
        if not self.opening.is_whole(self._last_s) or self._aim is Aim.UNDECIDED:
            return False
        if self._aim is Aim.ORDINARY and self.state is not State.LIVE:
            return False
        # A service worker may pass a body on to a page without seeing it: then the page's
        # exchange has the bytes.
        return self.target != "service_worker" or is_over or bool(self._held)
