"""Compares the replay of a WebSocket with its capture: says what the client said, and listens."""

import socket
import time
from collections.abc import Iterator

from wsproto import ConnectionType, events
from wsproto.connection import Connection
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import RemoteProtocolError

from ssetape.capture import Capture
from ssetape.format.values import Close, End, Message, header_values

from .asking import UPGRADE, asked, received, request_bytes
from .exchange import asks_for_a_websocket
from .pacing import Pace
from .response_reader import Head, ResponseReader
from .verification import Verification
from .wire.websocket_end import NO_CODE, Ending, ending
from .wire.websocket_schedule import WebSocketSchedule

# Of which each handshake has its own; and what it is about, a recorder does not see.
_OF_THE_HANDSHAKE = frozenset({"sec-websocket-accept", "sec-websocket-extensions"})
_SWITCHING = 101


def verify(url: str, capture: Capture, pace: Pace) -> Verification:
    """Ask the server for the WebSocket, and compare.

    Each message of the client is sent as soon as the replay waits for it; those of the server are
    due as long after it as they were recorded.

    Raises:
        ReplayError: its request is not legal HTTP.
        CaptureError: it is damaged.
    """
    recorded = capture.response
    assert recorded is not None  # servers refuse captures without a head
    offered = header_values(recorded.headers, "sec-websocket-protocol")
    upgrade = [] if asks_for_a_websocket(capture.request.headers) else UPGRADE
    request = request_bytes(
        capture, *upgrade, *(("Sec-WebSocket-Protocol", value) for value in offered)
    )
    found = Verification()
    with asked(url, request) as (sock, asked_ns):
        schedule = WebSocketSchedule(capture.messages(), capture.end, recorded.t_s, pace, asked_ns)
        peer = _Peer(sock)
        found.head_error_ms = (time.monotonic_ns() - schedule.opens_ns) / 1e6
        found.compare_heads(recorded, peer.head, _OF_THE_HANDSHAKE)
        if peer.is_open:
            _converse(found, peer, schedule, capture)
        else:
            found.bytes_equal = found.end_equal = False
            found.differences.append("the WebSocket did not open")
    found.count_early("messages")
    return found


def _converse(
    found: Verification, peer: "_Peer", schedule: WebSocketSchedule, capture: Capture
) -> None:
    said = (m for m in capture.messages() if m.from_client and not m.injected)
    while True:
        due = schedule.next()
        if due is None:  # it waits for the client
            peer.say(next(said))
            schedule.client_sent(time.monotonic_ns())
        elif isinstance(due.what, Message):
            found.chunks += 1
            _compare_messages(found, due.what, peer.next())
            found.errors_ms.append((time.monotonic_ns() - due.at_ns) / 1e6)
        else:
            _compare_ends(found, due.what, peer)
            return


def _compare_messages(found: Verification, recorded: Message, got: "_Got") -> None:
    number = f"message {found.chunks}"
    expected = recorded.data if recorded.text is None else recorded.text
    if expected == got:
        return
    if not isinstance(got, str | bytes):
        found.bytes_equal = False
        found.differences.append(f"bytes: {number} did not come")
    elif (got.encode() if isinstance(got, str) else got) != recorded.data:
        found.bytes_equal = False
        found.differences.append(f"bytes: {number} differs")
    elif recorded.text is not None or isinstance(got, str):
        found.boundaries_equal = False
        found.differences.append(f"{number}: text and binary are exchanged")


def _compare_ends(found: Verification, end: End | None, peer: "_Peer") -> None:
    how = ending(end)
    close = end.close if end is not None else None
    if how is Ending.AWAITED and close is not None:
        peer.close(close.code, close.reason)
    extra = 0
    while isinstance(got := peer.next(), str | bytes):
        extra += 1
    if extra:
        found.bytes_equal = False
        found.differences.append(f"bytes: {extra} messages more arrived than were recorded")
    expected = close if how is not Ending.CUT else None
    if _words(got) != _words(expected):
        found.end_equal = False
        found.differences.append(f"end: recorded as {_words(expected)}, replayed as {_words(got)}")


def _words(close: Close | None) -> str:
    return f"close {close.code} {close.reason!r}" if close is not None else "cut"


# A message, a close, or None: the connection ended without one.
_Got = str | bytes | Close | None


class _Peer:
    """The client's side of a WebSocket; reads the head of the answer.

    Attributes:
        head: the head; None if none came.
        is_open: whether the WebSocket opened.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        reader = ResponseReader()
        self.head: Head | None = None
        while self.head is None and not reader.is_over:
            for event in reader.feed(received(sock)):
                if isinstance(event, Head):
                    self.head = event
        self.is_open = self.head is not None and self.head.status == _SWITCHING
        self._frames = Connection(ConnectionType.CLIENT, trailing_data=reader.trailing)
        self._arrivals = self._read()

    def say(self, message: Message) -> None:
        """Send a message of the client."""
        text = message.text
        data = events.BytesMessage(message.data) if text is None else events.TextMessage(text)
        self._sock.sendall(self._frames.send(data))

    def close(self, code: int, reason: str) -> None:
        """Close as the client did."""
        has_code = code != NO_CODE
        event = events.CloseConnection(
            code if has_code else CloseReason.NO_STATUS_RCVD, reason if has_code else None
        )
        self._sock.sendall(self._frames.send(event))

    def next(self) -> _Got:
        """What comes next from the server."""
        return next(self._arrivals, None)

    def _read(self) -> Iterator[str | bytes | Close]:
        whole = bytearray()
        while True:
            for event in self._events():
                if isinstance(event, events.CloseConnection):
                    yield Close(int(event.code), event.reason or "", False)
                    return
                if isinstance(event, events.TextMessage | events.BytesMessage):
                    data = event.data
                    whole += data.encode() if isinstance(data, str) else data
                    if event.message_finished:
                        yield whole.decode() if isinstance(data, str) else bytes(whole)
                        whole.clear()
            if not (more := received(self._sock)):
                return
            self._frames.receive_data(more)

    def _events(self) -> Iterator[events.Event]:
        try:
            yield from self._frames.events()
        except RemoteProtocolError:
            return
