"""An HTTP/3 server and client of which a test holds every frame, in one event loop."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib import metadata
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from aioquic.asyncio import QuicConnectionProtocol, connect, serve
from aioquic.h3.connection import ErrorCode, H3Connection
from aioquic.h3.events import DataReceived, H3Event, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ConnectionTerminated, QuicEvent, StopSendingReceived, StreamReset
from proxies import TIMEOUT_S

Headers = list[tuple[bytes, bytes]]


class _Peer(QuicConnectionProtocol):
    """What both sides do: hand each stream's events to whoever waits for them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.h3 = H3Connection(self._quic)
        self.terminated = asyncio.Event()

    def quic_event_received(self, event: QuicEvent) -> None:
        if isinstance(event, ConnectionTerminated):
            self.terminated.set()
        elif isinstance(event, StreamReset | StopSendingReceived):
            self.stream_reset(event.stream_id)
        for h3_event in self.h3.handle_event(event):
            self.h3_event_received(h3_event)

    def stream_reset(self, stream_id: int) -> None:
        raise NotImplementedError

    def h3_event_received(self, event: H3Event) -> None:
        raise NotImplementedError

    def reset(self, stream_id: int, code: int) -> None:
        """Leave a stream as browsers do: say no more, and want no more."""
        for leave in (self._quic.reset_stream, self._quic.stop_stream):
            try:
                leave(stream_id, code)
            except (AssertionError, ValueError):
                pass  # that direction has ended already
        self.transmit()


class Http3Exchange:
    """A request on a stream of an HTTP/3 origin, and the way to answer it."""

    def __init__(self, peer: "_ServerPeer", stream_id: int) -> None:
        self._peer = peer
        self._stream_id = stream_id
        self.was_reset = asyncio.Event()

    def head(self, *headers: tuple[bytes, bytes]) -> None:
        fields = [(b":status", b"200"), *(headers or ((b"content-type", b"text/event-stream"),))]
        self._peer.h3.send_headers(self._stream_id, fields)
        self._peer.transmit()

    def data(self, data: bytes, *, end_stream: bool = False) -> None:
        self._peer.h3.send_data(self._stream_id, data, end_stream)
        self._peer.transmit()

    def trailers(self, headers: Headers) -> None:
        self._peer.h3.send_headers(self._stream_id, headers, end_stream=True)
        self._peer.transmit()

    def reset(self, code: ErrorCode) -> None:
        self._peer.reset(self._stream_id, code)

    def close(self) -> None:
        """Close the whole connection."""
        self._peer.close(ErrorCode.H3_NO_ERROR)


Handler = Callable[[Http3Exchange], Awaitable[None]]


class _ServerPeer(_Peer):
    handlers: dict[str, Handler]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._exchanges: dict[int, Http3Exchange] = {}
        self._tasks: set[asyncio.Future[None]] = set()

    def h3_event_received(self, event: H3Event) -> None:
        if isinstance(event, HeadersReceived) and event.stream_id not in self._exchanges:
            path = dict(event.headers)[b":path"].decode().partition("?")[0]
            exchange = Http3Exchange(self, event.stream_id)
            self._exchanges[event.stream_id] = exchange
            self._tasks.add(asyncio.ensure_future(self.handlers[path](exchange)))

    def stream_reset(self, stream_id: int) -> None:
        if stream_id in self._exchanges:
            self._exchanges[stream_id].was_reset.set()


class Http3Origin:
    """An HTTP/3 server; every stream's handler is a coroutine."""

    def __init__(self, handlers: dict[str, Handler], port: int) -> None:
        self._handlers = handlers
        self._numbers = count()
        self.port = port
        self.url = f"https://127.0.0.1:{port}"

    def serve(self, handler: Handler, name: str = "h3") -> str:
        """Give the path, used by nobody else, where `handler` answers."""
        path = f"/{name}-{next(self._numbers)}"
        self.serve_at(path, handler)
        return path

    def serve_at(self, path: str, handler: Handler) -> None:
        """Have `handler` answer at a path of the caller's choice."""
        self._handlers[path] = handler


@asynccontextmanager
async def http3_origin(pem: Path) -> AsyncIterator[Http3Origin]:
    """A server with the certificate and key in `pem`."""
    handlers: dict[str, Handler] = {}
    configuration = QuicConfiguration(is_client=False, alpn_protocols=["h3"])
    configuration.load_cert_chain(pem, pem)

    def protocol(*args: Any, **kwargs: Any) -> _ServerPeer:
        peer = _ServerPeer(*args, **kwargs)
        peer.handlers = handlers
        return peer

    server = await serve("127.0.0.1", 0, configuration=configuration, create_protocol=protocol)
    try:
        transport: Any = server._transport  # the only place that knows the port
        yield Http3Origin(handlers, transport.get_extra_info("sockname")[1])
    finally:
        server.close()


class Http3Client(_Peer):
    """An HTTP/3 connection to a reverse proxy."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._pending: dict[int, asyncio.Queue[H3Event | None]] = {}

    def get(self, path: str, authority: str, method: str = "GET") -> int:
        """Ask for `path`; gives the stream's number."""
        stream_id = self._quic.get_next_available_stream_id()
        self._pending[stream_id] = asyncio.Queue()
        fields = [(b":method", method.encode()), (b":scheme", b"https"), (b":path", path.encode())]
        fields.append((b":authority", authority.encode()))
        self.h3.send_headers(stream_id, fields, end_stream=True)
        self.transmit()
        return stream_id

    def h3_event_received(self, event: H3Event) -> None:
        if isinstance(event, HeadersReceived | DataReceived):
            self._pending[event.stream_id].put_nowait(event)

    def stream_reset(self, stream_id: int) -> None:
        if stream_id in self._pending:
            self._pending[stream_id].put_nowait(None)

    async def headers(self, stream_id: int) -> dict[bytes, bytes]:
        """The next head, or the trailers."""
        return dict(await self.fields(stream_id))

    async def fields(self, stream_id: int) -> Headers:
        """The same, in order."""
        while not isinstance(event := await self._next(stream_id), HeadersReceived):
            assert event is not None, "the stream was reset"
        return event.headers

    async def data(self, stream_id: int) -> bytes:
        """The next data that is not empty; b"" at the end."""
        while (event := await self._next(stream_id)) is not None:
            assert isinstance(event, HeadersReceived | DataReceived)
            if isinstance(event, DataReceived) and event.data:
                return event.data
            if event.stream_ended:
                return b""
        raise ConnectionResetError("the stream was reset")

    async def _next(self, stream_id: int) -> H3Event | None:
        return await asyncio.wait_for(self._pending[stream_id].get(), TIMEOUT_S)


@asynccontextmanager
async def http3_client(port: int) -> AsyncIterator[Http3Client]:
    """A connection to the proxy at `port`; whom to trust is tested elsewhere."""
    configuration = QuicConfiguration(is_client=True, alpn_protocols=["h3"])
    configuration.verify_mode = ssl.CERT_NONE
    configuration.server_name = "127.0.0.1"
    async with connect(
        "127.0.0.1", port, configuration=configuration, create_protocol=Http3Client
    ) as client:
        assert isinstance(client, Http3Client)
        yield client


def needs_hypercorn() -> None:
    """Skip without one that speaks HTTP/3 with the aioquic that mitmproxy has."""
    try:
        version = metadata.version("hypercorn")
    except metadata.PackageNotFoundError:
        version = "0.0"
    if tuple(map(int, version.split(".")[:2])) < (0, 18):
        pytest.skip(f"needs hypercorn 0.18, found {version}")
