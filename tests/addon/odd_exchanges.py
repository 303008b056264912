"""Odd heads, ends and upgrades, recorded through the real recorder, over each protocol.

Each is served by an origin of which every byte is known; what a client does is known as well.
"""

import asyncio
import base64
import gzip
import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from h2.errors import ErrorCodes
from h2.events import StreamEnded, StreamReset
from http2_peers import Http2Client, Http2Exchange, Http2Origin
from http3_peers import Http3Exchange, http3_client, http3_origin
from proxies import (
    Client,
    Exchange,
    Mitmdump,
    Origin,
    captures,
    ended_capture,
    in_process,
    wait_until,
)

from ssetape.addon.record import SsetapeRecord
from ssetape.capture import Capture
from ssetape.replay.response_reader import Head, ResponseReader

SSE = b"Content-Type: text/event-stream\r\n"
EVENTS = [b"data: caf\xc3", b"\xa9\n\n", b"data: b\n\n"]
BODY = b"".join(EVENTS)
CHUNKS = b"".join(b"%x\r\n%b\r\n" % (len(data), data) for data in EVENTS)
CHUNKED = b"Transfer-Encoding: chunked\r\n"
LAST = b"0\r\n\r\n"
ZIPPED = gzip.compress(BODY)


@dataclass(frozen=True)
class Http1Case:
    """A response over HTTP/1.0 or 1.1, as it is on the wire, and what asks for it."""

    wire: bytes
    ends: str = "close"  # or "reset": how the origin's connection does
    method: str = "GET"
    asked: tuple[str, ...] = ()
    path: str = ""  # after the case's own


def _head(fields: bytes, version: bytes = b"1.1", status: bytes = b"200 OK") -> bytes:
    return b"HTTP/%b %b\r\n%b\r\n" % (version, status, SSE + fields)


_UPGRADE = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13")
_UPGRADE += ("Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",)
_CODED = b"Transfer-Encoding: gzip, chunked\r\n"

HTTP_1: dict[str, dict[str, Http1Case]] = {
    "HTTP/1.0": {
        "a body until the end": Http1Case(_head(b"", b"1.0") + BODY),
        "a body until the end, reset": Http1Case(_head(b"", b"1.0") + BODY, "reset"),
        "a length": Http1Case(_head(b"Content-Length: %d\r\n" % len(BODY), b"1.0") + BODY),
    },
    "HTTP/1.1": {
        "chunks": Http1Case(_head(CHUNKED) + CHUNKS + LAST),
        "trailers": Http1Case(_head(CHUNKED) + CHUNKS + b"0\r\nX-T: 1\r\nX-T: a\r\n b\r\n\r\n"),
        "a folded header": Http1Case(_head(b"X: one\r\n two\r\n\tthree\r\n" + CHUNKED) + LAST),
        "NUL and CR in a header": Http1Case(_head(b"X: a\0b\rc\r\n" + CHUNKED) + CHUNKS + LAST),
        "raw bytes in a header": Http1Case(_head(b"X: \xc3\xa9\xff\x01\r\n" + CHUNKED) + LAST),
        "a head of 70 kB": Http1Case(_head(b"X: %b\r\n" % (b"x" * 70_000) + CHUNKED) + LAST),
        "Transfer-Encoding: gzip, chunked": Http1Case(
            _head(_CODED) + b"%x\r\n%b\r\n" % (len(ZIPPED), ZIPPED) + LAST
        ),
        "Transfer-Encoding: gzip": Http1Case(_head(b"Transfer-Encoding: gzip\r\n") + ZIPPED),
        "status 799, no reason": Http1Case(_head(CHUNKED, status=b"799") + CHUNKS + LAST),
        "raw bytes in the path": Http1Case(
            _head(CHUNKED) + CHUNKS + LAST, path="/caf\xc3\xa9?q=\xe6\x97\xa5"
        ),
        "HEAD": Http1Case(_head(b"Content-Length: 9\r\n"), method="HEAD"),
        "204": Http1Case(_head(b"", status=b"204 No Content")),
        "304": Http1Case(_head(b"Etag: x\r\n", status=b"304 Not Modified")),
        "cut in a chunk": Http1Case(_head(CHUNKED) + CHUNKS[:-4]),
        "cut, reset": Http1Case(_head(CHUNKED) + CHUNKS, "reset"),
        "cut before its length": Http1Case(_head(b"Content-Length: 99\r\n") + BODY),
        "a refused WebSocket": Http1Case(
            _head(b"Content-Length: %d\r\n" % len(BODY), status=b"403 No") + BODY, asked=_UPGRADE
        ),
    },
}


def _accepted(exchange: Exchange, fields: bytes = b"") -> None:
    key = exchange.headers["sec-websocket-key"].encode()
    guid = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    accept = base64.b64encode(hashlib.sha1(key + guid).digest())
    exchange.send(
        b"HTTP/1.1 101 Go on\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: %b\r\n%b\r\n" % (accept, fields)
    )


_SAID = b"\x81\x81\0\0\0\0q"  # a client's message "q", with a mask of zeros
_CLOSED = b"\x88\x82\0\0\0\0\x03\xe8"  # a client's close, 1000


def _socket(ends: bytes, fields: bytes = b"") -> Callable[[Exchange], None]:
    """A server that says something, answers, and ends with these bytes; b"" is a cut."""

    def handle(exchange: Exchange) -> None:
        _accepted(exchange, fields)
        exchange.send(b"\x81\x02\xc3\xa9")
        assert exchange.read(len(_SAID))
        exchange.send(b"\x82\x02\0\xff")
        if ends:
            exchange.send(ends)
            exchange.wait_for_the_other_side_to_leave()

    return handle


def _left(exchange: Exchange) -> None:
    _accepted(exchange)
    exchange.send(b"\x81\x01a")
    exchange.wait_for_the_other_side_to_leave()


def _closed_by_client(exchange: Exchange) -> None:
    _accepted(exchange)
    exchange.send(b"\x81\x01a")
    assert exchange.read(len(_CLOSED))
    exchange.send(b"\x88\x02\x03\xe8")


# The server, and what its client sends once it has heard something.
WEBSOCKETS: dict[str, tuple[Callable[[Exchange], None], bytes]] = {
    "closed with 4001": (_socket(b"\x88\x05\x0f\xa1bye"), _SAID),
    "closed without a code": (_socket(b"\x88\0"), _SAID),
    "closed by the client": (_closed_by_client, _CLOSED),
    "cut by the server": (_socket(b""), _SAID),
    "cut by the client": (_left, b""),
    "an odd head": (_socket(b"\x88\0", b"X: a\0b\r\n c\xff\x0b\r\n"), _SAID),
}


def _h2_stream(exchange: Http2Exchange) -> None:
    exchange.head(("content-type", "text/event-stream"), ("x", "\xe9"))
    for data in EVENTS:
        exchange.data(data)
    exchange.end()


def _h2_trailers(exchange: Http2Exchange) -> None:
    exchange.head()
    exchange.data(BODY)
    exchange.trailers([("x-t", "1")])


def _h2_reset(exchange: Http2Exchange) -> None:
    exchange.head()
    exchange.data(BODY)
    exchange.reset(ErrorCodes.INTERNAL_ERROR)


HTTP_2: dict[str, Callable[[Http2Exchange], None]] = {
    "frames": _h2_stream,
    "trailers": _h2_trailers,
    "reset": _h2_reset,
}


async def _h3_stream(exchange: Http3Exchange) -> None:
    exchange.head((b"content-type", b"text/event-stream"), (b"x", "\xe9".encode("latin-1")))
    for data in EVENTS[:-1]:
        exchange.data(data)
    exchange.data(EVENTS[-1], end_stream=True)


async def _h3_trailers(exchange: Http3Exchange) -> None:
    exchange.head()
    exchange.data(BODY)
    exchange.trailers([(b"x-t", b"1")])


HTTP_3 = {"frames": _h3_stream, "trailers": _h3_trailers}

# By protocol and case.
Recorded = dict[tuple[str, str], Capture]


@contextmanager
def _recorder(confdir: Path, folder: Path, count: int, **options: Any) -> Iterator[int]:
    """A proxy that records into a folder; waits until so many captures have ended."""
    options |= {"tape_dir": str(folder), "tape_all": True}
    with in_process(confdir, SsetapeRecord(), **options) as port:
        yield port
        ended = lambda: sum(c.end is not None for c in captures(folder)) == count  # noqa: E731
        wait_until(ended, f"{count} captures in {folder}")


def _by_number(folder: Path, names: list[tuple[str, str]]) -> Recorded:
    """The captures in a folder of its own, with the numbers in their paths."""
    by_number = {
        int(urlsplit(capture.request.url).path.split("/")[2]): capture
        for capture in captures(folder)
    }
    return {name: by_number[number] for number, name in enumerate(names)}


def record_http_1(confdir: Path, folder: Path) -> Recorded:
    """Record all over HTTP/1.0 and HTTP/1.1, and the WebSockets."""
    cases = [(over, name, case) for over, all_ in HTTP_1.items() for name, case in all_.items()]
    names = [(protocol, name) for protocol, name, _ in cases]
    names += [("WebSocket", name) for name in WEBSOCKETS]
    # In reverse mode: mitmproxy takes no raw bytes in the URL that a client gives to a proxy.
    with (
        Origin() as origin,
        _recorder(confdir, folder, len(names), mode=[f"reverse:{origin.url}"]) as port,
    ):
        for number, (_, _, case) in enumerate(cases):
            path = f"/1/{number}{case.path}"
            url = origin.serve_at(path.partition("?")[0], _sends(case))
            url += "".join(path.partition("?")[1:])
            with Client(port, url, *case.asked, method=case.method, direct=True) as client:
                _read(client, has_body=case.method != "HEAD")
        for number, (handler, said) in enumerate(WEBSOCKETS.values(), len(cases)):
            url = origin.serve_at(f"/1/{number}", handler)
            with Client(port, url, *_UPGRADE, direct=True) as client:
                _skip_head(client)
                assert client.read(3)
                if said:
                    client.sock.sendall(said)
                    client.read_to_the_end()
    return _by_number(folder, names)


def _sends(case: Http1Case) -> Callable[[Exchange], None]:
    def handle(exchange: Exchange) -> None:
        exchange.send(case.wire)
        if case.ends == "reset":
            threading.Event().wait(0.1)  # a reset takes what the proxy has not read yet with it
            exchange.reset()

    return handle


def _skip_head(client: Client) -> None:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += client.read(1)


def _read(client: Client, *, has_body: bool) -> None:
    reader = ResponseReader(has_body=has_body)
    while not reader.is_over:
        try:
            data = client.read_some()
        except ConnectionError:
            return
        for event in reader.feed(data):
            assert not isinstance(event, Head) or event.status < 1000


def record_http_2(confdir: Path, folder: Path, origin: Http2Origin) -> Recorded:
    """Record all over HTTP/2."""
    with _recorder(confdir, folder, len(HTTP_2)) as port:
        for number, handler in enumerate(HTTP_2.values()):
            origin.serve_at(f"/2/{number}", handler)
            with Http2Client(port, origin.authority) as client:
                client.get(f"https://{origin.authority}/2/{number}")
                client.event(StreamEnded, StreamReset)
    return _by_number(folder, [("HTTP/2", name) for name in HTTP_2])


def record_http_3(confdir: Path, folder: Path, pem: Path) -> Recorded:
    """Record all over HTTP/3, in another process: mitmproxy leaves UDP sockets open."""

    async def go() -> None:
        async with http3_origin(pem) as origin:
            for number, handler in enumerate(HTTP_3.values()):
                origin.serve_at(f"/3/{number}", handler)
            mode = f"mode=reverse:http3://127.0.0.1:{origin.port}"
            with Mitmdump(confdir, folder, mode) as proxy:
                port = await asyncio.to_thread(lambda: proxy.port)
                async with http3_client(port) as client:
                    for number in range(len(HTTP_3)):
                        url = f"{origin.url}/3/{number}"
                        stream_id = client.get(f"/3/{number}", f"127.0.0.1:{origin.port}")
                        await client.headers(stream_id)
                        await client.data(stream_id)
                        await asyncio.to_thread(ended_capture, folder, url)

    asyncio.run(go())
    return _by_number(folder, [("HTTP/3", name) for name in HTTP_3])
