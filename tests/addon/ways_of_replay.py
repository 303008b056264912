"""Replays a capture in each of the ways, and says in a few words what a client gets of it."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from h2 import events
from h2.config import H2Configuration
from h2.connection import H2Connection
from http3_peers import http3_client
from proxies import TIMEOUT_S, in_process

from ssetape.addon.replay import SsetapeReplay
from ssetape.capture import Capture
from ssetape.format import sendable
from ssetape.format.values import WEBSOCKET, Headers, Trailers
from ssetape.replay import verify_websocket
from ssetape.replay.asgi import ReplayApp
from ssetape.replay.asking import request_bytes
from ssetape.replay.exchange import asks_for_a_websocket
from ssetape.replay.pacing import Pace
from ssetape.replay.response_reader import Data, Ending, Head, ResponseReader
from ssetape.replay.running import serving
from ssetape.replay.server import ReplayServer

INSTANT = Pace(instant=True)
SAME = "same"
NO = "no"
# About a connection, or of a server of its own.
_NOT_COMPARED = {"connection", "keep-alive", "transfer-encoding", "upgrade", "content-length"}
_NOT_COMPARED |= {"date", "server", "alt-svc", "sec-websocket-accept"}


@dataclass
class Got:
    """What a client got of a response."""

    status: int = 0
    headers: Headers = field(default_factory=list)
    body: bytes = b""
    is_complete: bool | None = None  # None: nothing shows
    has_trailers: bool = False

    def words(self, capture: Capture) -> str:
        """What differs from the recording."""
        response = capture.response
        assert response is not None
        expected = sendable.response(response)
        if self.status != expected.status:
            return NO
        found = []
        if _shown(self.headers) != _shown(expected.headers):
            found.append("other headers")
        if self.body != b"".join(chunk.data for chunk in capture.chunks()):
            found.append("other bytes")
        assert capture.end is not None
        if self.is_complete != capture.end.is_complete:
            found.append("a cut does not show" if self.is_complete is not False else "cut")
        has_trailers = any(isinstance(part, Trailers) for part in capture.parts())
        if has_trailers and not self.has_trailers:
            found.append("no trailers")
        return ", ".join(found) or SAME


def _shown(headers: Headers) -> Headers:
    pairs = [(name.lower(), value.strip()) for name, value in headers]
    return [(name, value) for name, value in pairs if name not in _NOT_COMPARED]


def _target(capture: Capture) -> str:
    parts = urlsplit(capture.request.url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


# HTTP/1, from the exact server or the proxy


def over_http_1(url: str, capture: Capture, version: bytes) -> Got:
    """What comes over HTTP/1.0 or HTTP/1.1."""
    request = request_bytes(capture).replace(b"HTTP/1.1", version, 1)
    reader = ResponseReader(has_body=capture.request.method != "HEAD")
    got = Got()
    wire = b""
    with socket.create_connection(("127.0.0.1", urlsplit(url).port), TIMEOUT_S) as sock:
        sock.sendall(request)
        while not reader.is_over:
            try:
                data = sock.recv(65_536)
            except ConnectionResetError:
                got.is_complete = False
                break
            wire += data
            for event in reader.feed(data):
                if isinstance(event, Head):
                    got.status, got.headers = event.status, event.headers
                elif isinstance(event, Data):
                    got.body += event.data
                else:
                    got.is_complete = event is Ending.COMPLETE
    got.has_trailers = b"\r\nx-t: " in wire.partition(b"\r\n\r\n")[2].lower()
    return got


def exactly(version: bytes) -> Callable[[Capture], str]:
    """A way through the exact server."""

    def way(capture: Capture) -> str:
        if capture.kind == WEBSOCKET and version == b"HTTP/1.0":
            return NO
        with serving([capture], INSTANT) as url:
            return _over(url, capture, version)

    return way


def _over(url: str, capture: Capture, version: bytes) -> str:
    if capture.kind == WEBSOCKET:
        differences = verify_websocket.verify(url, capture, INSTANT).differences
        if differences == ["end: recorded as cut, replayed as close 1000 ''"]:
            return "closed with 1000"
        return ", ".join(differences) or SAME
    return over_http_1(url, capture, version).words(capture)


def through_the_proxy(confdir: Path) -> Callable[[Capture], str]:
    """A way through mitmproxy with addon/replay.py, to a client of HTTP/1.1."""

    def way(capture: Capture) -> str:
        # Nobody listens there any more, but it is the host that the capture has.
        mode = ["reverse:http://" + urlsplit(capture.request.url).netloc]
        server = ReplayServer([capture], INSTANT, answers_once=True)
        with in_process(confdir, SsetapeReplay(server), mode=mode) as port:
            return _over(f"http://127.0.0.1:{port}", capture, b"HTTP/1.1")

    return way


# HTTP/2


def over_http_2(capture: Capture) -> str:
    """What the exact server gives over HTTP/2."""
    if capture.kind == WEBSOCKET:
        return NO
    with serving([capture], INSTANT) as url:
        return _h2_got(urlsplit(url).port or 0, capture).words(capture)


def _h2_got(port: int, capture: Capture) -> Got:
    client = H2Connection(H2Configuration(client_side=True, header_encoding="latin-1"))
    client.initiate_connection()
    client.update_settings({6: 1 << 20})  # a head of 70 kB
    fields = [(":method", capture.request.method), (":scheme", "http"), (":path", _target(capture))]
    client.send_headers(1, [*fields, (":authority", "127.0.0.1")], end_stream=True)
    got = Got()
    with socket.create_connection(("127.0.0.1", port), TIMEOUT_S) as sock:
        while got.is_complete is None:
            sock.sendall(client.data_to_send())
            for event in client.receive_data(sock.recv(65_536)):
                if isinstance(event, events.ResponseReceived):
                    status, *headers = [(str(n), str(v)) for n, v in event.headers]
                    got.status, got.headers = int(status[1]), headers
                elif isinstance(event, events.DataReceived):
                    got.body += event.data
                    client.acknowledge_received_data(event.flow_controlled_length, 1)
                elif isinstance(event, events.TrailersReceived):
                    got.has_trailers = True
                elif isinstance(event, events.StreamEnded | events.StreamReset):
                    got.is_complete = isinstance(event, events.StreamEnded)
    return got


# HTTP/3


@contextmanager
def http_3(confdir: Path, folders: list[Path]) -> Iterator[Callable[[Capture], str]]:
    """A way through `ssetape replay --http3`, in another process: Hypercorn leaves sockets open."""
    words = [sys.executable, "-m", "ssetape", "replay", "--http3", "--port", "0", "--instant"]
    words += ["--confdir", str(confdir), *map(str, folders)]
    process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    line = next(line for line in iter(process.stderr.readline, "") if "https://" in line)
    port = int(line.rpartition(":")[2])

    def way(capture: Capture) -> str:
        if capture.kind == WEBSOCKET:
            return NO
        return asyncio.run(_h3_got(capture, port)).words(capture)

    try:
        yield way
    finally:
        process.terminate()
        process.stderr.read()
        process.stderr.close()
        process.wait(TIMEOUT_S)


async def _h3_got(capture: Capture, port: int) -> Got:
    got = Got()
    for _ in range(20):  # UDP does not say when somebody listens
        with suppress(ConnectionError):
            async with asyncio.timeout(TIMEOUT_S), http3_client(port) as client:
                await _h3_read(client, capture, got)
            break
    return got


async def _h3_read(client: Any, capture: Capture, got: Got) -> None:
    stream_id = client.get(_target(capture), "127.0.0.1", capture.request.method)
    status, *headers = await client.fields(stream_id)
    got.status = int(status[1])
    got.headers = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in headers]
    if capture.request.method == "HEAD" or got.status in (204, 304):
        got.is_complete = True  # aioquic's client would wait for a body of the length in the head
        return
    size = sum(len(chunk.data) for chunk in capture.chunks())
    assert capture.end is not None
    while len(got.body) < size or capture.end.is_complete:
        # After a cut, nothing more comes: there is no end to wait for.
        data = await client.data(stream_id)
        if not data:
            got.is_complete = True
            return
        got.body += data


# ASGI


def over_asgi(capture: Capture) -> str:
    """What the ASGI application tells a server that can all that ASGI has."""
    is_for_a_websocket = capture.kind == WEBSOCKET or asks_for_a_websocket(capture.request.headers)
    sent = asyncio.run(_asgi_messages(capture, is_for_a_websocket))
    if capture.kind == WEBSOCKET:
        return _socket_words(capture, sent)
    got = Got(is_complete=False)
    for message in sent:
        if message["type"].endswith("http.response.start"):
            pairs = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in message["headers"]]
            got.status, got.headers = message["status"], pairs
        elif message["type"].endswith("http.response.body"):
            got.body += message["body"]
            got.is_complete = not message.get("more_body", False)
    return got.words(capture)


async def _asgi_messages(capture: Capture, is_for_a_websocket: bool) -> list[Any]:
    path, _, query = _target(capture).partition("?")
    scope: dict[str, Any] = {
        "type": "websocket" if is_for_a_websocket else "http",
        "method": capture.request.method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [],
        "extensions": {"websocket.http.response": {}},
    }
    inbox: asyncio.Queue[Any] = asyncio.Queue()
    inbox.put_nowait({"type": "websocket.connect" if is_for_a_websocket else "http.request"})
    said = [m for m in capture.messages() if m.from_client] if capture.kind == WEBSOCKET else []
    for message in said:
        inbox.put_nowait({"type": "websocket.receive", "text": message.text, "bytes": message.data})
    close = capture.end.close if capture.end else None
    heard = capture.kind == WEBSOCKET and sum(not m.from_client for m in capture.messages())
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)
        count = sum(each["type"] == "websocket.send" for each in sent)
        if count == heard and close is not None and close.by_client and close.code != 1006:
            inbox.put_nowait({"type": "websocket.disconnect", "code": close.code})

    await asyncio.wait_for(ReplayApp([capture], INSTANT)(scope, inbox.get, send), TIMEOUT_S)
    return sent


def _socket_words(capture: Capture, sent: list[Any]) -> str:
    accept, *rest = sent
    assert capture.response is not None
    assert capture.end is not None
    found = []
    pairs = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in accept["headers"]]
    if _shown(pairs) != _shown(sendable.response(capture.response).headers):
        found.append("other headers")
    said = [
        message["text"].encode() if "text" in message else message["bytes"]
        for message in rest
        if message["type"] == "websocket.send"
    ]
    if said != [message.data for message in capture.messages() if not message.from_client]:
        found.append("other messages")
    close = capture.end.close
    assert close is not None
    is_server_s = not close.by_client and close.code != 1006
    closed = [m["code"] for m in rest if m["type"] == "websocket.close"]
    if closed != [close.code] * is_server_s:
        found.append(f"closed with {', '.join(map(str, closed))}")
    return ", ".join(found) or SAME
