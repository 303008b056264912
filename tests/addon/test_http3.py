"""HTTP/3 through the real proxy: a QUIC client, mitmproxy in reverse mode, a QUIC server."""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aioquic.h3.connection import ErrorCode
from http3_peers import (
    Http3Client,
    Http3Exchange,
    Http3Origin,
    http3_client,
    http3_origin,
    needs_hypercorn,
)
from proxies import TIMEOUT_S, Mitmdump, ended_capture, server_context, wait_until

from ssetape.capture import Capture
from ssetape.samples.streams import STREAMS

pytestmark = pytest.mark.programs

TOUR = [piece.data for piece in STREAMS["tour"].pieces]
FIRST = b"data: one\n\n"

Scenario = Callable[[Http3Origin, Http3Client], Awaitable[str]]


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("http3")
    server_context(folder)  # leaves its certificate there
    return folder / "server.pem"


@pytest.fixture
def recorded(pem: Path, confdir: Path, tmp_path: Path) -> Callable[..., Capture]:
    """Runs a client and a server with the proxy between them; gives the capture of a path."""

    async def run(scenario: Scenario, scheme: str) -> Capture:
        async with http3_origin(pem) as origin:
            mode = f"mode=reverse:{scheme}://127.0.0.1:{origin.port}"
            with Mitmdump(confdir, tmp_path / "tapes", mode) as proxy:
                port = await asyncio.to_thread(lambda: proxy.port)
                async with http3_client(port) as client:
                    path = await scenario(origin, client)
                    url = origin.url + path
                    return await asyncio.to_thread(ended_capture, proxy.tape_dir, url)

    return lambda scenario, scheme="http3": asyncio.run(run(scenario, scheme))


def assert_ended(capture: Capture, reason: str, *chunks: bytes, guessed: bool = False) -> None:
    assert [chunk.data for chunk in capture.chunks()] == list(chunks)
    assert not capture.problems
    end = list(capture.records())[-1]
    assert end[1] == "end"
    assert (end[2]["reason"], end[2].get("guessed", False)) == (reason, guessed)
    assert (end[2]["chunks"], end[2]["bytes"]) == (len(chunks), len(b"".join(chunks)))


@pytest.mark.parametrize("scheme", ["http3", "https"])
def test_a_stream_is_let_through_frame_by_frame_and_recorded_to_the_byte(
    scheme: str, recorded: Callable[..., Capture]
) -> None:
    async def scenario(origin: Http3Origin, client: Http3Client) -> str:
        arrived = asyncio.Event()

        async def handler(exchange: Http3Exchange) -> None:
            exchange.head()
            for data in TOUR:
                arrived.clear()
                exchange.data(data)
                # Not before the client has this one: so nothing is held back.
                await asyncio.wait_for(arrived.wait(), TIMEOUT_S)
            exchange.data(b"", end_stream=True)

        path = origin.serve(handler)
        stream_id = client.get(path, f"127.0.0.1:{origin.port}")
        assert (await client.headers(stream_id))[b":status"] == b"200"
        for data in TOUR:
            assert await client.data(stream_id) == data
            arrived.set()
        assert await client.data(stream_id) == b""
        return path

    capture = recorded(scenario, scheme)
    assert_ended(capture, "complete", *TOUR)
    assert capture.request.http_version == "HTTP/3"
    assert capture.response is not None
    assert capture.response.http_version == "HTTP/3"
    times_s = [chunk.t_s for chunk in capture.chunks()]
    assert times_s == sorted(times_s)


def test_a_client_that_resets_its_stream_is_named_with_a_doubt_and_frees_the_server(
    recorded: Callable[..., Capture],
) -> None:
    async def scenario(origin: Http3Origin, client: Http3Client) -> str:
        exchanges: list[Http3Exchange] = []

        async def handler(exchange: Http3Exchange) -> None:
            exchanges.append(exchange)
            exchange.head()
            exchange.data(FIRST)

        path = origin.serve(handler)
        authority = f"127.0.0.1:{origin.port}"
        stream_id = client.get(path, authority)
        assert await client.data(stream_id) == FIRST
        client.reset(stream_id, ErrorCode.H3_REQUEST_CANCELLED)
        await asyncio.wait_for(exchanges[0].was_reset.wait(), TIMEOUT_S)
        # The connection is as good as before.
        stream_id = client.get(origin.serve(handler), authority)
        assert await client.data(stream_id) == FIRST
        return path

    assert_ended(recorded(scenario), "client_reset", FIRST, guessed=True)


def test_a_client_that_goes_ends_the_stream(recorded: Callable[..., Capture]) -> None:
    async def scenario(origin: Http3Origin, client: Http3Client) -> str:
        async def handler(exchange: Http3Exchange) -> None:
            exchange.head()
            exchange.data(FIRST)

        path = origin.serve(handler)
        stream_id = client.get(path, f"127.0.0.1:{origin.port}")
        assert await client.data(stream_id) == FIRST
        client.close(ErrorCode.H3_NO_ERROR)
        return path

    assert_ended(recorded(scenario), "client_closed", FIRST)


@pytest.mark.parametrize(
    ("leave", "reason", "guessed"),
    [
        (lambda exchange: exchange.reset(ErrorCode.H3_INTERNAL_ERROR), "upstream_reset", True),
        (lambda exchange: exchange.close(), "upstream_cut", False),
    ],
    ids=["resets the stream", "closes the connection"],
)
def test_a_server_that_leaves_is_named(
    leave: Callable[[Http3Exchange], None],
    reason: str,
    guessed: bool,
    recorded: Callable[..., Capture],
) -> None:
    async def scenario(origin: Http3Origin, client: Http3Client) -> str:
        arrived = asyncio.Event()

        async def handler(exchange: Http3Exchange) -> None:
            exchange.head()
            exchange.data(FIRST)
            await asyncio.wait_for(arrived.wait(), TIMEOUT_S)
            leave(exchange)

        path = origin.serve(handler)
        stream_id = client.get(path, f"127.0.0.1:{origin.port}")
        assert await client.data(stream_id) == FIRST
        arrived.set()
        return path

    assert_ended(recorded(scenario), reason, FIRST, guessed=guessed)


def test_streams_that_share_a_connection_are_kept_apart(
    recorded: Callable[..., Capture], tmp_path: Path
) -> None:
    async def scenario(origin: Http3Origin, client: Http3Client) -> str:
        turns = [asyncio.Event(), asyncio.Event()]

        def answering(number: int) -> Callable[[Http3Exchange], Awaitable[None]]:
            async def handler(exchange: Http3Exchange) -> None:
                exchange.head()
                exchange.data(b"data: %d\n\n" % number)
                await asyncio.wait_for(turns[number].wait(), TIMEOUT_S)
                exchange.data(b"data: end of %d\n\n" % number, end_stream=True)

            return handler

        authority = f"127.0.0.1:{origin.port}"
        paths = [origin.serve(answering(number)) for number in (0, 1)]
        stream_ids = [client.get(path, authority) for path in paths]
        for number in (1, 0):
            assert await client.data(stream_ids[number]) == b"data: %d\n\n" % number
        for number in (1, 0):
            turns[number].set()
            assert await client.data(stream_ids[number]) == b"data: end of %d\n\n" % number
        other = await asyncio.to_thread(ended_capture, tmp_path / "tapes", origin.url + paths[1])
        assert_ended(other, "complete", b"data: 1\n\n", b"data: end of 1\n\n")
        return paths[0]

    assert_ended(recorded(scenario), "complete", b"data: 0\n\n", b"data: end of 0\n\n")


def test_a_replay_behind_hypercorn_speaks_http_3(
    tmp_path: Path, raw_capture: Callable[..., bytes]
) -> None:
    needs_hypercorn()
    chunks = [(0.0, b"data: a\n\nda"), (0.1, b"ta: caf\xc3"), (0.2, b"\xa9\n\n")]
    tapes = tmp_path / "tapes"
    tapes.mkdir()
    (tapes / "a.ssetape").write_bytes(raw_capture(chunks, url="https://a.test/stream"))
    server_context(tmp_path)
    pem = str(tmp_path / "server.pem")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    address = f"127.0.0.1:{port}"
    words = ["hypercorn", "ssetape.replay.asgi:create_app()", "--certfile", pem, "--keyfile", pem]
    words += ["--bind", address, "--quic-bind", address]
    process = subprocess.Popen(
        [sys.executable, "-m", *words],
        env={**os.environ, "SSETAPE_CAPTURES": str(tapes)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )

    def listens() -> bool:
        assert process.poll() is None, process.communicate()[0]
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return True
        return False

    async def read() -> list[bytes]:
        async with http3_client(port) as client:
            stream_id = client.get("/stream", address)
            assert (await client.headers(stream_id))[b":status"] == b"200"
            return [data async for data in _all_data(client, stream_id)]

    try:
        wait_until(listens, "hypercorn")
        assert asyncio.run(read()) == [data for _, data in chunks]
    finally:
        process.terminate()
        process.communicate(timeout=TIMEOUT_S)


def test_a_replay_speaks_http_3_beside_the_others(
    tmp_path: Path, confdir: Path, raw_capture: Callable[..., bytes]
) -> None:
    needs_hypercorn()
    chunks = [(0.0, b"data: a\n\nda"), (0.1, b"ta: caf\xc3"), (0.2, b"\xa9\n\n")]
    path = tmp_path / "a.ssetape"
    path.write_bytes(raw_capture(chunks, url="https://a.test/stream"))
    words = [sys.executable, "-m", "ssetape", "replay", "--http3", "--port", "0"]
    process = subprocess.Popen(
        [*words, "--confdir", str(confdir), str(path)], stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None

    async def read(port: int) -> list[bytes]:
        for _ in range(20):  # UDP does not say when somebody listens
            with contextlib.suppress(ConnectionError, TimeoutError):
                async with http3_client(port) as client:
                    stream_id = client.get("/stream", f"127.0.0.1:{port}")
                    assert (await client.headers(stream_id))[b":status"] == b"200"
                    return [data async for data in _all_data(client, stream_id)]
        raise AssertionError("nothing answers over QUIC")

    try:
        lines = iter(process.stderr.readline, "")
        line = next(line for line in lines if "https://" in line)
        port = int(line.rpartition(":")[2])
        assert asyncio.run(read(port)) == [data for _, data in chunks]
    finally:
        process.terminate()
        process.stderr.read()
        process.stderr.close()
        assert process.wait(TIMEOUT_S) == 0


async def _all_data(client: Any, stream_id: int) -> AsyncIterator[bytes]:
    while data := await client.data(stream_id):
        yield data
