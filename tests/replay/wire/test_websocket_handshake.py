import pytest

from ssetape.format.values import Headers, Response
from ssetape.replay.wire.websocket_handshake import (
    HandshakeError,
    acceptance,
    handshake_headers,
    subprotocol,
)

# The example of RFC 6455, section 1.3.
KEY = b"dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
ASKED = [
    (b"host", b"a"),
    (b"upgrade", b"websocket"),
    (b"connection", b"Upgrade"),
    (b"sec-websocket-version", b"13"),
    (b"sec-websocket-key", KEY),
    (b"sec-websocket-protocol", b"chat, superchat"),
]


def head(headers: Headers, status: int = 101, reason: str = "Switching Protocols") -> list[str]:
    recorded = Response(0.0, status, reason, "HTTP/1.1", headers)
    wire = acceptance(ASKED, b"/ws", recorded).decode("latin-1")
    assert wire.endswith("\r\n\r\n")
    return wire.removesuffix("\r\n\r\n").split("\r\n")


def test_the_recorded_head_accepts_this_client() -> None:
    recorded = [
        ("X-Odd", "a\x0b\x01\xff"),
        ("connection", "upgrade"),
        ("SEC-WEBSOCKET-ACCEPT", "another"),
        ("Set-Cookie", "a=1"),
        ("Set-Cookie", "b=2"),
        ("upgrade", "WebSocket"),
        ("sec-websocket-protocol", "superchat"),
        ("Sec-WebSocket-Extensions", "permessage-deflate"),
        ("Content-Length", "0"),
        ("X-Large", "x" * 100_000),
    ]
    assert head(recorded, reason="Go on") == [
        "HTTP/1.1 101 Go on",
        "X-Odd: a\x0b\x01\xff",
        "connection: Upgrade",
        f"SEC-WEBSOCKET-ACCEPT: {ACCEPT}",
        "Set-Cookie: a=1",
        "Set-Cookie: b=2",
        "upgrade: websocket",
        "sec-websocket-protocol: superchat",
        "X-Large: " + "x" * 100_000,
    ]


def test_a_head_without_a_handshake_gets_one() -> None:
    """Over HTTP/2, and inside a browser, it has none."""
    assert head([("server", "a"), ("sec-websocket-protocol", "other")], 200, "OK") == [
        "HTTP/1.1 101 Switching Protocols",
        "server: a",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {ACCEPT}",
    ]


@pytest.mark.parametrize("missing", [b"sec-websocket-key", b"connection", b"sec-websocket-version"])
def test_what_is_no_handshake_is_refused(missing: bytes) -> None:
    recorded = Response(0.0, 101, "", "HTTP/1.1", [])
    asked = [pair for pair in ASKED if pair[0] != missing]
    with pytest.raises(HandshakeError, match="the request is not a WebSocket handshake"):
        acceptance(asked, b"/ws", recorded)


def test_other_servers_get_what_is_not_of_the_handshake() -> None:
    headers = [("Sec-WebSocket-Protocol", "chat"), ("X-A", "\xff"), ("Upgrade", "websocket")]
    assert handshake_headers(headers) == [(b"X-A", b"\xff")]
    assert subprotocol(headers) == "chat"
    assert subprotocol([]) is None
