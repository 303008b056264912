import asyncio
import ssl
from collections.abc import Callable
from typing import Any, cast

import pytest
from tls_client import TlsClient

from ssetape.replay.answers.answerer import Answerer
from ssetape.replay.pacing import Pace
from ssetape.replay.proxying.authority import Authority
from ssetape.replay.proxying.identities import Identities
from ssetape.replay.shelf import Shelf
from ssetape.replay.timer import now_ns
from ssetape.replay.wire.connection import Connection
from ssetape.replay.wire.service import Service
from ssetape.replay.wire.tls_connection import HANDSHAKE_LIMIT_BYTES, TlsConnection
from ssetape.replay.wire.watch import PERIOD_S
from ssetape.replay.wire.websocket import Strictness

Make = Callable[..., Any]


class Carried(Connection):
    """Notes what becomes of it."""

    def __init__(self, service: Service) -> None:
        super().__init__(service)
        self.happened: list[str] = []
        self.data = b""

    @property
    def takes(self) -> bool:
        return True

    @property
    def is_playing(self) -> bool:
        return False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(Any, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.happened.append("lost")

    def pause_writing(self) -> None:
        self.happened.append("full")

    def resume_writing(self) -> None:
        self.happened.append("has room")

    def eof_received(self) -> bool:
        self.happened.append("ended")
        return False

    def data_received(self, data: bytes) -> None:
        self.data += data


class Wired:
    """A TLS connection with a client, and neither socket nor clock."""

    def __init__(
        self, capture: Any, timer: Any, transport: Any, context: ssl.SSLContext, client: TlsClient
    ) -> None:
        self.lines: list[str] = []
        self.failures: list[str] = []
        self.service = Service(
            Answerer(Shelf([capture]), Pace()), timer, Strictness.LOOSE, self.lines.append
        )
        self.transport, self.client = transport, client
        transport.abort = transport.close
        self.carried = Carried(self.service)
        self.connection = TlsConnection(
            self.service, context, lambda: self.carried, self.failures.append
        )
        self.connection.connection_made(transport)

    def sent(self) -> bytes:
        """What the client gets, once."""
        written: bytes = self.transport.written
        self.transport.writes.clear()
        return written

    def shake(self) -> None:
        for _ in range(3):
            if data := self.client.exchange(self.sent()):
                self.connection.receive(data)


@pytest.fixture
def wired(
    capture: Make, fake_timer: Any, fake_transport: Any, authority: Authority, trusting: Make
) -> Wired:
    context = Identities(authority).of("a.test")
    client = TlsClient(trusting(), "a.test")
    fake_timer.turn_ns = lambda: now_ns() + 3_600_000_000_000  # so that no turn ends
    return Wired(capture([(0.0, b"x")]), fake_timer, fake_transport, context, client)


def test_what_it_carries_begins_with_the_end_of_the_handshake(wired: Wired) -> None:
    hello = wired.client.exchange()
    for byte in hello[:-1]:
        wired.connection.receive(bytes([byte]))
    assert not hasattr(wired.carried, "transport")
    wired.connection.receive(hello[-1:])
    wired.connection.receive(wired.client.exchange(wired.sent()) + wired.client.write(b"hello"))
    assert wired.carried.data == b"hello"
    wired.carried.transport.write(b"back")
    assert wired.client.read(wired.sent()) == b"back"


def test_a_client_that_does_not_read_is_known_to_what_it_carries(wired: Wired) -> None:
    wired.connection.pause_writing()
    wired.shake()
    assert wired.carried.happened == ["full"]


def test_in_a_flood_of_handshakes_each_waits_for_its_turn(wired: Wired, fake_timer: Any) -> None:
    fake_timer.turn_ns = lambda: 0  # long over
    hello = wired.client.exchange()

    async def go() -> None:
        wired.connection.receive(hello)
        assert wired.transport.written == b""
        while not wired.transport.written:
            await asyncio.sleep(0)

    asyncio.run(go())
    assert wired.connection.owes is False


def test_what_happens_below_happens_to_what_it_carries(wired: Wired) -> None:
    wired.connection.pause_writing()
    wired.connection.resume_writing()
    wired.shake()
    wired.connection.pause_writing()
    wired.connection.resume_writing()
    wired.connection.receive(wired.client.end())
    wired.connection.connection_lost(None)
    assert wired.carried.happened == ["full", "has room", "ended", "lost"]
    assert wired.transport.closed


def test_an_end_without_a_word_is_an_end(wired: Wired) -> None:
    wired.shake()
    assert wired.connection.eof_received() is False
    assert wired.carried.happened == ["ended"]


def test_it_carries_another_protocol_once_the_first_hands_over(wired: Wired) -> None:
    wired.shake()
    other = Carried(wired.service)
    cast(Any, wired.carried.transport).set_protocol(other)
    wired.connection.receive(wired.client.write(b"frames"))
    assert (wired.carried.data, other.data) == (b"", b"frames")


@pytest.mark.parametrize("sent", [0, 1, 100])
def test_a_slow_hello_is_not_waited_for(sent: int, wired: Wired) -> None:
    wired.connection.receive(wired.client.exchange()[:sent])
    for _ in range(PERIOD_S):
        wired.service.watch.second()
    assert wired.transport.closed
    assert wired.lines == [f"closed a connection: no complete request came within {PERIOD_S} s"]


def test_a_handshake_that_does_not_end_is_cut_off(wired: Wired) -> None:
    record = b"\x16\x03\x01\x40\x00"
    hello = b"\x01\x00\xff\xff" + b"x" * (0x4000 - 4)  # announces 64 KiB
    wired.connection.receive(record + hello)
    for _ in range(HANDSHAKE_LIMIT_BYTES // 0x4000):
        if not wired.transport.closed:
            wired.connection.receive(record + b"x" * 0x4000)
    assert wired.transport.closed


def test_rubbish_gets_an_alert_and_is_told(wired: Wired) -> None:
    wired.connection.receive(b"\x16\x03\x01\x00\x05hello")
    assert wired.transport.closed
    assert len(wired.failures) == 1


def test_a_client_that_does_not_trust_is_told(wired: Wired) -> None:
    wired.client = TlsClient(ssl.create_default_context(), "a.test")
    wired.connection.receive(wired.client.exchange())
    with pytest.raises(ssl.SSLCertVerificationError):
        wired.client.exchange(wired.sent())
    wired.connection.receive(wired.client._outgoing.read())
    assert wired.failures == ["TLSV1_ALERT_UNKNOWN_CA"]


def test_damage_ends_it(wired: Wired) -> None:
    wired.shake()
    data = wired.client.write(b"hello")
    wired.connection.receive(data[:-1] + bytes([data[-1] ^ 1]))
    assert wired.transport.closed
    assert wired.failures == []
    assert wired.carried.data == b""
