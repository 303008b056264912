"""One client's connection: h11 reads its requests, captures answer them."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

import h11
import orjson

from ssetape.capture import Capture
from ssetape.errors import SsetapeError

from . import framing
from .matching import Asked, Matcher, Near
from .pacing import Pace, Pacer
from .shelf import Part, Shelf
from .stream import Piece, Stream, body_pieces, close_with_reset
from .timer import Timer, now_ns

# A request head with all the cookies of a chat page is 20 kB.
REQUEST_HEAD_LIMIT_BYTES = 256 * 1024
# Bodies are compared with those of the captures; some carry pictures.
REQUEST_BODY_LIMIT_BYTES = 64 * 1024 * 1024
# What a slow reader may leave unread here before its stream, and no other, waits.
WRITE_LIMIT_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Service:
    """What all connections of a server share.

    Attributes:
        log: told of every request, in a line.
        transports: the open connections.
    """

    shelf: Shelf
    matcher: Matcher
    pace: Pace
    timer: Timer
    log: Callable[[str], None]
    transports: set[asyncio.Transport] = field(default_factory=set)


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
        self._is_full = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.set_write_buffer_limits(high=WRITE_LIMIT_BYTES)
        self._service.transports.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._service.transports.discard(self.transport)
        if self._stream is not None:
            self._stream.stop()

    def pause_writing(self) -> None:
        self._is_full = True
        if self._stream is not None:
            self._stream.pause()

    def resume_writing(self) -> None:
        self._is_full = False
        if self._stream is not None:
            self._stream.resume()

    def data_received(self, data: bytes) -> None:
        self._received_ns = now_ns()
        self._requests.receive_data(data)
        if self._stream is None:
            self._read_requests()
        elif len(self._requests.trailing_data[0]) > REQUEST_HEAD_LIMIT_BYTES:
            self.transport.pause_reading()  # requests sent ahead of their answers

    def _read_requests(self) -> None:
        """Read on until a request is complete, or the bytes are used up."""
        try:
            while self._stream is None:
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
        asked = Asked(
            method=request.method.decode("latin-1"),
            target=request.target.decode("latin-1"),
            host=next((value for name, value in request.headers if name == b"host"), b"").decode(
                "latin-1"
            ),
            body=b"".join(self._body),
        )
        self._body.clear()
        self._body_bytes = 0
        try:
            near = self._service.matcher.choose(asked)
            if near is None:
                self._miss(asked)
            else:
                self._play(near, asked)
        except SsetapeError as error:
            self._refuse(500, str(error))

    def _play(self, near: Near, asked: Asked) -> None:
        service = self._service
        capture = service.shelf.captures[near.index]
        response = service.shelf.responses[near.index]
        head = framing.head(
            response,
            http_1_0=self._request is not None and self._request.http_version < b"1.1",
            client_closes=self._client_closes(),
            no_body=asked.method == "HEAD",
        )
        service.log(
            f"{asked.method} {asked.target} <- {capture.name}"
            + (f" ({'; '.join(near.differs)})" if near.differs else "")
        )
        if head.framing is framing.Framing.CLOSE and not _is_complete(capture):
            close_with_reset(self.transport)

        def play(parts: Iterable[Part]) -> Iterator[Piece]:
            return body_pieces(parts, response.t_s, head, Pacer(service.pace))

        self._stream = Stream(
            transport=self.transport,
            pieces=chain(
                [(Pacer(service.pace).due_ns(response.t_s), head.wire)],
                service.shelf.played(near.index, head.framing, play),
            ),
            start_ns=self._received_ns,
            timer=service.timer,
            on_complete=lambda: self._finished(head.closes),
            on_damage=lambda error: service.log(f"cut, the capture is damaged: {error}"),
        )
        if self._is_full:  # by the answer before
            self._stream.pause()

    def _miss(self, asked: Asked) -> None:
        captures = self._service.shelf.captures
        nears = self._service.matcher.nearest(asked)
        nearest = [
            {
                "capture": captures[near.index].name,
                "method": captures[near.index].request.method,
                "url": captures[near.index].request.url,
                "differs": near.differs,
            }
            for near in nears
        ]
        message = f"no capture answers {asked.method} {asked.target}; the nearest is "
        message += f"{captures[nears[0].index].name} ({'; '.join(nears[0].differs)})"
        self._service.log(f"{asked.method} {asked.target} <- MISS: {message}")
        details: dict[str, object] = {
            "asked": {"method": asked.method, "target": asked.target},
            "nearest": nearest,
        }
        self._say(404, "ssetape_miss", message, details, closes=self._client_closes())

    def _refuse(self, status: int, message: str) -> None:
        """Answer with an error of our own and close."""
        self._service.log(f"{status}: {message}")
        self._say(status, "ssetape_error", message, {}, closes=True)

    def _say(
        self, status: int, kind: str, message: str, details: dict[str, object], *, closes: bool
    ) -> None:
        # The shape of OpenAI's errors, which many clients show as text.
        error = {"type": kind, "message": f"ssetape: {message}"}
        body = orjson.dumps({"error": error, **details}, option=orjson.OPT_APPEND_NEWLINE)
        head = f"HTTP/1.1 {status} {'Not Found' if status == 404 else 'Error'}\r\n"
        head += f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
        head += "connection: close\r\n\r\n" if closes else "\r\n"
        if self._request is not None and self._request.method == b"HEAD":
            body = b""
        self.transport.write(head.encode() + body)
        self._finished(closes)

    def _finished(self, closes: bool) -> None:
        """A response is complete: close, or go on to the next request."""
        self._stream = None
        if closes:
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


def _is_complete(capture: Capture) -> bool:
    return capture.end is not None and capture.end.is_complete
