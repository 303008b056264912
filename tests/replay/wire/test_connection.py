import asyncio
import os
from typing import Any, cast

import pytest

from ssetape.replay.timer import now_ns
from ssetape.replay.wire.backlog import TURN_NS
from ssetape.replay.wire.connection import UNREAD_LIMIT_BYTES, Connection
from ssetape.replay.wire.service import Service


class Kept(Connection):
    """Keeps what it received."""

    def __init__(self, service: Service) -> None:
        super().__init__(service)
        self.data = b""
        self.is_ready = True

    @property
    def takes(self) -> bool:
        return self.is_ready

    @property
    def is_playing(self) -> bool:
        return False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(Any, transport)

    def data_received(self, data: bytes) -> None:
        self.data += data


class Turns:
    """A timer that knows only when a turn began."""

    def turn_ns(self) -> int:
        return now_ns()


def make_service() -> Service:
    return Service(cast(Any, None), cast(Any, Turns()), cast(Any, None), print)


def test_what_one_connection_received_survives_what_others_receive() -> None:
    sent = [os.urandom(300_000) for _ in range(4)]
    connections: list[Kept] = []

    async def send(port: int, data: bytes) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for start in range(0, len(data), 7_000):
            writer.write(data[start : start + 7_000])
            await writer.drain()
            await asyncio.sleep(0)
        writer.write_eof()
        await reader.read()  # until the server has received all
        writer.close()

    async def main() -> None:
        service = make_service()

        def connect() -> Kept:
            connections.append(Kept(service))
            return connections[-1]

        server = await asyncio.get_running_loop().create_server(connect, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            await asyncio.gather(*(send(port, data) for data in sent))

    asyncio.run(main())
    assert {one.data for one in connections} == set(sent)


def test_all_connections_of_a_server_share_a_buffer_that_no_other_server_uses() -> None:
    service = make_service()
    one, other = Kept(service), Kept(service)
    assert one.get_buffer(-1) is other.get_buffer(100)
    assert Kept(make_service()).get_buffer(-1) is not one.get_buffer(-1)


class Slow(Kept):
    """Needs longer than a turn for each part, unless it is told not to take any."""

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        ends_ns = now_ns() + TURN_NS
        while now_ns() < ends_ns:
            pass


class Transport:
    """Notes whether it reads, and whether it was closed."""

    def __init__(self) -> None:
        self.reads, self.closed = True, False

    def pause_reading(self) -> None:
        self.reads = False

    def resume_reading(self) -> None:
        self.reads = True

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def get_extra_info(self, name: str) -> None:
        return None

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self.protocol


def test_what_takes_long_is_done_in_many_turns() -> None:
    async def main() -> int:
        connection = Slow(make_service())
        connection.transport = cast(Any, Transport())
        connection.receive(b"x" * 10_000)
        turns = 0
        while len(connection.data) < 10_000:
            turns += 1
            await asyncio.sleep(0)
        return turns

    assert asyncio.run(main()) >= 30


def test_what_it_does_not_take_yet_is_kept_and_then_reading_stops() -> None:
    async def main() -> None:
        connection = Kept(make_service())
        transport = Transport()
        connection.transport = cast(Any, transport)
        connection.is_ready = False
        connection.receive(b"x")
        connection.receive(b"x" * UNREAD_LIMIT_BYTES)
        assert (connection.data, transport.reads) == (b"", False)
        assert not connection.eof_received()  # its client has left: nobody waits for the rest
        connection.is_ready = True
        assert connection.eof_received()
        connection.go_on()
        while not transport.closed:
            await asyncio.sleep(0)
        assert transport.reads
        assert len(connection.data) == UNREAD_LIMIT_BYTES + 1

    asyncio.run(main())


def test_who_takes_over_gets_what_nobody_has_taken_and_knows_what_happened() -> None:
    connection, successor = Kept(make_service()), Kept(make_service())
    transport = Transport()
    connection.transport = cast(Any, transport)
    connection.is_ready = successor.is_ready = False
    connection.keep(b" is left")
    connection.pause_writing()
    connection.hand_over(successor, b"what")
    assert transport.protocol is successor
    assert (successor.is_full, successor.data) == (True, b"")
    assert bytes(successor._unread) == b"what is left"
    assert not transport.closed


@pytest.mark.parametrize("is_ready", [True, False])
def test_the_end_of_a_client_s_side_is_handed_over(is_ready: bool) -> None:
    """Who still has to answer keeps the connection, and closes it when that is done."""
    connection, successor = Kept(make_service()), Kept(make_service())
    transport = Transport()
    connection.transport = cast(Any, transport)
    connection.eof_received()
    successor.keep(b"asked before")
    successor.is_ready = is_ready
    connection.hand_over(successor)
    connection.close_if_done()
    assert transport.closed is not is_ready
    successor._unread.clear()
    successor.close_if_done()
    assert transport.closed
