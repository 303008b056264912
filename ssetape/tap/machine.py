"""The whole of it without I/O: messages of the browser in, commands and records out.

machine = Machine(policy)
actions = machine.start()
while ...:
    ...send and write what the actions say...
    actions = machine.receive(message, time.perf_counter())
"""

from ssetape.recording import reasons
from ssetape.tap.actions import Action, Warn
from ssetape.tap.commands import Commands, Reply
from ssetape.tap.devtools import TARGETS, Command, Event, Params, auto_attach, enable
from ssetape.tap.network import PAGE_LEFT, Network
from ssetape.tap.policy import Policy
from ssetape.tap.sockets import Sockets

_EVENTS = {event.value: event for event in Event}
_OF_SOCKETS = frozenset(event for event in Event if event.name.startswith("SOCKET_"))


class Machine:
    """Listens to every page, frame and worker of a browser.

    Attributes:
        pages: the sessions of its pages that are ready, in the order in which they came.
    """

    def __init__(self, policy: Policy) -> None:
        self.pages: list[str] = []
        self._commands = Commands()
        self._network = Network(policy, self._commands, self._left)
        self._sockets = Sockets(policy)
        self._records_all = policy.records_all
        # Target type and id by session. A target may be attached to once only.
        self._sessions: dict[str, tuple[str, str]] = {}
        # How far our clock is ahead of the browser's, which may be another machine's.
        self._ahead_s: float | None = None
        self._said: set[str] = set()

    def __len__(self) -> int:
        """How many exchanges and WebSockets are not over."""
        return len(self._network) + len(self._sockets)

    def start(self) -> list[Action]:
        """Attach to all targets, those that come later included."""
        return [self._commands.send("", Command.AUTO_ATTACH, auto_attach(of_browser=True))]

    def open(self, url: str, *, in_new_tab: bool) -> list[Action]:
        """Open a URL, in the first page or in a new tab."""
        if self.pages and not in_new_tab:
            return [self._commands.send(self.pages[0], Command.NAVIGATE, {"url": url})]
        return [self._commands.send("", Command.NEW_TAB, {"url": url})]

    def receive(self, message: Params, now_s: float) -> list[Action]:
        """What a message of the browser leads to; a warning for one that is not understood.

        Args:
            now_s: when it came, on any monotonic clock.
        """
        method = str(message.get("method", "reply"))
        try:
            if "id" in message:
                return self._commands.reply(message)
            event = _EVENTS.get(method)
            if event is None:
                return []
            params = message.get("params") or {}
            return self._event(event, params, str(message.get("sessionId") or ""), now_s)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            if method in self._said:
                return []
            self._said.add(method)
            words = f"{type(error).__name__}: {error}"
            return [Warn(f"the browser's {method} is not as expected and is left out: {words}")]

    def tick(self, now_s: float) -> list[Action]:
        """Time has passed: call it some times a second."""
        return self._network.tick(self._browsers(now_s))

    def end(self, now_s: float, reason: str, **details: str) -> list[Action]:
        """Nothing more comes: end all that is open."""
        then_s = self._browsers(now_s)
        actions = self._network.leave(None, then_s, reason, **details)
        return actions + self._sockets.leave(None, then_s, reason, **details)

    # -----------------------------------------------------------------------------------------

    def _browsers(self, now_s: float) -> float:
        """A time of ours on the browser's clock."""
        return now_s - (self._ahead_s or 0.0)

    def _event(self, event: Event, params: Params, session: str, now_s: float) -> list[Action]:
        if event is Event.ATTACHED:
            return self._attached(params, session)
        if event is Event.DETACHED:
            return self._detached(str(params["sessionId"]), now_s)
        if event is Event.CRASHED:
            return self._leave(session, now_s, reasons.TAB_CRASHED)
        if session not in self._sessions:
            return []
        if "timestamp" in params:
            ahead_s = now_s - float(params["timestamp"])
            self._ahead_s = ahead_s if self._ahead_s is None else min(self._ahead_s, ahead_s)
        target, _ = self._sessions[session]
        if event in _OF_SOCKETS:
            return self._sockets.receive(event, params, session, target)
        return self._network.receive(event, params, session, target)

    def _left(self, frame: str, now_s: float) -> list[Action]:
        """A document was left: so were its WebSockets, of which no frame is known but the main."""
        return [
            action
            for session, (_, target_id) in self._sessions.items()
            if target_id == frame
            for action in self._sockets.leave(
                session, now_s, reasons.CLIENT_CLOSED, error=PAGE_LEFT
            )
        ]

    def _attached(self, params: Params, parent: str) -> list[Action]:
        session = str(params["sessionId"])
        found = params["targetInfo"]
        target, name = str(found["type"]), str(found["targetId"])
        known = any(name == other for _, other in self._sessions.values())
        if target not in TARGETS or known:
            detach = self._commands.send(parent, Command.DETACH, {"sessionId": session})
            return [self._commands.send(session, Command.RESUME), detach]
        self._sessions[session] = (target, name)

        def ready(reply: Reply) -> list[Action]:
            if target == "page" and session in self._sessions:
                self.pages.append(session)
            return []

        send = self._commands.send
        return [
            send(session, Command.ENABLE, enable(self._records_all)),
            send(session, Command.AUTO_ATTACH, auto_attach(of_browser=False)),
            send(session, Command.RESUME, then=ready),
        ]

    def _detached(self, session: str, now_s: float) -> list[Action]:
        actions = self._leave(session, now_s, reasons.TAB_CLOSED)
        self._sessions.pop(session, None)
        self._commands.forget(session)
        if session in self.pages:
            self.pages.remove(session)
        return actions

    def _leave(self, session: str, now_s: float, reason: str) -> list[Action]:
        then_s = self._browsers(now_s)
        actions = self._network.leave(session, then_s, reason)
        return actions + self._sockets.leave(session, then_s, reason)
