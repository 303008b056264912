"""The exact server as a proxy, with real clients."""

import gc
import json
import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import requests
from proxies import TIMEOUT_S, connect
from websockets.sync.client import connect as connect_websocket

import ssetape
from ssetape.format.values import WEBSOCKET
from ssetape.recording.unrecorded import unrecorded
from ssetape.replay.pacing import Pace
from ssetape.replay.running import serving
from ssetape.replay.stream import Stream
from ssetape.replay.wire.connection import Connection
from ssetape.replay.wire.http2_protocol import Http2Protocol
from ssetape.replay.wire.tls_transport import TlsTransport

Make = Callable[..., Any]
Trusting = Callable[..., ssl.SSLContext]

INSTANT = Pace(instant=True)
HOST = "api.example.com"
CHUNKS = [(0.01, b"data: a\n\nda"), (0.02, b"ta: caf\xc3"), (0.03, b"\xa9\n\n")]
BODY = b"".join(data for _, data in CHUNKS)


@pytest.fixture
def url(capture: Make, proxy: Make) -> Iterator[str]:
    with proxy([capture(CHUNKS, url=f"https://{HOST}/stream")], INSTANT) as server:
        yield server.url


@pytest.mark.parametrize(
    ("asked", "http2", "version"),
    [
        (f"http://{HOST}/stream", False, "HTTP/1.1"),
        (f"https://{HOST}/stream", False, "HTTP/1.1"),
        (f"https://{HOST}/stream", True, "HTTP/2"),
        ("https://127.0.0.1/stream", True, "HTTP/2"),
        ("https://[::1]:8443/stream", False, "HTTP/1.1"),
    ],
)
def test_httpx_asks_a_host_by_its_own_name(
    asked: str, http2: bool, version: str, url: str, trusting: Trusting
) -> None:
    context = trusting(*(["h2", "http/1.1"] if http2 else ["http/1.1"]))
    options: dict[str, Any] = {"http2": http2, "verify": context, "trust_env": False}
    with httpx.Client(proxy=url, **options) as client:
        for _ in range(2):
            response = client.get(asked)
            assert (response.status_code, response.content) == (200, BODY)
            assert response.http_version == version


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_proxy_itself_speaks_tls_too(scheme: str, url: str, trusting: Trusting) -> None:
    itself = httpx.Proxy(url.replace("http:", "https:"), ssl_context=trusting("h2", "http/1.1"))
    options: dict[str, Any] = {"http2": True, "verify": trusting("h2"), "trust_env": False}
    with httpx.Client(proxy=itself, **options) as client:
        assert client.get(f"{scheme}://{HOST}/stream").content == BODY


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_requests_does_too(scheme: str, url: str, ca_file: Path) -> None:
    with requests.Session() as session:
        session.trust_env = False
        session.proxies = {"http": url, "https": url}
        response = session.get(f"{scheme}://{HOST}/stream", verify=str(ca_file), timeout=TIMEOUT_S)
    assert response.content == BODY


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl here")
@pytest.mark.parametrize("asked", [f"http://{HOST}/stream", f"https://{HOST}/stream"])
@pytest.mark.parametrize("options", [["--http1.1"], ["--http2"], ["--proxytunnel"]])
def test_curl_does_too(asked: str, options: list[str], url: str, ca_file: Path) -> None:
    words = ["curl", "-qsS", "-N", "--noproxy", "", "--proxy", url, "--cacert", str(ca_file)]
    done = subprocess.run([*words, *options, asked], capture_output=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == (BODY, b"")


@pytest.fixture
def websocket(raw_capture: Make, tmp_path: Path) -> Any:
    path = tmp_path / "socket.ssetape"
    head = {"status": 101, "reason": "Switching Protocols", "http_version": "HTTP/1.1"}
    lines = raw_capture([], url=f"https://{HOST}/socket", kind=WEBSOCKET).splitlines()[:1]
    records: list[Any] = [
        [0.0, "head", {**head, "headers": []}],
        [0.01, "<", "hello"],
        [0.02, "<b", "AP8="],
        [0.03, "end", {"reason": "complete", "close": {"code": 1000, "by": "server"}}],
    ]
    path.write_bytes(b"\n".join([*lines, *(json.dumps(each).encode() for each in records), b""]))
    return ssetape.open(path)


@pytest.mark.parametrize("scheme", ["ws", "wss"])
def test_a_websocket_comes_through_a_tunnel(
    scheme: str, websocket: Any, proxy: Make, trusting: Trusting
) -> None:
    with proxy([websocket], INSTANT) as server:
        context = {"ssl": trusting()} if scheme == "wss" else {}
        options: dict[str, Any] = {"proxy": server.url, "open_timeout": TIMEOUT_S, **context}
        with connect_websocket(f"{scheme}://{HOST}/socket", **options) as client:
            assert [client.recv(TIMEOUT_S), client.recv(TIMEOUT_S)] == ["hello", b"\0\xff"]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_another_host_gets_the_explanation_of_a_miss_and_is_not_connected_to(
    scheme: str, url: str, trusting: Trusting
) -> None:
    """Whoever listens there hears nothing."""
    with (
        socket.create_server(("127.0.0.1", 0)) as elsewhere,
        httpx.Client(proxy=url, verify=trusting(), trust_env=False) as client,
    ):
        port = elsewhere.getsockname()[1]
        response = client.get(f"{scheme}://127.0.0.1:{port}/other")
        assert response.status_code == 404
        assert response.json()["error"]["type"] == "ssetape_miss"
        elsewhere.setblocking(False)
        with pytest.raises(BlockingIOError):
            elsewhere.accept()


def raw(url: str, request: bytes) -> bytes:
    """Send this, and give all that comes back until the server closes."""
    with socket.create_connection(("127.0.0.1", urlsplit(url).port), TIMEOUT_S) as sock:
        sock.sendall(request)
        return b"".join(iter(lambda: sock.recv(65_536), b""))


@pytest.mark.parametrize(
    "target", [b"nonsense", b"a.test", b"a.test:0", b"a.test:99999", b"/etc/passwd:443", b"*"]
)
def test_a_connect_with_rubbish_is_refused_in_words(target: bytes, url: str) -> None:
    answer = raw(url, b"CONNECT " + target + b" HTTP/1.1\r\nHost: a.test\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"expected a host and a port" in answer


def test_there_is_no_tunnel_in_a_tunnel(url: str) -> None:
    connecting = b"CONNECT a.test:80 HTTP/1.1\r\nHost: a.test:80\r\n\r\n"
    answer = raw(url, connecting * 2)  # the second comes ahead of the answer
    assert answer.startswith(b"HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 400 ")
    assert b"within a tunnel" in answer


def test_what_comes_ahead_of_the_tunnel_is_not_lost(url: str) -> None:
    connecting = f"CONNECT {HOST}:80 HTTP/1.0\r\n\r\n".encode()
    asking = f"GET /stream HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode()
    answer = raw(url, connecting + asking)
    assert answer.startswith(b"HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize("alpn", ["http/1.1", "h2"])
def test_no_tls_where_tls_began_ends_that_connection_alone(alpn: str, url: str) -> None:
    connecting = f"CONNECT {HOST}:443 HTTP/1.1\r\nHost: {HOST}:443\r\n\r\n".encode()
    answer = raw(url, connecting + b"\x16\x03\x01\x00\x05hello")
    assert answer.startswith(b"HTTP/1.1 200 Connection established\r\n\r\n")
    with connect(urlsplit(url).port or 0, f"{HOST}:443", [alpn]) as sock:
        assert isinstance(sock, ssl.SSLSocket)
        assert sock.selected_alpn_protocol() == alpn


def test_a_large_body_waits_for_a_slow_client(
    capture: Make, proxy: Make, trusting: Trusting
) -> None:
    chunks = [(0.0, bytes([number]) * 500_000) for number in range(8)]
    with (
        proxy([capture(chunks, url=f"https://{HOST}/large")], INSTANT) as server,
        httpx.Client(proxy=server.url, verify=trusting(), trust_env=False) as client,
    ):
        assert client.get(f"https://{HOST}/large").content == b"".join(d for _, d in chunks)


@pytest.mark.parametrize("end", ["server_closed", None])
@pytest.mark.parametrize("http2", [True, False])
def test_what_was_cut_is_cut(
    end: str | None, http2: bool, capture: Make, proxy: Make, trusting: Trusting
) -> None:
    context = trusting(*(["h2"] if http2 else ["http/1.1"]))
    options: dict[str, Any] = {"http2": http2, "verify": context, "trust_env": False}
    with (
        proxy([capture(CHUNKS, url=f"https://{HOST}/stream", end=end)], INSTANT) as server,
        httpx.Client(proxy=server.url, **options) as client,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        client.get(f"https://{HOST}/stream")


PAGE = {"user-agent": "Mozilla/5.0", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "empty"}


@pytest.mark.parametrize("http2", [True, False])
def test_what_a_browser_asks_of_its_own_accord_gets_nothing_and_is_counted(
    http2: bool, capture: Make, proxy: Make, trusting: Trusting
) -> None:
    unrecorded.clear()
    lines: list[str] = []
    context = trusting(*(["h2"] if http2 else ["http/1.1"]))
    options: dict[str, Any] = {"http2": http2, "verify": context, "trust_env": False}
    with (
        proxy([capture(CHUNKS)], INSTANT, log=lines.append) as server,
        httpx.Client(proxy=server.url, **options) as client,
    ):
        own = client.get("https://own.test/update", headers={**PAGE, "sec-fetch-site": "none"})
        page = client.get("https://own.test/x", headers={**PAGE, "sec-fetch-site": "same-origin"})
        assert [served["target"] for served in server.served()] == ["/x"]
    assert (own.status_code, own.content, page.status_code) == (204, b"", 403)
    assert dict(unrecorded.background) == {"own.test": 1}
    assert len(lines) == 1
    unrecorded.clear()


def test_a_foreign_page_reads_nothing(url: str) -> None:
    """Of the server as a proxy, too: its name may be the page's own."""
    with httpx.Client(trust_env=False) as client:
        headers = {"host": "evil.test", "origin": "http://evil.test"}
        assert client.get(f"{url}/stream", headers=headers).status_code == 403


def test_a_client_without_trust_is_told_once(
    capture: Make, proxy: Make, trusting: Trusting
) -> None:
    unrecorded.clear()
    lines: list[str] = []
    with proxy([capture(CHUNKS)], INSTANT, log=lines.append) as server:
        for _ in range(2):
            with (
                httpx.Client(proxy=server.url, trust_env=False) as client,
                pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"),
            ):
                client.get(f"https://{HOST}/stream")
        with httpx.Client(proxy=server.url, verify=trusting(), trust_env=False) as client:
            client.get(f"https://{HOST}/other")  # the others' alerts have come by now
    assert len([line for line in lines if "does not trust" in line]) == 1
    assert "mitmproxy-ca-cert.pem" in lines[0]
    unrecorded.clear()


def test_a_server_that_is_no_proxy_opens_no_tunnels(capture: Make) -> None:
    with serving([capture(CHUNKS)]) as url:
        answer = raw(url, b"CONNECT a.test:443 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 501 ")


# --- memory ------------------------------------------------------------------------------------


def ask(url: str, **options: Any) -> None:
    with httpx.Client(trust_env=False, verify=False, **options) as client:
        for _ in range(2):
            assert client.get(f"{url}/stream").content == BODY


def leave(url: str) -> None:
    with httpx.Client(trust_env=False) as client, client.stream("GET", f"{url}/slow") as response:
        assert next(response.iter_raw()) == b"a"


def open_a_websocket(url: str) -> None:
    with connect_websocket(f"{url.replace('http', 'ws')}/socket", proxy=None) as client:
        assert client.recv(TIMEOUT_S) == "hello"


CLIENTS: dict[str, Callable[[str], object]] = {
    "HTTP/1.1": ask,
    "HTTP/2": lambda url: ask(url, http1=False, http2=True),
    "absolute URL": lambda url: ask(f"http://{HOST}", proxy=url),
    "tunnel": lambda url: ask(f"https://{HOST}", proxy=url),
    "tunnel, HTTP/2": lambda url: ask(f"https://{HOST}", proxy=url, http2=True),
    "WebSocket": open_a_websocket,
    "leaves": leave,
    "rubbish": lambda url: raw(url, b"GET\r\n\r\n"),
}


@pytest.mark.parametrize("way", CLIENTS)
def test_what_served_a_client_is_freed_without_the_garbage_collector(
    way: str, capture: Make, websocket: Any, proxy: Make
) -> None:
    slow = capture([(0.0, b"a"), (600.0, b"b")], url=f"https://{HOST}/slow")
    gc.collect()
    gc.disable()  # as each collection makes all streams wait
    try:
        captures = [capture(CHUNKS, url=f"https://{HOST}/stream"), slow, websocket]
        with proxy(captures) as server:
            CLIENTS[way](server.url)
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        kinds = (Connection, Stream, Http2Protocol, TlsTransport)
        assert [type(each) for each in gc.garbage if isinstance(each, kinds)] == []
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
