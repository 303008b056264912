"""Replays a WebSocket: wsproto frames it, the capture has the content and times.

https://www.rfc-editor.org/rfc/rfc6455
"""

import asyncio
from enum import Enum

from wsproto import ConnectionType, events
from wsproto.connection import Connection as FrameConnection
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from ssetape.errors import SsetapeError
from ssetape.format.values import End, Message

from ..exchange import Play, patience
from ..sessions.cued import Cued
from ..stream import PATIENCE_NS, StreamState
from ..timer import now_ns
from .connection import Connection
from .service import Service
from .websocket_client import ClientScript
from .websocket_client import Strictness as Strictness
from .websocket_end import Ending, ending
from .websocket_handshake import acceptance
from .websocket_schedule import Due, WebSocketSchedule

# A client's message: larger ones close the connection.
MESSAGE_LIMIT_BYTES = 64 * 1024 * 1024
# How long a client may take to answer a close.
_CLOSING_S = 5.0
# Messages sent to one client before other clients get a turn.
_BURST = range(64)


class WebSocketState(Enum):
    """The state of a connection."""

    OPENING = "opening"  # until its handshake is answered
    OPEN = "open"
    CLOSING = "closing"  # until the client answers our close frame
    CLOSED = "closed"


# The legal transitions.
_NEXT: dict[WebSocketState, set[WebSocketState]] = {
    WebSocketState.OPENING: {WebSocketState.OPEN, WebSocketState.CLOSED},
    WebSocketState.OPEN: {WebSocketState.CLOSING, WebSocketState.CLOSED},
    WebSocketState.CLOSING: {WebSocketState.CLOSED},
    WebSocketState.CLOSED: set(),
}
# The states in which it plays what is due.
_PLAYING = {WebSocketState.OPENING, WebSocketState.OPEN}


class WebSocketConnection(Connection):
    """Takes over a connection whose request asks for a WebSocket; a `timer.Player`.

    Args:
        headers, target: those of the request.
        asked_ns: when the request came, as `timer.now_ns()`.

    Raises:
        HandshakeError: the request does not follow RFC 6455.
        CaptureError: the capture is damaged.
    """

    def __init__(
        self,
        answer: Play,
        service: Service,
        headers: list[tuple[bytes, bytes]],
        target: bytes,
        asked_ns: int,
    ) -> None:
        capture = answer.capture
        self._name = capture.name
        super().__init__(service)
        self._state = WebSocketState.OPENING
        self._acceptance = acceptance(headers, target, answer.response)
        self._socket = FrameConnection(ConnectionType.SERVER)
        cued = answer.cued if isinstance(answer.cued, Cued) else None
        self._schedule = WebSocketSchedule(
            capture.messages(), capture.end, answer.response.t_s, answer.pace, asked_ns, cued
        )
        self._answer = answer
        self._run = cued.run if cued is not None else None
        self._due: Due | None = Due(self._schedule.opens_ns, None)
        self._is_scheduled = False  # whether the timer will call play()
        self._is_full = False  # the client does not read what was sent
        self._script = ClientScript(capture, service.strictness)
        self._message = bytearray()  # of the client, while it comes; a list of tiny ones is large
        self._ping: events.Ping | None = None  # to be answered when the client reads
        self.chunks = 0  # messages sent
        self._outcome = StreamState.LEFT  # until all was played
        self._counts_from_ns = asked_ns + 1  # as in `Stream`

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._service.watch.add(self)
        self._service.meter.begin(self)
        if self._run is not None:
            self._run.listen(self._request_came)
        self._go_on()

    def connection_lost(self, exc: Exception | None) -> None:
        self._service.transports.discard(self.transport)
        self._service.watch.remove(self)
        self._service.meter.end(self, self._outcome.value)
        if self._run is not None:
            self._run.leave(self._request_came)
        if self._state is not WebSocketState.CLOSED:
            self._move(WebSocketState.CLOSED)

    @property
    def takes(self) -> bool:
        return self._state is not WebSocketState.OPENING

    @property
    def is_playing(self) -> bool:
        return self._state in _PLAYING

    def pause_writing(self) -> None:
        self._is_full = True

    def resume_writing(self) -> None:
        self._is_full = False
        self._counts_from_ns = now_ns()
        self._answer_ping()
        self._go_on()

    def play(self, now_ns: int) -> int | None:
        """Do what is due by now; return when the next message is due."""
        for _ in _BURST:
            due = self._due
            if due is None or not self._can_play():
                self._is_scheduled = False
                return None
            if due.at_ns > now_ns:
                return due.at_ns
            if due.at_ns >= self._counts_from_ns:
                self._service.meter.note_late(now_ns - due.at_ns)
            try:
                self._due = None
                self._do(due)
                self._look_ahead()
            except SsetapeError as error:
                self._service.log_damage(error)
                self._cut()
        return now_ns

    def data_received(self, data: bytes) -> None:
        now = now_ns()
        if self._state is WebSocketState.CLOSED:
            return
        try:
            self._socket.receive_data(data)
            for event in self._socket.events():
                self._take(event, now)
            self._answer_ping()
        except (RemoteProtocolError, LocalProtocolError) as error:
            self._service.log(f"{self._name}: the client does not speak WebSocket: {error}")
            self._cut()

    def _can_play(self) -> bool:
        return self._state in _PLAYING and not self._is_full

    def _go_on(self) -> None:
        """Schedule what comes next, if it is known by now."""
        if self._due is not None and self._can_play() and not self._is_scheduled:
            self._is_scheduled = True
            self._service.timer.schedule(self._due.at_ns, self)

    def _do(self, due: Due) -> None:
        if self._state is WebSocketState.OPENING:
            self._move(WebSocketState.OPEN)
            self.transport.write(self._acceptance)
            self.go_on()
        elif isinstance(due.what, Message):
            text = due.what.text
            self._send(
                events.BytesMessage(due.what.data) if text is None else events.TextMessage(text)
            )
            self.chunks += 1
        else:
            self._end(due.what)

    def _end(self, end: End | None) -> None:
        """End as recorded. If the recorded client closed, wait for this client to close."""
        how = ending(end)
        self._outcome = StreamState.CUT if how is Ending.CUT else StreamState.COMPLETE
        if how is Ending.CUT:
            self._cut()
        elif how is Ending.CLOSED and end is not None and end.close is not None:
            self._close(end.close.code, end.close.reason)

    def _close(self, code: int, reason: str) -> None:
        self._move(WebSocketState.CLOSING)
        known = CloseReason(code) if code in list(CloseReason) else code
        said = None if code == CloseReason.NO_STATUS_RCVD else reason
        self._send(events.CloseConnection(known, said))
        asyncio.get_running_loop().call_later(_CLOSING_S, self.transport.close)

    def _cut(self) -> None:
        """End the connection without a close frame."""
        if self._state is not WebSocketState.CLOSED:
            self._move(WebSocketState.CLOSED)
        self.transport.close()

    def _take(self, event: events.Event, now: int) -> None:
        if isinstance(event, events.Ping):
            self._ping = event
        elif isinstance(event, events.CloseConnection):
            if self._state is WebSocketState.OPEN:
                self._send(event.response())
            self._cut()
        elif isinstance(event, events.TextMessage | events.BytesMessage):
            if self._state is not WebSocketState.OPEN:
                return
            data = event.data.encode() if isinstance(event.data, str) else bytes(event.data)
            self._message += data
            if len(self._message) > MESSAGE_LIMIT_BYTES:
                self._close(CloseReason.MESSAGE_TOO_BIG, f"over {MESSAGE_LIMIT_BYTES} bytes")
            elif event.message_finished:
                whole = bytes(self._message)
                self._message.clear()
                self._client_said(whole, isinstance(event, events.TextMessage), now)

    def _answer_ping(self) -> None:
        """Answer the last ping: that is enough (RFC 6455, section 5.5.3), once the client reads."""
        if self._ping is not None and self._state is WebSocketState.OPEN and not self._is_full:
            self._send(self._ping.response())
            self._ping = None

    def _client_said(self, data: bytes, is_text: bool, now: int) -> None:
        try:
            problem = self._script.problem(data, is_text)
            if problem:
                problem = f"client message {self._script.count} {problem}"
                self._service.log(f"{self._name}: {problem}")
                self._close(CloseReason.POLICY_VIOLATION, problem)
                return
            self._schedule.client_sent(now)
            if self._due is None:
                self._look_ahead()
                self._go_on()
        except SsetapeError as error:
            self._service.log_damage(error)
            self._cut()

    def _look_ahead(self) -> None:
        """Find out what comes next; if that waits for a request, have it told after a while."""
        self._due = self._schedule.next()
        if self._due is None and (requests := self._schedule.waits_for):
            wait_s = PATIENCE_NS / 1e9
            asyncio.get_running_loop().call_later(wait_s, self._lose_patience, requests)

    def _lose_patience(self, requests: list[str]) -> None:
        if self._state is WebSocketState.OPEN and self._schedule.waits_for == requests:
            service = self._service
            is_strict = service.answerer.is_strict
            if patience(self._answer, service.log, is_strict=is_strict)(requests):
                self._cut()

    def _request_came(self) -> None:
        """Go on if it waited for this request of its session."""
        try:
            if self._due is None and self._state is WebSocketState.OPEN:
                self._look_ahead()
                self._go_on()
        except SsetapeError as error:
            self._service.log_damage(error)
            self._cut()

    def _send(self, event: events.Event) -> None:
        data = self._socket.send(event)
        self._service.meter.sent_bytes += len(data)
        self.transport.write(data)

    def _move(self, state: WebSocketState) -> None:
        assert state in _NEXT[self._state], f"{self._state} to {state}"
        self._state = state
