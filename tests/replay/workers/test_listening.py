import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest

from ssetape.errors import ReplayError
from ssetape.replay.workers import listening as listening_module
from ssetape.replay.workers.listening import listening

Listen = Callable[..., list[list[socket.socket]]]


@pytest.fixture
def listen() -> Iterator[Listen]:
    with ExitStack() as stack:

        def make(*arguments: Any) -> list[list[socket.socket]]:
            made = listening(*arguments)
            for sock in {sock for each in made for sock in each}:
                stack.enter_context(closing(sock))
            return made

        yield make


def accepted(sockets: list[socket.socket]) -> int:
    count = 0
    for sock in sockets:
        try:
            while True:
                sock.accept()[0].close()
                count += 1
        except BlockingIOError:
            pass
    return count


def test_all_workers_have_one_port(listen: Listen) -> None:
    ports = {sock.getsockname()[1] for sockets in listen("localhost", 0, 3) for sock in sockets}
    assert len(ports) == 1
    assert 0 not in ports


@pytest.mark.skipif(not listening_module._SHARES, reason="one socket is for all")
def test_each_worker_gets_its_share_of_the_connections(listen: Listen) -> None:
    workers = listen("127.0.0.1", 0, 2)
    port = workers[0][0].getsockname()[1]
    with ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        counts = [accepted(sockets) for sockets in workers]
    assert sum(counts) == 200
    assert min(counts) > 50  # by chance, less than that is once in 10^12


def test_where_sockets_share_no_connections_all_workers_have_the_same(
    listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening_module, "_SHARES", False)
    (one,), (other,) = listen("127.0.0.1", 0, 2)
    assert one is other
    assert one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)


def test_a_port_that_another_server_shares_is_taken(listen: Listen) -> None:
    port = listen("127.0.0.1", 0, 2)[0][0].getsockname()[1]
    with pytest.raises(ReplayError, match=rf"cannot listen on 127\.0\.0\.1:{port}.*port 0 picks"):
        listen("127.0.0.1", port, 2)


@pytest.mark.parametrize("host", ["256.0.0.1", "no-such-host.invalid"])
def test_a_host_that_there_is_not_is_told(listen: Listen, host: str) -> None:
    with pytest.raises(ReplayError, match=f"cannot listen on {host}:0"):
        listen(host, 0, 2)
