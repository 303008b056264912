import random
import ssl
from collections.abc import Callable

import pytest
from tls_client import TlsClient

from ssetape.replay.proxying.authority import Authority
from ssetape.replay.proxying.identities import Identities
from ssetape.replay.wire.tls_bytes import TlsBytes, TlsState


@pytest.fixture
def ends(
    authority: Authority, trusting: Callable[..., ssl.SSLContext]
) -> tuple[TlsBytes, TlsClient]:
    return TlsBytes(Identities(authority).of("a.test")), TlsClient(trusting(), "a.test")


def all_of(server: TlsBytes) -> bytes:
    return b"".join(iter(server.read, b""))


def test_what_one_side_writes_the_other_reads(ends: tuple[TlsBytes, TlsClient]) -> None:
    server, client = ends
    assert server.state is TlsState.HANDSHAKE
    assert server.read() == b""
    client.shake(server)
    assert server.state is TlsState.OPEN
    large = bytes(range(256)) * 1_000
    server.feed(client.write(large))
    assert all_of(server) == large
    server.write(b"")
    server.write(large)
    assert client.read(server.to_send()) == large
    assert server.to_send() == b""


@pytest.mark.parametrize("seed", [None, 1, 2, 3])
def test_bytes_may_come_cut_anywhere(seed: int | None, ends: tuple[TlsBytes, TlsClient]) -> None:
    server, client = ends
    sizes = random.Random(seed)
    received = b""
    for _ in range(4):
        data = client.exchange(received)
        while data:
            size = sizes.randint(1, 400) if seed else 1
            server.feed(data[:size])
            data = data[size:]
        received = server.to_send()
    client.exchange(received)
    read = b""
    for byte in client.write(b"hello") + client.end():
        server.feed(bytes([byte]))
        read += all_of(server)
    assert read == b"hello"
    assert server.state is TlsState.ENDED


def test_both_sides_end(ends: tuple[TlsBytes, TlsClient]) -> None:
    server, client = ends
    server.end()  # before the handshake there is nothing to end
    assert server.to_send() == b""
    client.shake(server)
    server.write(b"last")
    server.end()
    server.end()
    assert client.read(server.to_send()) == b"last"
    with pytest.raises(ssl.SSLError):
        server.write(b"more")


RUBBISH = [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"x" * 70_000]


@pytest.mark.parametrize("data", RUBBISH)
def test_what_is_no_tls_raises(data: bytes, ends: tuple[TlsBytes, TlsClient]) -> None:
    server, _ = ends
    with pytest.raises(ssl.SSLError):
        server.feed(data)


def test_damage_raises(ends: tuple[TlsBytes, TlsClient]) -> None:
    server, client = ends
    client.shake(server)
    data = client.write(b"hello")
    server.feed(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(ssl.SSLError):
        server.read()
    assert server.to_send()  # the alert


@pytest.mark.parametrize("name", [b"\xff.test", b"a\x80test", "é.tst".encode()])
def test_a_name_that_is_not_ascii_fails_without_a_traceback(
    name: bytes, ends: tuple[TlsBytes, TlsClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[object] = []
    monkeypatch.setattr("sys.unraisablehook", told.append)
    server, client = ends
    with pytest.raises(ssl.SSLError):
        server.feed(client.exchange().replace(b"a.test", name))
    assert told == []


def test_what_else_python_cannot_raise_is_told(
    ends: tuple[TlsBytes, TlsClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[object] = []
    monkeypatch.setattr("sys.unraisablehook", told.append)
    server, client = ends

    def fail(*_: object) -> None:
        raise ValueError

    server.object.context.sni_callback = fail
    with pytest.raises(ssl.SSLError):
        server.feed(client.exchange())
    assert len(told) == 1
