import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from ssetape.errors import ReplayError
from ssetape.replay.asking import UPGRADE, asked, received, request_bytes
from ssetape.replay.wire.connection import now_ns

Make = Callable[..., Any]


@pytest.mark.parametrize(
    ("url", "line", "host"),
    [
        ("http://origin.test/a/b?q=%20x#part", b"GET /a/b?q=%20x", b"origin.test"),
        ("https://origin.test:8443", b"GET /", b"origin.test:8443"),
        ("http://origin.test?q=1", b"GET /?q=1", b"origin.test"),
        ("wss://[::1]:1/", b"GET /", b"[::1]:1"),
        ("http://h//a://b", b"GET //a://b", b"h"),
    ],
)
def test_a_request_is_asked_for_as_it_was(
    capture: Make, url: str, line: bytes, host: bytes
) -> None:
    first, fields = request_bytes(capture(url=url), ("X-A", "1")).split(b"\r\n", 1)
    assert first == line + b" HTTP/1.1"
    assert fields == b"Host: " + host + b"\r\nX-A: 1\r\nContent-Length: 0\r\n\r\n"


def test_a_body_is_sent_as_it_is(capture: Make) -> None:
    sent = request_bytes(capture(method="POST", body=b"\xff\0"))
    assert sent.startswith(b"POST ")
    assert sent.endswith(b"Content-Length: 2\r\n\r\n\xff\0")


def test_an_upgrade_is_asked_for_again(capture: Make) -> None:
    sent = request_bytes(capture(request_headers=[["upgrade", "websocket"]]))
    for name, value in UPGRADE:
        assert f"{name}: {value}\r\n".encode() in sent


@pytest.mark.parametrize("url", ["http://origin.test/caf\xe9", "http://a b/", "/path", ""])
def test_what_is_no_url_is_refused(capture: Make, url: str) -> None:
    with pytest.raises(ReplayError, match="not legal HTTP"):
        request_bytes(capture(url=url))


def test_what_comes_back_is_read_to_the_end() -> None:
    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(connection.recv(100))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        before_ns = now_ns()
        with asked(f"http://127.0.0.1:{listener.getsockname()[1]}", b"hello") as (sock, sent_ns):
            assert received(sock) == b"hello"
            assert received(sock) == b""
        assert before_ns < sent_ns < now_ns()
        thread.join(30)
