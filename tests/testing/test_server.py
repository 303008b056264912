from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx

from ssetape.replay.pacing import Pace
from ssetape.replay.running import running
from ssetape.testing import ReplayedServer
from ssetape.testing.listener import Listening

Make = Callable[..., Any]

CHUNKS = [(0.0, b"data: 0\n\n"), (9.0, b"data: 1\n\n")]


@contextmanager
def replayed(*captures: Any, pace: Pace | None = None) -> Iterator[ReplayedServer]:
    listening = Listening()
    with running(captures, pace or Pace(instant=True), listeners=[listening]) as server:
        yield ReplayedServer(server, listening, list(captures), [])


def get(server: ReplayedServer, path: str = "/stream") -> httpx.Response:
    return httpx.get(f"{server.url}{path}", trust_env=False, timeout=30)


def test_a_server_knows_what_was_asked_and_served(capture: Make) -> None:
    tape = capture(CHUNKS)
    with replayed(tape) as server:
        assert get(server).text == "data: 0\n\ndata: 1\n\n"
        get(server, "/nothing?x=1")
        (hit, miss) = server.requests
        assert (hit.path, hit.capture, hit.headers["accept"]) == ("/stream", tape.path, "*/*")
        assert (miss.path, miss.query) == ("/nothing", {"x": ["1"]})
        assert [row["outcome"] for row in server.served()] == ["complete", "said"]
        assert len(server.misses) == 1
        server.assert_all_consumed()
        server.forget()
        assert (server.requests, server.served(), server.misses) == ([], [], [])


def test_a_server_is_controlled(capture: Make) -> None:
    with replayed(capture(CHUNKS), pace=Pace()) as server, ThreadPoolExecutor(1) as thread:
        server.pause()
        answer = thread.submit(get, server)
        while server.step(0) == 0:  # until its request is there
            pass
        assert server.served()[0]["outcome"] == "streaming"
        assert server.step(3) == 1  # the rest, which would take nine seconds
        server.resume()
        assert answer.result().text == "data: 0\n\ndata: 1\n\n"


def test_a_server_misbehaves(capture: Make) -> None:
    with replayed(capture(CHUNKS)) as server:
        server.misbehave("refuse status=529 requests=1")
        assert [get(server).status_code for _ in range(2)] == [529, 200]
        server.assert_all_consumed()
