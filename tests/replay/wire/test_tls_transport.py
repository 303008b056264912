import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import Any

import pytest
from tls_client import TlsClient

from ssetape.replay.outlet import close_with_reset
from ssetape.replay.proxying.authority import Authority
from ssetape.replay.proxying.identities import Identities
from ssetape.replay.wire.tls_bytes import TlsBytes
from ssetape.replay.wire.tls_transport import TlsTransport


@pytest.fixture
def above(
    authority: Authority, trusting: Callable[..., ssl.SSLContext], fake_transport: Any
) -> tuple[TlsTransport, TlsClient]:
    tls, client = TlsBytes(Identities(authority).of("a.test")), TlsClient(trusting(), "a.test")
    client.shake(tls)
    return TlsTransport(fake_transport, tls), client


def test_what_is_written_is_encrypted_at_once(
    above: tuple[TlsTransport, TlsClient], fake_transport: Any
) -> None:
    transport, client = above
    transport.write(b"a")
    transport.writelines([b"b", b"c"])
    assert len(fake_transport.writes) == 2
    assert client.read(fake_transport.written) == b"abc"


def test_closing_tells_the_client_and_ends_what_is_below(
    above: tuple[TlsTransport, TlsClient], fake_transport: Any
) -> None:
    transport, client = above
    transport.close()
    assert fake_transport.closed
    assert transport.is_closing()
    assert client.read(fake_transport.written) == b""
    before = len(fake_transport.writes)
    transport.write(b"late")
    transport.close()
    assert len(fake_transport.writes) == before


def test_a_reset_is_no_end(above: tuple[TlsTransport, TlsClient], fake_transport: Any) -> None:
    """As a body without a length would seem complete to a client that is told of an end."""
    transport, _ = above
    with socket.socket() as sock:
        fake_transport.sock = sock
        close_with_reset(transport)
        transport.close()
    assert (fake_transport.closed, fake_transport.written) == (True, b"")


def test_all_else_is_what_is_below(
    above: tuple[TlsTransport, TlsClient], fake_transport: Any
) -> None:
    transport, _ = above
    transport.pause_reading()
    assert not fake_transport.reading
    transport.resume_reading()
    assert fake_transport.reading
    transport.set_write_buffer_limits(high=7)
    assert fake_transport.buffer_limit == 7
    assert transport.get_write_buffer_size() == fake_transport.get_write_buffer_size()
    assert transport.get_extra_info("socket") is not None
    assert transport.get_extra_info("ssl_object").version() == "TLSv1.3"
    protocol = asyncio.Protocol()
    transport.set_protocol(protocol)
    assert transport.get_protocol() is protocol
    assert not transport.can_write_eof()
