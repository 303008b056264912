import socket
import struct
from typing import Any

import pytest

from ssetape.replay.outlet import Outlet, close_with_reset


def test_what_fits_is_written_to_the_socket_itself_and_the_rest_through_the_transport(
    fake_transport: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fake_transport, "get_write_buffer_size", lambda: 0)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        fake_transport.sock = ours
        outlet = Outlet(fake_transport)
        outlet.write(b"first")
        assert (theirs.recv(100), fake_transport.written) == (b"first", b"")
        large = bytes(50_000_000)  # more than any socket buffers
        outlet.write(large)
        outlet.write(b"after")
        theirs.setblocking(False)
        received = 0
        while received + len(fake_transport.written) < len(large) + 5:
            received += len(theirs.recv(1 << 20))
        assert fake_transport.written.endswith(b"\0after")


def test_without_a_socket_or_while_it_waits_everything_goes_through_the_transport(
    fake_transport: Any,
) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        fake_transport.sock = ours
        Outlet(fake_transport).write(b"behind what waits")
    assert fake_transport.written == b"behind what waits"


def test_a_reset_is_asked_for_with_a_linger_of_nothing(fake_transport: Any) -> None:
    with socket.socket() as sock:
        fake_transport.sock = sock
        close_with_reset(fake_transport)
        linger = sock.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)
    assert struct.unpack("ii", linger) == (1, 0)
