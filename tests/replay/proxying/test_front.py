"""The exact server as a proxy, with real clients."""

import asyncio
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
from websockets.asyncio.client import connect as connect_websocket
from websockets.sync.client import connect as connect_at_once

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


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl here")
@pytest.mark.parametrize("option", ["--socks5-hostname", "--socks5"])
@pytest.mark.parametrize("asked", ["http://{}/stream", "https://{}/stream"])
def test_curl_asks_by_socks_too(asked: str, option: str, url: str, ca_file: Path) -> None:
    """By name, or by the address that it looks up itself."""
    host = HOST if option == "--socks5-hostname" else "127.0.0.1"
    words = ["curl", "-qsS", "-N", "--noproxy", "", option, url.partition("://")[2]]
    words += ["--cacert", str(ca_file), asked.format(host)]
    done = subprocess.run(words, capture_output=True, timeout=60, check=False)
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

        async def talk() -> list[str | bytes]:
            async with connect_websocket(f"{scheme}://{HOST}/socket", **options) as client:
                return [message async for message in client]

        # websockets' client with threads is not safe over TLS: its own server fails it, too.
        assert asyncio.run(talk()) == ["hello", b"\0\xff"]


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


@pytest.mark.parametrize("alpn", ["http/1.1", "h2"])
@pytest.mark.parametrize("spelling", ["{}", "{}:443", "{}.", "{}.:443", "{}:8443"])
@pytest.mark.parametrize("name", ["a.test", "b.test"])
def test_of_two_hosts_with_one_path_the_one_that_is_named_answers(
    name: str, spelling: str, alpn: str, capture: Make, proxy: Make, trusting: Trusting
) -> None:
    """However it is spelled: with the default port, as a full name, in capitals."""
    port = ":8443" * spelling.endswith(":8443")
    captures = [
        capture([(0.0, each.encode())], url=f"https://{each}{port}/stream")
        for each in ("a.test", "b.test")
    ]
    options: dict[str, Any] = {"http2": alpn == "h2", "verify": trusting(alpn)}
    with (
        proxy(captures, INSTANT) as server,
        httpx.Client(proxy=server.url, trust_env=False, **options) as client,
    ):
        headers = {"host": spelling.format(name.upper())}
        for _ in range(2):  # equal ones would take turns
            response = client.get(f"https://{name}{port}/stream", headers=headers)
            assert response.text == name


@pytest.mark.parametrize("host", ["a.test", "b.test"])
def test_a_request_without_a_host_is_for_that_of_its_tunnel(
    host: str, capture: Make, proxy: Make
) -> None:
    captures = [
        capture([(0.0, each.encode())], url=f"http://{each}/stream")
        for each in ("a.test", "b.test")
    ]
    with proxy(captures, INSTANT) as server:
        connecting = f"CONNECT {host}:80 HTTP/1.1\r\nHost: {host}:80\r\n\r\n".encode()
        for _ in range(2):
            answer = raw(server.url, connecting + b"GET /stream HTTP/1.0\r\n\r\n")
            assert answer.endswith(host.encode())


def test_the_log_names_the_host(capture: Make, proxy: Make) -> None:
    lines: list[str] = []
    with (
        proxy([capture(CHUNKS, url=f"http://{HOST}/stream")], INSTANT, log=lines.append) as server,
        httpx.Client(proxy=server.url, trust_env=False) as client,
    ):
        for url in (f"http://{HOST}:80/stream", "http://b.test/stream"):
            assert client.get(url).status_code == 200
        miss = client.get("http://b.test/other").json()["error"]["message"]
    name = lines[0].partition("<- ")[2]
    assert lines[:2] == [
        f"GET {HOST}/stream <- {name}",
        f"GET b.test/stream <- {name} (host: asked b.test, captured {HOST})",
    ]
    assert "no capture answers GET b.test/other" in miss


def test_whom_a_client_of_socks_asks_for_is_not_connected_to(url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        port = elsewhere.getsockname()[1]
        asking = b"\x05\x01\x00\x05\x01\x00\x01\x7f\x00\x00\x01" + port.to_bytes(2)
        answer = raw(url, asking + b"GET /other HTTP/1.0\r\n\r\n")
        assert b"ssetape_miss" in answer
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


def test_who_sends_everything_ahead_and_then_no_more_gets_all_answers(url: str) -> None:
    asking = f"GET {{}} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
    connecting = f"CONNECT {HOST}:80 HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", urlsplit(url).port), TIMEOUT_S) as sock:
        absolute = asking.replace(b"{}", f"http://{HOST}/stream".encode())
        sock.sendall(absolute + connecting + asking.replace(b"{}", b"/stream"))
        sock.shutdown(socket.SHUT_WR)
        answers = b"".join(iter(lambda: sock.recv(65_536), b""))
    assert answers.count(b"HTTP/1.1 200 ") == 3
    assert answers.endswith(b"0\r\n\r\n")


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
    with connect_at_once(f"{url.replace('http', 'ws')}/socket", proxy=None) as client:
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
