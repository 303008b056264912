"""A client's HTTP/1.1 connection: its requests are answered by captures."""

import asyncio
from enum import Enum
from typing import NamedTuple

import h11

from ssetape.errors import SsetapeError
from ssetape.format.values import WEBSOCKET

from .. import body_framing
from ..control import Served
from ..exchange import Later, Play, Say, refusal
from ..outlet import close_with_reset
from ..sessions.cued import pieces_of
from ..stream import Stream
from .connection import Connection
from .http1_request import Http1Request
from .http2 import PREFACE, Http2Connection
from .request_reader import RequestReader
from .service import Front, Service, Tunnel
from .websocket import WebSocketConnection
from .websocket_handshake import HandshakeError

# Bodies are kept to compare them with captured ones; some contain images.
REQUEST_BODY_LIMIT_BYTES = 64 * 1024 * 1024
# How much a slow client may leave unread before its own stream waits.
WRITE_LIMIT_BYTES = 64 * 1024


class Http1State(Enum):
    """The state of a connection."""

    NEW = "new"  # the client's protocol is not known yet
    READING = "reading"  # a request
    STREAMING = "streaming"  # an answer; requests sent ahead of it wait
    HANDED_OVER = "handed over"  # to HTTP/2, or to a WebSocket
    CLOSED = "closed"


# The legal transitions. An immediate answer is sent within READING.
_NEXT: dict[Http1State, set[Http1State]] = {
    Http1State.NEW: {Http1State.READING, Http1State.HANDED_OVER, Http1State.CLOSED},
    Http1State.READING: {Http1State.STREAMING, Http1State.HANDED_OVER, Http1State.CLOSED},
    Http1State.STREAMING: {Http1State.READING, Http1State.CLOSED},
    Http1State.HANDED_OVER: set(),
    Http1State.CLOSED: set(),
}
# The states in which a request may come.
_READY = frozenset({Http1State.NEW, Http1State.READING})


class _Playing(NamedTuple):
    """The answer that a connection is STREAMING."""

    stream: Stream
    served: Served


class Http1Connection(Connection):
    """A client's connection: one request at a time."""

    def __init__(self, service: Service) -> None:
        super().__init__(service)
        self._state = Http1State.NEW
        self._early = b""  # what a NEW client has sent
        self._reader = RequestReader()
        self._received_ns = 0
        self._playing: _Playing | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.set_write_buffer_limits(high=WRITE_LIMIT_BYTES)
        self._service.transports.add(transport)
        self._service.watch.add(self)
        tls = transport.get_extra_info("ssl_object")
        if tls is not None and tls.selected_alpn_protocol() == "h2":
            self._hand_over(Http2Connection(self._service), b"")

    def connection_lost(self, exc: Exception | None) -> None:
        self._service.transports.discard(self.transport)
        self._service.watch.remove(self)
        if self._playing is not None:
            self._playing.stream.stop()
        self._end_playing()
        if self._state is not Http1State.CLOSED:
            self._move(Http1State.CLOSED)

    @property
    def takes(self) -> bool:
        return self._state is not Http1State.STREAMING

    @property
    def is_playing(self) -> bool:
        return self._state is Http1State.STREAMING

    @property
    def owes(self) -> bool:
        return self.is_playing or super().owes

    def expire(self, why: str) -> None:
        if self._state is Http1State.READING and self._reader.request is not None:
            self._refuse(408, why)
        else:
            super().expire(why)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._playing is not None:
            self._playing.stream.pause()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._playing is not None:
            self._playing.stream.resume()

    def receive(self, data: bytes) -> None:
        is_ready = self._state in _READY and not self._early and not self._unread
        request = self._reader.take_whole(data) if is_ready else None
        if request is None:
            super().receive(data)
            return
        # In parts, its stream would start with the last of them, which other clients may delay.
        self._received_ns = self._service.timer.turn_ns()
        if self._state is Http1State.NEW:
            self._move(Http1State.READING)
        self._answer(request)

    def data_received(self, data: bytes) -> None:
        if self._state is Http1State.CLOSED:
            return
        self._received_ns = self._service.timer.turn_ns()
        if self._state is Http1State.NEW:
            data = self._early + data
            if data.startswith(PREFACE):
                self._hand_over(Http2Connection(self._service), data)
                return
            if PREFACE.startswith(data):
                self._early = data
                return
            self._early = b""
            self._move(Http1State.READING)
        if self._state is Http1State.STREAMING:
            self.keep(data)
            return
        self._read(data)

    def _move(self, state: Http1State) -> None:
        assert state in _NEXT[self._state], f"{self._state} to {state}"
        self._state = state

    def _read(self, data: bytes) -> None:
        """Read the request on, and answer it once it is complete."""
        reader = self._reader
        try:
            is_complete = reader.feed(data)
        except h11.RemoteProtocolError as error:
            self._refuse(error.error_status_hint, f"this is not HTTP/1.1: {error}")
            error.__traceback__ = None  # it leads back to the error, and would keep both alive
            return
        if reader.request is not None and len(reader.request.body) > REQUEST_BODY_LIMIT_BYTES:
            limit = REQUEST_BODY_LIMIT_BYTES
            self._refuse(413, f"the request body is larger than {limit} bytes")
        elif is_complete and reader.request is not None:
            self._answer(reader.request)
        elif reader.waits_to_go_on:
            self.transport.write(reader.go_on())

    def _answer(self, request: Http1Request) -> None:
        self.signs.requests += 1
        if request.head.method == "CONNECT" and self._service.front is not None:
            self._open_tunnel(self._service.front, request)
            return
        asked, own = self._service.received(request.asked(), self.transport)
        request.body.clear()
        if isinstance(own, Later):
            self._move(Http1State.STREAMING)
            self._service.say_later(asked, own, lambda said: self._say_late(said, request))
            return
        if own is not None:
            self._say(own, closes=request.head.closes)
            return
        answer = self._service.answerer.answer(asked)
        served = self._service.remember(asked, answer)
        if isinstance(answer, Say):
            self._say(answer, closes=request.head.closes)
            return
        try:
            if answer.capture.kind == WEBSOCKET:
                self._open_websocket(answer, request)
            else:
                self._play(answer, request, served)
        except HandshakeError as error:
            self._refuse(400, str(error))
        except SsetapeError as error:
            self._refuse(500, str(error))

    def _play(self, answer: Play, request: Http1Request, served: Served) -> None:
        service = self._service
        head = body_framing.head(
            answer.response,
            http_1_0=request.head.is_http_1_0,
            client_closes=request.head.closes,
            no_body=request.head.wants_no_body,
        )
        if head.framing is body_framing.BodyFraming.CLOSE and not answer.is_complete:
            close_with_reset(self.transport)
        stream = Stream(
            transport=self.transport,
            pieces=pieces_of(answer, head, head.wire, head.framing, self._received_ns),
            start_ns=self._received_ns,
            timer=service.timer,
            on_complete=lambda: self._finish(head.closes),
            on_damage=service.log_damage,
            on_patience=service.patience_with(served),
            meter=service.meter,
        )
        self._playing = _Playing(stream, served)
        self._move(Http1State.STREAMING)
        service.control.begin(served, stream)
        if self.is_full:  # of the previous answer
            stream.pause()

    def _end_playing(self) -> None:
        """Note that nothing more of the answer is sent."""
        if self._playing is not None:
            self._service.control.end(self._playing.served)
            self._playing = None

    def _open_websocket(self, answer: Play, request: Http1Request) -> None:
        headers = [
            (name.encode("latin-1"), v.encode("latin-1")) for name, v in request.head.headers
        ]
        target = request.head.target.encode("latin-1")
        protocol = WebSocketConnection(answer, self._service, headers, target, self._received_ns)
        self._hand_over(protocol, self._reader.behind)

    def _open_tunnel(self, front: Front, request: Http1Request) -> None:
        try:
            tunnel = front.tunnel(request.head.target)
        except SsetapeError as error:
            self._refuse(400, str(error))
            return
        self.transport.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self._hand_over(tunnel, self._reader.behind)

    def _hand_over(self, protocol: Tunnel, early: bytes) -> None:
        """Hand the connection to another protocol, with the bytes already received."""
        self._move(Http1State.HANDED_OVER)
        self.hand_over(protocol, early)

    def _refuse(self, status: int, message: str) -> None:
        """Answer with one of the server's own errors and close."""
        answer = refusal(status, message)
        self._service.log(answer.log)
        self._say(answer, closes=True)

    def _say_late(self, answer: Say, request: Http1Request) -> None:
        if self._state is Http1State.STREAMING:  # the client is still there
            self._say(answer, closes=request.head.closes)

    def _say(self, answer: Say, *, closes: bool) -> None:
        headers = list(answer.headers)
        if answer.status != 204:  # RFC 9110, section 8.6
            headers.append(("content-length", str(len(answer.body))))
        if closes:
            headers.append(("connection", "close"))
        lines = [f"HTTP/1.1 {answer.status} {answer.reason}"]
        lines += [f"{name}: {value}" for name, value in headers]
        request = self._reader.request
        no_body = request is not None and request.head.wants_no_body
        body = b"" if no_body else answer.body
        self.transport.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
        self._finish(closes)

    def _finish(self, closes: bool) -> None:
        """End a response: close, or go on to the next request."""
        self._end_playing()
        if closes or self._service.answers_once:
            self._move(Http1State.CLOSED)
            self.transport.close()
            return
        if self._state is Http1State.STREAMING:
            self._move(Http1State.READING)
        self._unread[:0] = self._reader.behind
        self._reader = RequestReader()
        self.go_on()  # not at once: many pipelined requests would recurse
        self.close_if_done()
