"""An HTTP/2 server and client of which a test holds every frame."""

import contextlib
import select
import socket
import ssl
import threading
from collections.abc import Callable
from itertools import count
from queue import SimpleQueue
from typing import Any, Self

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import DataReceived, Event, RequestReceived, StreamReset
from proxies import TIMEOUT_S, close, connect

Headers = list[tuple[str, str]]


class Http2Exchange:
    """A request on a stream of an HTTP/2 origin, and the way to answer it."""

    def __init__(self, connection: "_Connection", stream_id: int) -> None:
        self._connection = connection
        self.stream_id = stream_id
        self.was_reset = threading.Event()

    def head(self, *headers: tuple[str, str], end_stream: bool = False) -> None:
        fields = [(":status", "200"), *(headers or (("content-type", "text/event-stream"),))]
        self._do("send_headers", fields, end_stream=end_stream)

    def data(self, data: bytes, *, end_stream: bool = False) -> None:
        self._do("send_data", data, end_stream=end_stream)

    def trailers(self, headers: Headers) -> None:
        self._do("send_headers", headers, end_stream=True)

    def end(self) -> None:
        self._do("end_stream")

    def reset(self, code: ErrorCodes) -> None:
        self._do("reset_stream", error_code=code)

    def go_away(self) -> None:
        """Send GOAWAY and leave."""
        with self._connection.lock:
            self._connection.h2.close_connection(ErrorCodes.NO_ERROR)
            self._connection.flush()
        self.close()

    def close(self) -> None:
        close(self._connection.sock)

    def _do(self, method: str, *args: Any, **kwargs: Any) -> None:
        with self._connection.lock:
            getattr(self._connection.h2, method)(self.stream_id, *args, **kwargs)
            self._connection.flush()


class _Connection:
    def __init__(self, sock: ssl.SSLSocket, *, client_side: bool) -> None:
        self.sock = sock
        self.lock = threading.Lock()
        self.h2 = H2Connection(H2Configuration(client_side=client_side, header_encoding="utf-8"))
        self.h2.initiate_connection()
        self.flush()

    def flush(self) -> None:
        self.sock.sendall(self.h2.data_to_send())

    def receive(self) -> list[Event] | None:
        """The next events, None when the other side has gone."""
        # Before Python 3.13 a TLS socket may not be read and written by two threads at once: so
        # it is waited for without the lock, and read with it.
        try:
            if not self.sock.pending() and not select.select([self.sock], [], [], TIMEOUT_S)[0]:
                return None
            with self.lock:
                data = self.sock.recv(1 << 16)
        except (OSError, ValueError):  # ValueError: another thread has closed it
            return None
        if not data:
            return None
        with self.lock:
            events = self.h2.receive_data(data)
            for event in events:
                if isinstance(event, DataReceived) and event.flow_controlled_length:
                    with contextlib.suppress(Exception):  # the stream may be closed already
                        self.h2.acknowledge_received_data(
                            event.flow_controlled_length, event.stream_id
                        )
            with contextlib.suppress(OSError):
                self.flush()
        return events


class Http2Origin:
    """An HTTP/2 server; every stream's handler runs in a thread of its own."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        self._tls = tls
        self._handlers: dict[str, Callable[[Http2Exchange], None]] = {}
        self._numbers = count()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.authority = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def serve(self, handler: Callable[[Http2Exchange], None], name: str = "h2") -> str:
        """Give the URL, used by nobody else, where `handler` answers."""
        path = f"/{name}-{next(self._numbers)}"
        self._handlers[path] = handler
        return f"https://{self.authority}{path}"

    def serve_at(self, path: str, handler: Callable[[Http2Exchange], None]) -> None:
        """Have `handler` answer at a path of the caller's choice."""
        self._handlers[path] = handler

    def close(self) -> None:
        # close() alone leaves a thread that sits in accept() where it is.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(TIMEOUT_S)
            tls_sock = self._tls.wrap_socket(sock, server_side=True)
            sock = tls_sock
            self._talk(_Connection(tls_sock, client_side=False))
        except OSError:
            pass  # the other side has gone, which many a test wants
        finally:
            close(sock)

    def _talk(self, connection: _Connection) -> None:
        exchanges: dict[int, Http2Exchange] = {}
        while (events := connection.receive()) is not None:
            for event in events:
                if isinstance(event, RequestReceived):
                    assert event.stream_id is not None
                    headers: Any = event.headers  # text, as header_encoding has it
                    path = dict(headers)[":path"].partition("?")[0]
                    exchange = Http2Exchange(connection, event.stream_id)
                    exchanges[event.stream_id] = exchange
                    args = self._handlers[path], exchange
                    threading.Thread(target=_handle, args=args, daemon=True).start()
                elif isinstance(event, StreamReset) and event.stream_id in exchanges:
                    exchanges[event.stream_id].was_reset.set()


def _handle(handler: Callable[[Http2Exchange], None], exchange: Http2Exchange) -> None:
    with contextlib.suppress(OSError):  # the other side has gone, which many a test wants
        handler(exchange)


class Http2Client:
    """An HTTP/2 connection through a proxy."""

    def __init__(self, proxy_port: int, authority: str) -> None:
        sock = connect(proxy_port, authority, alpn=("h2",))
        assert isinstance(sock, ssl.SSLSocket)
        assert sock.selected_alpn_protocol() == "h2"
        self.sock = sock
        self._authority = authority
        self._connection = _Connection(sock, client_side=True)
        self._pending: SimpleQueue[Event] = SimpleQueue()

    def get(self, url: str, *headers: tuple[str, str]) -> int:
        """Ask for `url`; gives the stream's number."""
        path = url.partition(self._authority)[2]
        h2 = self._connection.h2
        stream_id = h2.get_next_available_stream_id()
        pseudo = [(":method", "GET"), (":scheme", "https"), (":path", path)]
        h2.send_headers(
            stream_id, [*pseudo, (":authority", self._authority), *headers], end_stream=True
        )
        self._connection.flush()
        return stream_id

    def event(self, *kinds: type[Event]) -> Any:
        """The next event of one of these kinds; others are passed over."""
        while True:
            while not self._pending.empty():
                event = self._pending.get()
                if isinstance(event, kinds):
                    return event
            events = self._connection.receive()
            if events is None:
                raise ConnectionError("the proxy closed the connection")
            for event in events:
                self._pending.put(event)

    def data(self) -> bytes:
        """The next DATA frame that is not empty."""
        while not (data := self.event(DataReceived).data):
            pass
        return bytes(data)

    def reset(self, stream_id: int, code: ErrorCodes) -> None:
        self._connection.h2.reset_stream(stream_id, code)
        self._connection.flush()

    def close(self) -> None:
        close(self.sock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()
