"""The WebSockets of a browser, from its events. Their frames come as whole messages.

The browser does not say with which code a WebSocket was closed, nor by whom.
"""

from dataclasses import dataclass
from typing import Any

from ssetape.format.values import WEBSOCKET, Request
from ssetape.recording import reasons
from ssetape.tap import heads
from ssetape.tap.actions import Action, Begin, Finish, WriteMessage
from ssetape.tap.devtools import Event, Params
from ssetape.tap.filter import Heads
from ssetape.tap.policy import Policy

_TEXT, _BINARY = 1, 2  # opcodes: RFC 6455, section 5.2
_SWITCHING = 101


@dataclass(slots=True)
class _Socket:
    """One WebSocket, from its creation on."""

    id: str
    session: str
    target: str
    url: str
    asked: Params
    sent_s: float = 0.0
    wall_s: float = 0.0
    error: str = ""
    begun: bool = False


class Sockets:
    """The WebSockets that are open, or opening."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._sockets: dict[str, _Socket] = {}
        self._count = 0

    def __len__(self) -> int:
        """How many are not closed."""
        return len(self._sockets)

    def receive(self, event: Event, params: Params, session: str, target: str) -> list[Action]:
        """What an event about a WebSocket leads to.

        Raises:
            KeyError, TypeError, ValueError: the event is not as the protocol says.
        """
        name = str(params["requestId"])
        if event is Event.SOCKET_CREATED:
            self._count += 1
            url = heads.url(params["url"])
            own = f"{name}.{self._count}"
            self._sockets[name] = _Socket(own, session, target, url, {"headers": {}})
            return []
        socket = self._sockets.get(name)
        if socket is None:
            return []
        now_s = float(params["timestamp"])
        if event is Event.SOCKET_REQUEST:
            socket.asked = params["request"]
            socket.sent_s, socket.wall_s = now_s, float(params["wallTime"])
        elif event is Event.SOCKET_RESPONSE:
            return self._open(name, socket, params["response"], now_s)
        elif event is Event.SOCKET_ERROR:
            socket.error = str(params.get("errorMessage") or "")
        elif event is Event.SOCKET_CLOSED:
            return self._end(name, now_s, *_reason(socket))
        elif socket.begun:
            return _message(socket, params["response"], now_s, event is Event.SOCKET_SENT)
        return []

    def leave(self, session: str | None, now_s: float, reason: str, **details: Any) -> list[Action]:
        """A session has ended, or all have (None): so have its WebSockets."""
        left = [
            name
            for name, socket in self._sockets.items()
            if session is None or socket.session == session
        ]
        return [action for name in left for action in self._end(name, now_s, reason, details)]

    def _open(self, name: str, socket: _Socket, found: Params, now_s: float) -> list[Action]:
        """The handshake's response is there."""
        sent = heads.headers(
            found.get("requestHeaders") or socket.asked["headers"],
            found.get("requestHeadersText") or "",
        )
        came = heads.headers(found["headers"], found.get("headersText") or "")
        status = int(found["status"])
        wanted = self._policy.wants(Heads("GET", socket.url, sent, came, status))
        if status != _SWITCHING or not wanted:
            del self._sockets[name]
            return []
        socket.begun = True
        fields = {**found, "protocol": "http/1.1"}
        answer = heads.response(fields, came, max(0.0, now_s - socket.sent_s), False)
        asked = Request("GET", socket.url, answer.http_version, sent)
        started_ns = int(socket.wall_s * 1e9)
        begin = Begin(socket.id, asked, answer, socket.sent_s, started_ns, socket.target, WEBSOCKET)
        return [begin]

    def _end(self, name: str, now_s: float, reason: str, details: dict[str, Any]) -> list[Action]:
        socket = self._sockets.pop(name)
        return [Finish(socket.id, now_s, reason, details)] if socket.begun else []


def _reason(socket: _Socket) -> tuple[str, dict[str, Any]]:
    if socket.error:
        return reasons.UPSTREAM_CUT, {"error": socket.error}
    # A connection that broke looks the same.
    return reasons.COMPLETE, {"guessed": True}


def _message(socket: _Socket, frame: Params, now_s: float, from_client: bool) -> list[Action]:
    opcode = int(frame["opcode"])
    if opcode not in (_TEXT, _BINARY):
        return []
    is_text = opcode == _TEXT
    payload = str(frame["payloadData"])
    data = payload.encode("utf-8", "replace") if is_text else heads.unbase64(payload)
    return [WriteMessage(socket.id, now_s, data, from_client, is_text)]
