"""The exact server over HTTP/2: each recorded chunk is a DATA frame, each cut a RST_STREAM.

h2 handles the protocol, https://www.rfc-editor.org/rfc/rfc9113; the same timer plays streams as
over HTTP/1.1.
"""

import asyncio
from typing import Any

from h2 import events
from h2.config import H2Configuration
from h2.errors import ErrorCodes
from h2.exceptions import H2Error
from h2.settings import SettingCodes

from ssetape.errors import SsetapeError
from ssetape.format.values import WEBSOCKET

from .. import body_framing
from ..control import Served
from ..exchange import Later, Play, Say, refusal
from ..sessions.cued import pieces_of
from ..stream import Stream
from .allowance import Allowance
from .connection import Connection
from .http2_protocol import ClientLeaving, Http2Protocol, RequestMalformed
from .http2_request import Http2Request
from .http2_stream import Channel
from .service import Service

# A client that uses HTTP/2 sends this first: RFC 9113, section 3.4.
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
# For more streams at once, clients have to open another connection.
MAX_STREAMS = 1_000
# For the incomplete requests of one connection, together.
BODIES_LIMIT_BYTES = 64 * 1024 * 1024
_HEADERS_LIMIT_BYTES = 256 * 1024


class Http2Connection(Connection):
    """A client's connection: many requests at once."""

    def __init__(self, service: Service) -> None:
        super().__init__(service)
        self.h2 = Http2Protocol(H2Configuration(client_side=False, header_encoding=None))
        self._requests: dict[int, Http2Request] = {}
        self._bodies_bytes = 0
        self._channels: dict[int, Channel] = {}
        self._served: dict[int, Served] = {}
        self._awaited = 0  # answers that have yet to come
        self._is_leaving = False  # whether the client opens no more streams
        self._allowance = Allowance(service.timer.turn_ns())

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._service.transports.add(transport)
        self._service.watch.add(self)
        self.h2.local_settings.update(
            {
                SettingCodes.MAX_CONCURRENT_STREAMS: MAX_STREAMS,
                SettingCodes.MAX_HEADER_LIST_SIZE: _HEADERS_LIMIT_BYTES,
            }
        )
        self.h2.initiate_connection()
        self.send()

    def connection_lost(self, exc: Exception | None) -> None:
        self._service.transports.discard(self.transport)
        self._service.watch.remove(self)
        for channel in list(self._channels.values()):
            channel.stop()
        self.h2.end()

    def pause_writing(self) -> None:
        super().pause_writing()  # so it takes no more requests, which would add more answers
        for channel in self._channels.values():
            if channel.player is not None:
                channel.player.pause()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._flush()
        self.go_on()

    @property
    def takes(self) -> bool:
        return not self.is_full

    @property
    def owes(self) -> bool:
        return bool(self._channels) or self._awaited > 0 or super().owes

    @property
    def is_playing(self) -> bool:
        return any(
            channel.player is not None and not channel.player.state.is_over
            for channel in self._channels.values()
        )

    @property
    def unsent_bytes(self) -> int:
        unsent_bytes = sum(channel.unsent_bytes for channel in self._channels.values())
        return super().unsent_bytes + unsent_bytes

    def expire(self, why: str) -> None:
        if not self.transport.is_closing():
            self.do("close_connection")
        super().expire(why)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        received_ns = self._service.timer.turn_ns()
        has_room = False
        try:
            for event in self.h2.receive_data(data):
                if _asks_for_nothing(event) and not self._allowance.spend(received_ns):
                    self._end_flood()
                    return
                has_room |= isinstance(event, events.WindowUpdated | events.RemoteSettingsChanged)
                self._take(event, received_ns)
        except H2Error as error:
            self._service.log(f"the client does not speak HTTP/2: {error}")
            self.send()  # h2 has queued a GOAWAY
            self.transport.close()
            return
        if has_room:
            self._flush()
        self.send()

    def _end_flood(self) -> None:
        self._service.log(
            "cut off a client of HTTP/2: it resets requests, or sends pings, settings and such, "
            "faster than it reads answers"
        )
        self.do("close_connection", ErrorCodes.ENHANCE_YOUR_CALM)
        self.transport.close()

    def _flush(self) -> None:
        for channel in list(self._channels.values()):
            channel.flush()

    def send(self) -> None:
        """Send the bytes that h2 has queued."""
        data = self.h2.data_to_send()
        if data and not self.transport.is_closing():
            self.transport.write(data)
        if self._is_leaving and not self._requests and not self.owes:
            self.transport.close()
        self.close_if_done()

    def do(self, what: str, *arguments: Any) -> None:
        """Call a method of h2 for a stream that the client may have reset."""
        try:
            getattr(self.h2, what)(*arguments)
        except H2Error:
            pass
        self.send()

    def note_frame(self) -> None:
        """Count a frame of an answer."""
        self._allowance.earn()

    def forget(self, stream_id: int) -> None:
        """Drop a stream that is over."""
        self._channels.pop(stream_id, None)
        served = self._served.pop(stream_id, None)
        if served is not None:
            self._service.control.end(served)

    def _take(self, event: events.Event, received_ns: int) -> None:
        if isinstance(event, events.RequestReceived):
            request = Http2Request(list(event.headers))
            if request.method == "CONNECT":  # the client keeps its side open
                self._answer(event.stream_id, request, received_ns)
            else:
                self._requests[event.stream_id] = request
        elif isinstance(event, events.DataReceived):
            self._take_data(event)
        elif isinstance(event, events.StreamEnded):
            ended = self._drop(event.stream_id)
            if ended is not None:
                self._answer(event.stream_id, ended, received_ns)
        elif isinstance(event, events.StreamReset):
            self._abandon(event.stream_id)
        elif isinstance(event, RequestMalformed):
            self._abandon(event.stream_id)
            self._service.log(f"reset a request over HTTP/2 that is malformed: {event.why}")
        elif isinstance(event, ClientLeaving):
            self._is_leaving = True  # its open streams go on
        elif isinstance(event, events.ConnectionTerminated):
            self.transport.close()

    def _abandon(self, stream_id: int) -> None:
        """Drop a stream that has been reset."""
        self._drop(stream_id)
        channel = self._channels.get(stream_id)
        if channel is not None:
            channel.stop()

    def _take_data(self, event: events.DataReceived) -> None:
        self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        request = self._requests.get(event.stream_id)
        if request is None:
            return
        self._bodies_bytes += len(event.data)
        request.body += event.data
        if self._bodies_bytes > BODIES_LIMIT_BYTES:
            self._drop(event.stream_id)
            message = f"request bodies are larger than {BODIES_LIMIT_BYTES} bytes"
            self._say(event.stream_id, refusal(413, message))

    def _drop(self, stream_id: int) -> Http2Request | None:
        request = self._requests.pop(stream_id, None)
        if request is not None:
            self._bodies_bytes -= len(request.body)
        return request

    def _answer(self, stream_id: int, request: Http2Request, received_ns: int) -> None:
        self.signs.requests += 1
        method = request.method
        asked, own = self._service.received(request.asked(), self.transport)
        if isinstance(own, Later):
            self._awaited += 1
            self._service.say_later(asked, own, lambda said: self._say_late(stream_id, said))
            return
        if own is not None:
            self._say(stream_id, own, no_body=method == "HEAD")
            return
        answer = self._service.answerer.answer(asked)
        if isinstance(answer, Play) and answer.capture.kind == WEBSOCKET:
            answer = refusal(426, f"{answer.capture.name} is a WebSocket's: use HTTP/1.1")
        served = self._service.remember(asked, answer)
        if isinstance(answer, Say):
            self._say(stream_id, answer, no_body=method == "HEAD")
            return
        try:
            self._play(stream_id, answer, served, received_ns, no_body=method == "HEAD")
        except SsetapeError as error:
            self._say(stream_id, refusal(500, str(error)))

    def _play(
        self, stream_id: int, answer: Play, served: Served, start_ns: int, *, no_body: bool
    ) -> None:
        response = answer.response
        head, headers = body_framing.bare_head(response, no_body=no_body)
        channel = Channel(self, stream_id, response.status, headers)
        self._channels[stream_id] = channel
        channel.player = Stream(
            transport=channel,
            pieces=pieces_of(answer, head, b"", ("bare", head.framing), start_ns),
            start_ns=start_ns,
            timer=self._service.timer,
            on_complete=channel.complete,
            on_damage=self._service.log_damage,
            on_patience=self._service.patience_with(served),
            meter=self._service.meter,
        )
        self._served[stream_id] = served
        self._service.control.begin(served, channel.player)
        if self.is_full:
            channel.player.pause()

    def _say_late(self, stream_id: int, answer: Say) -> None:
        self._awaited -= 1
        if not self.transport.is_closing():
            self._say(stream_id, answer)

    def _say(self, stream_id: int, answer: Say, *, no_body: bool = False) -> None:
        headers = list(answer.headers)
        if answer.status != 204:
            headers.append(("content-length", str(len(answer.body))))
        channel = Channel(self, stream_id, answer.status, [(n.lower(), v) for n, v in headers])
        self._channels[stream_id] = channel
        channel.write(b"")
        if not no_body:
            channel.write(answer.body)
        channel.complete()


# Events of frames that ask for nothing.
_IDLE_EVENTS = (
    *(events.StreamReset, events.PingReceived, events.RemoteSettingsChanged),
    *(events.PriorityUpdated, events.WindowUpdated, events.UnknownFrameReceived),
    RequestMalformed,
)


def _asks_for_nothing(event: events.Event) -> bool:
    if isinstance(event, events.DataReceived):
        return not event.data and event.stream_ended is None
    return isinstance(event, _IDLE_EVENTS)
