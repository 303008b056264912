import asyncio
import os
from typing import Any, cast

from ssetape.replay.wire.connection import Connection
from ssetape.replay.wire.service import Service


class Kept(Connection):
    """Keeps what it received."""

    def __init__(self, service: Service) -> None:
        super().__init__(service)
        self.data = b""

    def data_received(self, data: bytes) -> None:
        self.data += data


def make_service() -> Service:
    return Service(cast(Any, None), cast(Any, None), cast(Any, None), print)


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
