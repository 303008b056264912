"""One WebSocket being replayed: wsproto frames it, the capture says what and when.

https://www.rfc-editor.org/rfc/rfc6455
"""

import asyncio
from collections.abc import Callable, Iterator
from enum import Enum

from wsproto import ConnectionType, WSConnection, events
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from ssetape.capture import Capture
from ssetape.errors import SsetapeError
from ssetape.format.values import End, Headers, Message, Response, header_values

from ..pacing import Pace
from ..timer import Timer, now_ns
from .websocket_schedule import Due, WebSocketSchedule

# A client's message: larger ones close the connection.
MESSAGE_LIMIT_BYTES = 64 * 1024 * 1024
# How long a client may take to answer a close.
_CLOSING_S = 5.0
# Things said to one client before the others get their turn.
_BURST = range(64)

# They speak of one handshake, which was another.
_OWN_HEADERS = {"connection", "upgrade", "content-length", "transfer-encoding"}


class Strictness(Enum):
    """What a client's messages have to be."""

    LOOSE = "loose"
    STRICT = "strict"


class HandshakeError(SsetapeError):
    """A request for a WebSocket is not as RFC 6455 has it."""


class WebSocketConnection(asyncio.Protocol):
    """Takes over a connection whose request asks for a WebSocket; a `timer.Player`.

    Args:
        headers, target: the request's.
        asked_ns: when it came, as `timer.now_ns()`.
        log: told what goes wrong, in a line.
        on_lost: called when the connection has gone.

    Raises:
        HandshakeError: the request does not ask for a WebSocket as RFC 6455 has it.
    """

    def __init__(
        self,
        transport: asyncio.Transport,
        capture: Capture,
        response: Response,
        pace: Pace,
        strictness: Strictness,
        headers: list[tuple[bytes, bytes]],
        target: bytes,
        asked_ns: int,
        timer: Timer,
        log: Callable[[str], None],
        on_lost: Callable[[], None],
    ) -> None:
        self._transport = transport
        self._name = capture.name
        self._response = response
        self._timer = timer
        self._log = log
        self._on_lost = on_lost
        self._socket = WSConnection(ConnectionType.SERVER)
        try:
            self._socket.initiate_upgrade_connection(headers, target)
            (request,) = self._socket.events()
        except (RemoteProtocolError, ValueError) as error:
            raise HandshakeError(f"this is no request for a WebSocket: {error}") from error
        assert isinstance(request, events.Request)
        self._offered = request.subprotocols
        self._schedule = WebSocketSchedule(
            capture.messages(), capture.end, response.t_s, pace, asked_ns
        )
        self._expected: Iterator[Message] | None = None
        if strictness is Strictness.STRICT:
            self._expected = (m for m in capture.messages() if m.from_client and not m.injected)
        self._received = 0
        self._parts: list[bytes] = []
        self._size_bytes = 0
        self._is_open = self._is_over = self._is_full = False
        self._due: Due | None = Due(self._schedule.opens_ns, None)
        timer.schedule(self._due.at_ns, self)

    def play(self, now_ns: int) -> int | None:
        """Do what is due by now; give when the next is."""
        for _ in _BURST:
            if self._is_over or self._due is None or self._is_full:
                return None
            if self._due.at_ns > now_ns:
                return self._due.at_ns
            due = self._due
            try:
                self._due = None
                if not self._is_open:
                    self._open()
                elif isinstance(due.what, Message):
                    self._say(due.what)
                else:
                    self._end(due.what)
                self._due = self._schedule.next()
            except SsetapeError as error:
                self._log(f"cut, the capture is damaged: {error}")
                self._cut()
        return now_ns

    def data_received(self, data: bytes) -> None:
        now = now_ns()
        if self._is_over and not self._is_open:
            return
        try:
            self._socket.receive_data(data)
            for event in self._socket.events():
                self._take(event, now)
        except (RemoteProtocolError, LocalProtocolError) as error:
            self._log(f"{self._name}: the client does not speak WebSocket: {error}")
            self._cut()

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_over = True
        self._is_open = False
        self._on_lost()

    def pause_writing(self) -> None:
        self._is_full = True

    def resume_writing(self) -> None:
        self._is_full = False
        self._wake()

    def _wake(self) -> None:
        """Have what comes next played, if it is known by now."""
        if self._due is not None and not self._is_over:
            self._timer.schedule(self._due.at_ns, self)

    def _open(self) -> None:
        headers = handshake_headers(self._response.headers)
        chosen = subprotocol(self._response.headers)
        self._is_open = True
        self._transport.write(
            self._socket.send(
                events.AcceptConnection(
                    subprotocol=chosen if chosen in self._offered else None,
                    extra_headers=headers,
                )
            )
        )

    def _say(self, message: Message) -> None:
        text = message.text
        event: events.Event = (
            events.BytesMessage(message.data) if text is None else events.TextMessage(text)
        )
        self._transport.write(self._socket.send(event))

    def _end(self, end: End | None) -> None:
        """End as the capture does. A client that closed it is waited for."""
        close = end.close if end is not None else None
        if close is not None and not close.by_client and 1000 <= close.code <= 4999:
            self._close(close.code, close.reason)
        elif end is None or not end.is_complete or close is None:
            self._cut()

    def _close(self, code: int, reason: str) -> None:
        self._is_over = True
        known = CloseReason(code) if code in list(CloseReason) else code
        said = None if code == CloseReason.NO_STATUS_RCVD else reason
        self._transport.write(self._socket.send(events.CloseConnection(known, said)))
        asyncio.get_running_loop().call_later(_CLOSING_S, self._transport.close)

    def _cut(self) -> None:
        """End the connection without a close frame."""
        self._is_over = True
        self._is_open = False
        self._transport.close()

    def _take(self, event: events.Event, now: int) -> None:
        if isinstance(event, events.Ping):
            self._transport.write(self._socket.send(event.response()))
        elif isinstance(event, events.CloseConnection):
            if not self._is_over:
                self._transport.write(self._socket.send(event.response()))
            self._cut()
        elif isinstance(event, events.TextMessage | events.BytesMessage) and not self._is_over:
            data = event.data.encode() if isinstance(event.data, str) else bytes(event.data)
            self._parts.append(data)
            self._size_bytes += len(data)
            if self._size_bytes > MESSAGE_LIMIT_BYTES:
                self._close(CloseReason.MESSAGE_TOO_BIG, f"over {MESSAGE_LIMIT_BYTES} bytes")
            elif event.message_finished:
                whole = b"".join(self._parts)
                self._parts.clear()
                self._size_bytes = 0
                self._client_said(whole, isinstance(event, events.TextMessage), now)

    def _client_said(self, data: bytes, is_text: bool, now: int) -> None:
        self._received += 1
        if self._expected is not None:
            problem = difference(next(self._expected, None), data, is_text)
            if problem:
                problem = f"message {self._received} of the client {problem}"
                self._log(f"{self._name}: {problem}")
                self._close(CloseReason.POLICY_VIOLATION, problem)
                return
        self._schedule.client_sent(now)
        if self._due is None:
            try:
                self._due = self._schedule.next()
            except SsetapeError as error:
                self._log(f"cut, the capture is damaged: {error}")
                self._cut()
            self._wake()


def handshake_headers(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Those of a recorded handshake that do not speak of that one alone."""
    return [
        (name.encode("latin-1"), value.encode("latin-1"))
        for name, value in headers
        if name.lower() not in _OWN_HEADERS and not name.lower().startswith("sec-websocket-")
    ]


def difference(expected: Message | None, data: bytes, is_text: bool) -> str | None:
    """How a client's message differs from the recorded one, in words; None if it does not."""
    if expected is None:
        return "is one more than were recorded"
    if expected.is_text != is_text:
        kinds = {True: "text", False: "binary"}
        return f"is {kinds[is_text]}, recorded was {kinds[expected.is_text]}"
    if expected.data == data:
        return None
    pairs = enumerate(zip(expected.data, data, strict=False))
    at = next((n for n, (a, b) in pairs if a != b), min(len(expected.data), len(data)))
    return f"differs from the recorded one from byte {at} on"


def subprotocol(headers: Headers) -> str | None:
    """The one that was chosen when it was recorded."""
    return next(iter(header_values(headers, "sec-websocket-protocol")), None)
