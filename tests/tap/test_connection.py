import asyncio
import builtins
import json
import os
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.server import ServerConnection, serve

from ssetape.errors import TapError
from ssetape.tap.connection import PipeConnection, SocketConnection

MESSAGES = [{"id": 1, "result": {}}, {"method": "é", "params": {"data": "x" * 200}}]


@given(st.lists(st.integers(1, 300), max_size=5))
def test_a_pipe_s_messages_are_whole_wherever_it_is_cut(cuts: list[int]) -> None:
    stream = b"".join(json.dumps(message).encode() + b"\0" for message in MESSAGES)
    found: list[dict[str, Any]] = []
    connection = PipeConnection()
    connection._on_message = found.append
    for cut in cuts:
        connection.data_received(stream[:cut])
        stream = stream[cut:]
    connection.data_received(stream)
    assert found == MESSAGES


def test_a_pipe_byte_by_byte_and_what_is_no_message() -> None:
    found: list[dict[str, Any]] = []
    connection = PipeConnection()
    connection._on_message = found.append
    for byte in b'no json\0[1]\0{"a":1}\0\xff\0{"half":"\\ud83d"}\0{"b"':
        connection.data_received(bytes([byte]))
    assert found == [{"a": 1}, {"half": "\ud83d"}]


def test_a_pipe_carries_both_ways_until_the_browser_ends() -> None:
    async def run() -> tuple[list[dict[str, Any]], bytes]:
        from_browser, theirs_out = os.pipe()
        theirs_in, to_browser = os.pipe()
        connection = await PipeConnection.open(from_browser, to_browser)
        connection.send({"id": 1})
        os.write(theirs_out, b'{"a":1}\0')
        os.close(theirs_out)
        found: list[dict[str, Any]] = []
        await asyncio.wait_for(connection.run(found.append), 30)
        await asyncio.wait_for(connection.run(found.append), 30)  # and still ended
        sent = os.read(theirs_in, 100)
        os.close(theirs_in)
        await connection.close()
        connection.send({"id": 2})
        await asyncio.sleep(0)
        return found, sent

    assert asyncio.run(run()) == ([{"a": 1}], b'{"id":1}\0')


def test_a_websocket_carries_both_ways_until_the_browser_ends() -> None:
    async def run() -> list[dict[str, Any]]:
        async def handle(socket: ServerConnection) -> None:
            asked = json.loads(await socket.recv())
            await socket.send(json.dumps({"answer to": asked["id"], "big": "x" * 2_000_000}))

        async with serve(handle, "127.0.0.1", 0) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            connection = await SocketConnection.open(f"ws://127.0.0.1:{port}/devtools")
            connection.send({"id": 7})
            found: list[dict[str, Any]] = []
            await asyncio.wait_for(connection.run(found.append), 30)
            connection.send({"id": 8})
            await connection.close()
            return found

    (message,) = asyncio.run(run())
    assert message["answer to"] == 7


def test_where_nobody_listens_it_says_so() -> None:
    with pytest.raises(TapError, match=r"cannot connect to the browser at ws://127\.0\.0\.1:9/x: "):
        asyncio.run(SocketConnection.open("ws://127.0.0.1:9/x"))


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("websockets"):
            raise ModuleNotFoundError("No module named 'websockets'", name="websockets")
        return real(name, *args, **kwargs)

    for name in [name for name in sys.modules if name.startswith("websockets")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(TapError, match=r"pip install 'ssetape\[tap\]'"):
        asyncio.run(SocketConnection.open("ws://127.0.0.1:9/x"))
