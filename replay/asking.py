"""Sends a captured request to a replay, over a socket of its own."""

import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from ssetape.capture import Capture
from ssetape.errors import ReplayError

from .exchange import asks_for_a_websocket

# What a client that asks for a WebSocket sends; any key will do: RFC 6455, section 4.1.
UPGRADE = [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13")]
UPGRADE += [("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==")]
_ACCEPTED_S = 0.02
_URL = re.compile(r"[^:]*://([!-~]*?)([/?][!-~]*)?", re.ASCII)


def request_bytes(capture: Capture, *headers: tuple[str, str]) -> bytes:
    """The captured request as it is sent to a replay, with these headers.

    Raises:
        ReplayError: it is not legal in HTTP.
    """
    request = capture.request
    found = _URL.fullmatch(request.url.partition("#")[0])
    if found is None:
        raise ReplayError(
            f"{capture.path}: its request is not legal HTTP: expected an absolute URL in ASCII, "
            f"found {request.url!r:.200}"
        )
    host, target = found[1], found[2] or "/"
    target = target if target.startswith("/") else f"/{target}"
    body = request.body or b""
    if asks_for_a_websocket(request.headers):
        headers = (*UPGRADE, *headers)
    fields = [("Host", host), *headers, ("Content-Length", str(len(body)))]
    lines = [f"{request.method} {target} HTTP/1.1", *(f"{name}: {v}" for name, v in fields)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


@contextmanager
def asked(url: str, request: bytes) -> Iterator[tuple[socket.socket, int]]:
    """Send a request to a server; yield the socket, and when it was sent, as `timer.now_ns()`."""
    server = urlsplit(url)
    with socket.create_connection((server.hostname, server.port)) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # To measure the replay, and not the time to accept a connection.
        time.sleep(_ACCEPTED_S)
        started_ns = time.monotonic_ns()
        sock.sendall(request)
        yield sock, started_ns


def received(sock: socket.socket) -> bytes:
    """What comes next; b"" once the connection has ended, in whatever way."""
    try:
        return sock.recv(1 << 16)
    except ConnectionResetError:
        return b""
