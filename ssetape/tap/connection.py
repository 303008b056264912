"""A connection to a browser's DevTools: a pipe to one that was started here, or a WebSocket."""

import asyncio
import contextlib
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from ssetape.errors import TapError
from ssetape.output.refusals import not_installed

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

OnMessage = Callable[[dict[str, Any]], None]


class Connection(Protocol):
    """What both are."""

    async def run(self, on_message: OnMessage) -> None:
        """Pass on each message as it comes, until the browser ends the connection."""

    def send(self, message: Mapping[str, Any]) -> None:
        """Send a message; nothing happens if the connection is closed."""

    async def close(self) -> None:
        """End the connection."""


class PipeConnection(asyncio.Protocol):
    """Messages end with a NUL byte, and nobody else has the pipe's ends."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._on_message: OnMessage = lambda message: None
        self._closed: asyncio.Event = asyncio.Event()
        self._reading: asyncio.ReadTransport | None = None
        self._writing: asyncio.WriteTransport | None = None

    @classmethod
    async def open(cls, from_browser: int, to_browser: int) -> "PipeConnection":
        """Take over two file descriptors."""
        loop = asyncio.get_running_loop()
        # Opened with no buffer: the event loop reads and writes the descriptors themselves.
        reading = open(from_browser, "rb", buffering=0)  # noqa: SIM115  # its transport closes it
        writing = open(to_browser, "wb", buffering=0)  # noqa: SIM115  # the same
        transport, connection = await loop.connect_read_pipe(cls, reading)
        connection._reading = transport
        connection._writing, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, writing)
        transport.pause_reading()  # until somebody listens
        return connection

    async def run(self, on_message: OnMessage) -> None:
        self._on_message = on_message
        if self._reading is not None and not self._closed.is_set():
            self._reading.resume_reading()
        await self._closed.wait()

    def send(self, message: Mapping[str, Any]) -> None:
        if self._writing is not None and not self._writing.is_closing():
            self._writing.write(orjson.dumps(message) + b"\0")

    async def close(self) -> None:
        for transport in (self._reading, self._writing):
            if transport is not None:
                transport.close()

    def data_received(self, data: bytes) -> None:
        first, *others = data.split(b"\0")
        self._parts.append(first)
        for other in others:
            whole = b"".join(self._parts)
            self._parts = [other]
            _pass_on(whole, self._on_message)

    def connection_lost(self, exc: Exception | None) -> None:
        self._closed.set()


class SocketConnection:
    """A WebSocket, with the library websockets."""

    def __init__(self, socket: "ClientConnection") -> None:
        self._socket = socket
        self._unsent: asyncio.Queue[bytes] = asyncio.Queue()
        self._sending = asyncio.create_task(self._send_all())

    @classmethod
    async def open(cls, url: str) -> "SocketConnection":
        """Connect to the WebSocket of a browser.

        Raises:
            TapError: there is no library for it, or no browser.
        """
        try:
            from websockets.asyncio.client import connect
            from websockets.exceptions import WebSocketException
        except ImportError as error:
            raise TapError(
                not_installed("joining a browser by its port", "websockets", "tap", error)
            ) from error
        try:
            # Bodies come as single messages. Nobody between here and there would gain from
            # compression, or from pings. No proxy: it may be set for the browser's pages.
            socket = await connect(
                url, max_size=None, compression=None, ping_interval=None, proxy=None
            )
        except (OSError, WebSocketException, TimeoutError) as error:
            raise TapError(f"cannot connect to the browser at {url}: {error}") from error
        return cls(socket)

    async def run(self, on_message: OnMessage) -> None:
        from websockets.exceptions import ConnectionClosed

        try:
            async for text in self._socket:
                _pass_on(text.encode() if isinstance(text, str) else text, on_message)
        except ConnectionClosed:
            pass  # by the browser, however it ended

    def send(self, message: Mapping[str, Any]) -> None:
        self._unsent.put_nowait(orjson.dumps(message))

    async def close(self) -> None:
        self._sending.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._sending
        await self._socket.close()

    async def _send_all(self) -> None:
        from websockets.exceptions import ConnectionClosed

        with contextlib.suppress(ConnectionClosed):
            while True:
                # As text: the browser takes no binary messages.
                await self._socket.send((await self._unsent.get()).decode())


def _pass_on(text: bytes, on_message: OnMessage) -> None:
    """Parse a message and pass it on; what is not JSON, no browser has sent."""
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError:
        try:
            message = json.loads(text)  # takes halves of a character, as JavaScript has them
        except ValueError:
            return
    if isinstance(message, dict):
        on_message(message)
