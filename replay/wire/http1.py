"""One client's connection: h11 reads its requests, captures answer them."""

import asyncio
from itertools import chain

import h11

from ssetape.errors import SsetapeError
from ssetape.format.values import WEBSOCKET

from .. import framing
from ..answer import Play, Say, refusal
from ..asked import Asked
from ..control import Served
from ..pacing import Pacer
from ..pieces import body_pieces
from ..stream import Stream, close_with_reset
from .http2 import PREFACE, Http2Connection
from .service import Service
from .websocket import HandshakeError, WebSocketConnection

# A request head with all the cookies of a chat page is 20 kB.
REQUEST_HEAD_LIMIT_BYTES = 256 * 1024
# Bodies are compared with those of the captures; some carry pictures.
REQUEST_BODY_LIMIT_BYTES = 64 * 1024 * 1024
# What a slow reader may leave unread here before its stream, and no other, waits.
WRITE_LIMIT_BYTES = 64 * 1024


class Connection(asyncio.Protocol):
    """One client's connection: requests one after the other."""

    transport: asyncio.Transport

    def __init__(self, service: Service) -> None:
        self._service = service
        self._requests = h11.Connection(
            h11.SERVER, max_incomplete_event_size=REQUEST_HEAD_LIMIT_BYTES
        )
        self._request: h11.Request | None = None
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._received_ns = 0
        self._stream: Stream | None = None
        self._served: Served | None = None
        self._is_full = False
        self._is_new = True  # until it is known which protocol the client speaks
        self._early = b""
        self._is_handed_over = False  # to a WebSocket

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.set_write_buffer_limits(high=WRITE_LIMIT_BYTES)
        self._service.transports.add(transport)
        tls = transport.get_extra_info("ssl_object")
        if tls is not None and tls.selected_alpn_protocol() == "h2":
            self._speak_http_2(b"")

    def connection_lost(self, exc: Exception | None) -> None:
        self._service.transports.discard(self.transport)
        if self._stream is not None:
            self._stream.stop()
        self._end()

    def _end(self) -> None:
        """No more of the answer comes."""
        if self._served is not None:
            self._service.control.end(self._served)
            self._served = None

    def pause_writing(self) -> None:
        self._is_full = True
        if self._stream is not None:
            self._stream.pause()

    def resume_writing(self) -> None:
        self._is_full = False
        if self._stream is not None:
            self._stream.resume()

    def data_received(self, data: bytes) -> None:
        self._received_ns = self._service.timer.turn_ns()
        if self._is_new:
            early = self._early + data
            if early.startswith(PREFACE):
                self._speak_http_2(early)
                return
            if PREFACE.startswith(early):
                self._early = early
                return
            self._is_new = False
            data = early
        self._requests.receive_data(data)
        if self._stream is None:
            self._read_requests()
        elif len(self._requests.trailing_data[0]) > REQUEST_HEAD_LIMIT_BYTES:
            self.transport.pause_reading()  # requests sent ahead of their answers

    def _speak_http_2(self, early: bytes) -> None:
        protocol = Http2Connection(self._service)
        self.transport.set_protocol(protocol)
        protocol.connection_made(self.transport)
        if early:
            protocol.data_received(early)

    def _read_requests(self) -> None:
        """Read on until a request is complete, or the bytes are used up."""
        try:
            while self._stream is None and not self._is_handed_over:
                event = self._requests.next_event()
                if event is h11.NEED_DATA:
                    if self._requests.they_are_waiting_for_100_continue:
                        go_on = h11.InformationalResponse(status_code=100, headers=[])
                        self.transport.write(self._requests.send(go_on) or b"")
                    return
                if isinstance(event, h11.Request):
                    self._request = event
                elif isinstance(event, h11.Data):
                    self._body.append(bytes(event.data))
                    self._body_bytes += len(event.data)
                    if self._body_bytes > REQUEST_BODY_LIMIT_BYTES:
                        limit = REQUEST_BODY_LIMIT_BYTES
                        self._refuse(413, f"the request body is larger than {limit} bytes")
                        return
                elif isinstance(event, h11.EndOfMessage):
                    self._answer()
                else:  # closed or paused: nothing more to read here
                    return
        except h11.RemoteProtocolError as error:
            self._refuse(error.error_status_hint, f"this is not HTTP/1.1: {error}")

    def _answer(self) -> None:
        request = self._request
        assert request is not None
        headers = [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in request.headers.raw_items()
        ]
        asked = Asked(
            method=request.method.decode("latin-1"),
            target=request.target.decode("latin-1"),
            headers=headers,
            body=b"".join(self._body),
        )
        self._body.clear()
        self._body_bytes = 0
        answer = self._service.answerer.answer(asked)
        served = self._service.remember(asked, answer)
        if isinstance(answer, Say):
            self._say(answer, closes=self._client_closes())
            return
        try:
            if answer.capture.kind == WEBSOCKET:
                self._hand_over(answer, request)
            else:
                self._play(answer, served)
        except HandshakeError as error:
            self._refuse(400, str(error))
        except SsetapeError as error:
            self._refuse(500, str(error))

    def _play(self, answer: Play, served: Served) -> None:
        service = self._service
        response = answer.response
        request = self._request
        head = framing.head(
            response,
            http_1_0=request is not None and request.http_version < b"1.1",
            client_closes=self._client_closes(),
            no_body=request is not None and request.method == b"HEAD",
        )
        if head.framing is framing.Framing.CLOSE and not answer.is_complete:
            close_with_reset(self.transport)
        self._stream = Stream(
            transport=self.transport,
            pieces=chain(
                [(Pacer(answer.pace).due_ns(response.t_s), head.wire)],
                answer.played(
                    head.framing,
                    lambda parts: body_pieces(parts, response.t_s, head, Pacer(answer.pace)),
                ),
            ),
            start_ns=self._received_ns,
            timer=service.timer,
            on_complete=lambda: self._finished(head.closes),
            on_damage=service.log_damage,
        )
        self._served = served
        service.control.begin(served, self._stream)
        if self._is_full:  # by the answer before
            self._stream.pause()

    def _hand_over(self, answer: Play, request: h11.Request) -> None:
        """Let a WebSocket have the connection."""
        service = self._service
        protocol = WebSocketConnection(
            transport=self.transport,
            capture=answer.capture,
            response=answer.response,
            pace=answer.pace,
            strictness=service.strictness,
            headers=list(request.headers),
            target=request.target,
            asked_ns=self._received_ns,
            timer=service.timer,
            log=service.log,
            on_lost=lambda: service.transports.discard(self.transport),
        )
        self._is_handed_over = True
        self.transport.set_protocol(protocol)
        early, _ = self._requests.trailing_data
        if early:
            protocol.data_received(early)

    def _refuse(self, status: int, message: str) -> None:
        """Answer with an error of our own and close."""
        answer = refusal(status, message)
        self._service.log(answer.log)
        self._say(answer, closes=True)

    def _say(self, answer: Say, *, closes: bool) -> None:
        headers = list(answer.headers)
        if answer.status != 204:  # RFC 9110, section 8.6
            headers.append(("content-length", str(len(answer.body))))
        if closes:
            headers.append(("connection", "close"))
        lines = [f"HTTP/1.1 {answer.status} {answer.reason}"]
        lines += [f"{name}: {value}" for name, value in headers]
        body = answer.body
        if self._request is not None and self._request.method == b"HEAD":
            body = b""
        self.transport.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
        self._finished(closes)

    def _finished(self, closes: bool) -> None:
        """A response is complete: close, or go on to the next request."""
        self._stream = None
        self._end()
        if closes or self._service.answers_once:
            self.transport.close()
            return
        early, _ = self._requests.trailing_data
        self._requests = h11.Connection(
            h11.SERVER, max_incomplete_event_size=REQUEST_HEAD_LIMIT_BYTES
        )
        self.transport.resume_reading()
        if early:
            # Not from within the answer before it: many requests sent at once would nest.
            asyncio.get_running_loop().call_soon(self.data_received, early)

    def _client_closes(self) -> bool:
        if self._request is None or self._request.http_version < b"1.1":
            return True
        return any(
            name == b"connection" and b"close" in value.lower()
            for name, value in self._request.headers
        )
