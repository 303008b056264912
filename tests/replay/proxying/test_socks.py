import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.errors import SsetapeError
from ssetape.replay.answers.answerer import Answerer
from ssetape.replay.pacing import Pace
from ssetape.replay.proxying.socks import (
    SocksConnection,
    SocksError,
    greeting_bytes,
    requested,
)
from ssetape.replay.shelf import Shelf
from ssetape.replay.wire.service import Service
from ssetape.replay.wire.websocket import Strictness

Make = Callable[..., Any]

GREETING = b"\x05\x02\x02\x00"
NAMED = b"\x05\x01\x00\x03\x06a.test\x01\xbb"
IPV4 = b"\x05\x01\x00\x01\x7f\x00\x00\x01\x00\x50"
IPV6 = b"\x05\x01\x00\x04" + bytes(15) + b"\x01\x1f\x90"
OPENED = b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"


@pytest.mark.parametrize(
    ("request_", "target"),
    [(NAMED, "a.test:443"), (IPV4, "127.0.0.1:80"), (IPV6, "[::1]:8080")],
)
def test_a_request_names_a_host_and_a_port(request_: bytes, target: str) -> None:
    assert requested(request_ + b"more") == (target, len(request_))
    for size in range(len(request_)):
        assert requested(request_[:size]) is None


@pytest.mark.parametrize(
    ("data", "why", "code"),
    [
        (b"\x04\x01\x00\x03\x06", "expected a request of version 5, found 4", 1),
        (b"\x05\x02\x00\x03\x06", "expected the command 1", 7),
        (b"\x05\x03\x00\x03\x06", "expected the command 1", 7),
        (b"\x05\x01\x00\x02\x06", "expected an address of kind", 8),
    ],
)
def test_what_is_not_offered_is_refused(data: bytes, why: str, code: int) -> None:
    with pytest.raises(SocksError, match=why) as caught:
        requested(data)
    assert caught.value.reply == bytes([5, code]) + OPENED[2:]


def test_a_greeting_has_to_allow_that_nobody_logs_in() -> None:
    assert greeting_bytes(GREETING + NAMED) == len(GREETING)
    for size in range(len(GREETING)):
        assert greeting_bytes(GREETING[:size]) is None
    for greeting in (b"\x05\x00", b"\x05\x01\x02"):
        with pytest.raises(SocksError, match="log in") as caught:
            greeting_bytes(greeting)
        assert caught.value.reply == b"\x05\xff"


@given(st.binary())
def test_any_bytes_are_a_request_or_refused(data: bytes) -> None:
    try:
        found = requested(data)
    except SocksError:
        return
    assert found is None or found[1] <= len(data)


class Tunnel(asyncio.BaseProtocol):
    """Notes what it gets."""

    data = b""

    def receive(self, data: bytes) -> None:
        self.data += data


class Wired:
    """A connection, and what it has asked for."""

    def __init__(self, service: Service, transport: Any) -> None:
        self.asked: list[str] = []
        self.tunnel = Tunnel()
        self.connection = SocksConnection(service, self._open)
        self.connection.connection_made(transport)

    def _open(self, target: str) -> Any:
        self.asked.append(target)
        if target == "a b:443":
            raise SsetapeError("expected a host and a port")
        return self.tunnel


@pytest.fixture
def wired(capture: Make, fake_timer: Any, fake_transport: Any) -> tuple[Wired, list[str]]:
    lines: list[str] = []
    answerer = Answerer(Shelf([capture([(0.0, b"x")])]), Pace())
    fake_transport.set_protocol = lambda protocol: None
    service = Service(answerer, fake_timer, Strictness.LOOSE, lines.append)
    return Wired(service, fake_transport), lines


@pytest.mark.parametrize("is_cut", [False, True])
def test_a_tunnel_gets_what_follows(
    is_cut: bool, wired: tuple[Wired, list[str]], fake_transport: Any
) -> None:
    client, _ = wired
    sent = GREETING + NAMED + b"early"
    for data in [sent[at : at + 1] for at in range(len(sent))] if is_cut else [sent]:
        if client.asked:
            client.tunnel.receive(data)  # as its transport does from then on
        else:
            client.connection.receive(data)
    assert client.asked == ["a.test:443"]
    assert fake_transport.written == b"\x05\x00" + OPENED
    assert client.tunnel.data == b"early"


@pytest.mark.parametrize(
    ("sent", "reply"),
    [
        (b"\x05\x01\x02", b"\x05\xff"),
        (GREETING + b"\x05\x03\x00\x03\x06", b"\x05\x00\x05\x07" + OPENED[2:]),
        (GREETING + b"\x05\x01\x00\x03\x03a b\x01\xbb", b"\x05\x00\x05\x01" + OPENED[2:]),
    ],
)
def test_who_is_refused_is_told_and_logged(
    sent: bytes, reply: bytes, wired: tuple[Wired, list[str]], fake_transport: Any
) -> None:
    client, lines = wired
    client.connection.receive(sent)
    assert (fake_transport.written, fake_transport.closed) == (reply, True)
    assert len(lines) == 1
