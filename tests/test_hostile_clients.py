"""Clients that mean harm: the server goes on, does not fill, and shows no file but its captures."""

import contextlib
import json
import random
import resource
import socket
import ssl
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from cli.programs import Program
from h2.config import H2Configuration
from h2.connection import H2Connection

from ssetape.replay.wire.http2 import PREFACE

Write = Callable[..., Path]

pytestmark = [
    pytest.mark.programs,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc to see the memory"),
]

BODY = b"data: hello\n\n"
GET = b"GET /stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


@pytest.fixture
def server(capture_file: Write) -> Iterator[Program]:
    path = capture_file([(0.0, BODY)])
    with Program("replay", "--port", "0", path) as program:
        assert program.port
        yield program
        assert serves(program)


def rss_bytes(program: Program) -> int:
    text = Path(f"/proc/{program.process.pid}/status").read_text()
    return int(text.partition("VmRSS:")[2].split()[0]) * 1024


def connect(program: Program) -> socket.socket:
    return socket.create_connection(("127.0.0.1", program.port), timeout=60)


def ask(program: Program, request: bytes) -> bytes:
    """Send this, and give all that comes back until the server closes, or takes no more."""
    received = b""
    with connect(program) as sock, contextlib.suppress(ConnectionError):
        with contextlib.suppress(ConnectionError):
            sock.sendall(request)
        while data := sock.recv(65536):
            received += data
    return received


def serves(program: Program) -> bool:
    answer = ask(program, GET)
    return answer.startswith(b"HTTP/1.1 200 OK") and BODY in answer


def test_ten_thousand_idle_connections(server: Program) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 10_000
    if hard != resource.RLIM_INFINITY and hard < wanted + 200:
        wanted = hard - 200
    before = rss_bytes(server)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, wanted + 200), hard))
        with ExitStack() as stack:
            for number in range(wanted):
                sock = stack.enter_context(connect(server))
                if number % 2:  # and some that never come to the end of their request
                    sock.sendall(b"GET /stream HTTP/1.1\r\nHo")
            assert serves(server)
            assert rss_bytes(server) - before < wanted * 40_000
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_hundred_megabytes_of_header(server: Program) -> None:
    before = rss_bytes(server)
    piece = b"X-Large: " + b"x" * 65_000 + b"\r\n"
    for start in (b"GET /stream HTTP/1.1\r\n", b""):  # as lines, and as one
        with connect(server) as sock, contextlib.suppress(ConnectionError):
            sock.sendall(start)
            for _ in range(1_600):
                sock.sendall(piece if start else b"x" * 65_000)
        assert serves(server)
    assert rss_bytes(server) - before < 30_000_000
    assert b" 431 " in ask(server, b"GET / HTTP/1.1\r\n" + piece * 5)


@pytest.mark.parametrize(
    "path",
    [
        "/../../../../etc/passwd",
        "/..%2f..%2f..%2f..%2fetc%2fpasswd",
        "//etc/passwd",
        "/stream/../../etc/passwd",
        "file:///etc/passwd",
        "/_ssetape/captures/../../../etc/passwd",
        "/_ssetape/captures/%2fetc%2fpasswd",
        "/_ssetape/captures/-1",
        "/_ssetape/captures/99999999999999999999",
        "/stream%00.ssetape",
        "/\\..\\..\\etc\\passwd",
    ],
)
def test_no_file_but_the_captures_is_reached(path: str, server: Program) -> None:
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    answer = ask(server, request.encode())
    assert b" 404 " in answer.partition(b"\r\n")[0]
    assert b"root:" not in answer


def test_a_foreign_page_reaches_no_page_of_the_server(server: Program) -> None:
    for method in ("GET", "POST", "PUT", "DELETE"):
        for name in ("", "captures/0", "pause", "step", "scenario", "served"):
            for field in ("Host: rebound.example.com", "Host: a\r\nOrigin: https://b.example.com"):
                request = f"{method} /_ssetape/{name} HTTP/1.1\r\n{field}\r\n"
                answer = ask(server, f"{request}Connection: close\r\n\r\n".encode())
                assert answer.startswith((b"HTTP/1.1 403 ", b"HTTP/1.1 405 ")), (method, name)
    status = json.loads(
        ask(
            server,
            b"GET /_ssetape/served HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
        ).partition(b"\r\n\r\n")[2]
    )
    assert {each["status"] for each in status["served"]} <= {403, 405, 200}


def test_malformed_everything(server: Program) -> None:
    chance = random.Random(1)
    requests = [
        b"\0" * 1000,
        b"\r\n" * 1000,
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /stream HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"GET /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"GET /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
        b"POST /stream HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /stream HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 17,
        b"GET /stream HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
        b"GET /stream HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /stream HTTP/1.1\r\nX: a\r\n b\r\n\r\n",
        PREFACE,
        PREFACE + b"\0\0\0\4\1\0\0\0\0" * 3,
        *(bytes(chance.randrange(256) for _ in range(500)) for _ in range(50)),
        *(PREFACE + bytes(chance.randrange(256) for _ in range(500)) for _ in range(50)),
    ]
    for request in requests:
        with connect(server) as sock, contextlib.suppress(OSError):
            sock.sendall(request)
            sock.settimeout(0.01)
            sock.recv(65536)
    assert serves(server)


def test_streams_that_are_reset_as_soon_as_they_are_asked_for(server: Program) -> None:
    before = rss_bytes(server)
    client = H2Connection(H2Configuration(client_side=True))
    client.initiate_connection()
    fields = [(":method", "GET"), (":path", "/stream"), (":scheme", "http"), (":authority", "a")]
    with connect(server) as sock, contextlib.suppress(ConnectionError):
        for number in range(20_000):
            stream_id = 1 + 2 * number
            client.send_headers(stream_id, fields, end_stream=True)
            client.reset_stream(stream_id)
            if number % 100 == 99:
                sock.sendall(client.data_to_send())
    assert serves(server)
    assert rss_bytes(server) - before < 60_000_000


def test_a_client_of_http_2_that_reads_nothing(server: Program) -> None:
    before = rss_bytes(server)
    client = H2Connection(H2Configuration(client_side=True))
    client.initiate_connection()
    ping = b"\0\0\x08\x06\0\0\0\0\0" + b"\0" * 8
    with connect(server) as sock:
        sock.settimeout(2.0)
        with contextlib.suppress(OSError):  # in the end it takes no more
            sock.sendall(client.data_to_send())
            for _ in range(2_000):
                sock.sendall(ping * 2_000)
        assert serves(server)
        assert rss_bytes(server) - before < 30_000_000


# The exact server as a proxy


@pytest.fixture
def proxy(capture_file: Write, tmp_path: Path) -> Iterator[Program]:
    path = capture_file([(0.0, BODY)])
    words = ["replay", "--proxy", "--confdir", tmp_path / "ca", "--port", "0", path]
    with Program(*words) as program:
        assert program.port
        yield program
        assert serves(program)


CONNECT = b"CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n"


def test_two_thousand_tunnels_with_slow_hellos(proxy: Program) -> None:
    before = rss_bytes(proxy)
    hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
    count = 2_000
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count + 200), hard))
        with ExitStack() as stack:
            for number in range(count):
                sock = stack.enter_context(connect(proxy))
                sock.sendall(CONNECT + hello[: number % len(hello)])
            assert serves(proxy)
            assert rss_bytes(proxy) - before < count * 80_000  # OpenSSL takes half of it
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_tunnels_to_two_thousand_hosts(proxy: Program) -> None:
    """Each wants a certificate of its own; few are kept."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    before = rss_bytes(proxy)
    for number in range(2_000):
        name = f"host-{number}.test"
        with connect(proxy) as sock:
            sock.sendall(CONNECT.replace(b"a.test", name.encode()))
            sock.recv(1_000)
            with context.wrap_socket(sock, server_hostname=name) as secured:
                assert secured.version()
    assert rss_bytes(proxy) - before < 60_000_000


def test_a_flood_of_rubbish_in_tunnels(proxy: Program) -> None:
    generator = random.Random(7)
    before = rss_bytes(proxy)
    for number in range(500):
        rubbish = generator.randbytes(generator.randint(1, 2_000))
        start = (b"", b"\x16\x03\x01", b"\x16\x03\x01\x40\x00\x01\x00\xff\xff")[number % 3]
        target = rubbish if number % 2 else b"a.test:443"
        before_it = (
            *(CONNECT.replace(b"a.test:443", target, 1), b""),
            *(b"\x05", b"\x05\x01\x00", b"\x05\x01\x00\x05\x01\x00\x03"),
        )[number % 5]
        with connect(proxy) as sock, contextlib.suppress(ConnectionError):
            sock.sendall(before_it + start + rubbish)
            sock.shutdown(socket.SHUT_WR)
            while sock.recv(65_536):
                pass
    assert rss_bytes(proxy) - before < 30_000_000
    assert "Traceback" not in proxy.stderr
