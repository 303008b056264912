"""A client's HTTP/1.1 connection: h11 reads its requests, captures answer them."""

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
from .request_line import RequestLine
from .service import Front, Service, Tunnel
from .websocket import WebSocketConnection
from .websocket_handshake import HandshakeError

# A request head with all cookies of a chat page has 20 kB.
REQUEST_HEAD_LIMIT_BYTES = 256 * 1024
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
        self._requests, self._line = _reader(), RequestLine(REQUEST_HEAD_LIMIT_BYTES)
        self._request: Http1Request | None = None
        self._received_ns = 0
        self._playing: _Playing | None = None
        self._is_full = False  # the client does not read what was sent

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
        if self._state is Http1State.READING and self._request is not None:
            self._refuse(408, why)
        else:
            super().expire(why)

    def pause_writing(self) -> None:
        self._is_full = True
        if self._playing is not None:
            self._playing.stream.pause()

    def resume_writing(self) -> None:
        self._is_full = False
        if self._playing is not None:
            self._playing.stream.resume()

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
        if data := self._line.feed(data):  # h11 takes nothing for the end
            self._requests.receive_data(data)
        self._read_requests()

    def _move(self, state: Http1State) -> None:
        assert state in _NEXT[self._state], f"{self._state} to {state}"
        self._state = state

    def _read_requests(self) -> None:
        """Read until a request is complete or no bytes are left."""
        try:
            while self._state is Http1State.READING:
                event = self._requests.next_event()
                if event is h11.NEED_DATA:
                    if self._requests.they_are_waiting_for_100_continue:
                        go_on = h11.InformationalResponse(status_code=100, headers=[])
                        self.transport.write(self._requests.send(go_on) or b"")
                    return
                if isinstance(event, h11.Request):
                    self._request = Http1Request(event)
                elif isinstance(event, h11.Data) and self._request is not None:
                    self._request.add(bytes(event.data))
                    if len(self._request.body) > REQUEST_BODY_LIMIT_BYTES:
                        limit = REQUEST_BODY_LIMIT_BYTES
                        self._refuse(413, f"the request body is larger than {limit} bytes")
                elif isinstance(event, h11.EndOfMessage) and self._request is not None:
                    self._answer(self._request)
                else:  # the client has closed its side
                    return
        except h11.RemoteProtocolError as error:
            self._refuse(error.error_status_hint, f"this is not HTTP/1.1: {error}")

    def _answer(self, request: Http1Request) -> None:
        self.signs.requests += 1
        if request.head.method == b"CONNECT" and self._service.front is not None:
            self._open_tunnel(self._service.front, request)
            return
        asked, own = self._service.received(request.asked(), self.transport)
        request.body.clear()
        if isinstance(own, Later):
            self._move(Http1State.STREAMING)
            self._service.say_later(asked, own, lambda said: self._say_late(said, request))
            return
        if own is not None:
            self._say(own, closes=request.closes)
            return
        answer = self._service.answerer.answer(asked)
        served = self._service.remember(asked, answer)
        if isinstance(answer, Say):
            self._say(answer, closes=request.closes)
            return
        try:
            if answer.capture.kind == WEBSOCKET:
                self._open_websocket(answer, request.head)
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
            http_1_0=request.is_http_1_0,
            client_closes=request.closes,
            no_body=request.wants_no_body,
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
        if self._is_full:  # of the previous answer
            stream.pause()

    def _end_playing(self) -> None:
        """Note that nothing more of the answer is sent."""
        if self._playing is not None:
            self._service.control.end(self._playing.served)
            self._playing = None

    def _open_websocket(self, answer: Play, request: h11.Request) -> None:
        protocol = WebSocketConnection(
            answer, self._service, list(request.headers), request.target, self._received_ns
        )
        self._hand_over(protocol, self._requests.trailing_data[0])

    def _open_tunnel(self, front: Front, request: Http1Request) -> None:
        try:
            tunnel = front.tunnel(request.head.target.decode("latin-1"))
        except SsetapeError as error:
            self._refuse(400, str(error))
            return
        self.transport.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self._hand_over(tunnel, self._requests.trailing_data[0])

    def _hand_over(self, protocol: Connection | Tunnel, early: bytes) -> None:
        """Hand the connection to another protocol, with the bytes already received."""
        self._move(Http1State.HANDED_OVER)
        self._service.watch.remove(self)
        assert isinstance(protocol, asyncio.BaseProtocol)
        self.transport.set_protocol(protocol)
        protocol.connection_made(self.transport)
        early += self._unread
        self._unread.clear()
        if early:
            protocol.receive(early)

    def _refuse(self, status: int, message: str) -> None:
        """Answer with one of the server's own errors and close."""
        answer = refusal(status, message)
        self._service.log(answer.log)
        self._say(answer, closes=True)

    def _say_late(self, answer: Say, request: Http1Request) -> None:
        if self._state is Http1State.STREAMING:  # the client is still there
            self._say(answer, closes=request.closes)

    def _say(self, answer: Say, *, closes: bool) -> None:
        headers = list(answer.headers)
        if answer.status != 204:  # RFC 9110, section 8.6
            headers.append(("content-length", str(len(answer.body))))
        if closes:
            headers.append(("connection", "close"))
        lines = [f"HTTP/1.1 {answer.status} {answer.reason}"]
        lines += [f"{name}: {value}" for name, value in headers]
        no_body = self._request is not None and self._request.wants_no_body
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
        early, _ = self._requests.trailing_data
        self._requests, self._line = _reader(), RequestLine(REQUEST_HEAD_LIMIT_BYTES)
        self._request = None
        self._unread[:0] = early
        self.go_on()  # not at once: many pipelined requests would recurse
        self.close_if_done()


def _reader() -> h11.Connection:
    """A parser for one request."""
    return h11.Connection(h11.SERVER, max_incomplete_event_size=REQUEST_HEAD_LIMIT_BYTES)
