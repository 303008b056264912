import asyncio
import json
import threading
import urllib.request
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from ssetape.errors import ReplayError
from ssetape.replay import stream
from ssetape.replay.pacing import Pace
from ssetape.replay.running import running, serving
from ssetape.replay.server import ReplayServer
from ssetape.replay.sessions.cues import SessionRules

Make = Callable[..., Any]

EVENTS = [b"data: %d\n\n" % number for number in range(4)]
CHUNKS = [(0.0, data) for data in EVENTS]


def read_on(response: httpx.Response, chunks: Any, size: int) -> bytes:
    data = b""
    while len(data) < size:
        data += next(chunks)
    return data


def test_a_test_steps_through_a_stream_while_its_client_reads(capture: Make) -> None:
    with running([capture(CHUNKS)], Pace()) as server, httpx.Client(trust_env=False) as client:
        server.pause()
        opened = threading.Event()
        received: list[bytes] = []
        news = threading.Condition()

        def read() -> None:
            with client.stream("GET", f"{server.url}/stream") as response:
                opened.set()
                for data in response.iter_raw():
                    with news:
                        received.append(data)
                        news.notify_all()
            with news:
                received.append(b"")
                news.notify_all()

        def wait_for(count: int) -> None:
            with news:
                assert news.wait_for(lambda: len(received) >= count, 30)

        thread = threading.Thread(target=read)
        thread.start()
        while server.step(0) == 0:
            assert not opened.is_set()
        assert opened.wait(30)
        for number in range(1, 3):
            assert server.step() == 1
            wait_for(number)
            assert received == EVENTS[:number]
        (served,) = server.served()
        assert (served["events"], served["outcome"]) == (2, "streaming")
        server.resume()
        wait_for(5)
        thread.join(30)
        assert received == [*EVENTS, b""]
        assert server.served()[0]["outcome"] == "complete"
        server.forget()
        assert server.served() == []


def test_faults_are_chosen_while_it_runs(capture: Make) -> None:
    with running([capture(CHUNKS)], Pace(instant=True)) as server:
        url = f"{server.url}/stream"
        with httpx.Client(trust_env=False) as client:
            server.misbehave("refuse status=529 requests=1", "drop event=2")
            assert client.get(url).status_code == 529
            assert client.get(url).content == EVENTS[0] + EVENTS[2] + EVENTS[3]
            server.misbehave()
            assert client.get(url).content == b"".join(EVENTS)
            with pytest.raises(ReplayError, match="expected one of"):
                server.misbehave("nonsense")


def test_the_same_goes_over_http(capture: Make) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def call(method: str, url: str, body: bytes | None = None) -> Any:
        with opener.open(urllib.request.Request(url, body, method=method), timeout=60) as answer:
            return answer.read()

    with serving([capture(CHUNKS)], Pace(instant=True)) as url:
        call("PUT", f"{url}/_ssetape/scenario", b'{"fault": ["drop event=1"]}')
        assert call("GET", f"{url}/stream") == b"".join(EVENTS[1:])
        call("DELETE", f"{url}/_ssetape/scenario")
        assert call("GET", f"{url}/stream") == b"".join(EVENTS)
        served = json.loads(call("GET", f"{url}/_ssetape/served"))["served"]
        assert [each["target"] for each in served][:2] == ["/_ssetape/scenario", "/stream"]
        assert [each["events"] for each in served if each["capture"]] == [3, 4]


def test_nothing_of_it_stays(capture: Make) -> None:
    before = threading.active_count()
    with serving([capture(CHUNKS)]) as url:
        assert url.startswith("http://127.0.0.1:")
    assert threading.active_count() == before
    with pytest.raises(ReplayError, match="nothing to replay"), serving([]):
        pass


def test_nothing_stays_of_a_server_that_cannot_be_closed(
    capture: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    loops: list[asyncio.AbstractEventLoop] = []

    async def close(server: ReplayServer) -> None:
        loops.append(asyncio.get_running_loop())
        await closed(server)
        raise OSError("cannot close")

    closed = ReplayServer.close
    monkeypatch.setattr(ReplayServer, "close", close)
    before = threading.active_count()
    with pytest.raises(OSError, match="cannot close"), serving([capture(CHUNKS)]):
        pass
    assert threading.active_count() == before
    assert loops[0].is_closed()


SUBSCRIBED = [(0.1, b"data: hello\n\n"), (5.0, b"data: answer\n\n")]


@pytest.fixture
def session(capture: Callable[..., Any]) -> list[Any]:
    """A stream, and a request that came while it was open."""
    later = "2026-11-23T09:30:14.123456Z"
    asked = capture(
        [(0.0, b"ok")], url="http://api.test/ask", method="POST", headers=[], started=later
    )
    return [capture(SUBSCRIBED, url="http://api.test/events", end="client_closed"), asked]


def test_a_stream_waits_for_the_request_that_it_answers(session: list[Any]) -> None:
    with (
        running(session, Pace(instant=True)) as server,
        httpx.stream("GET", f"{server.url}/events") as events,
    ):
        chunks = events.iter_raw()
        assert next(chunks) == b"data: hello\n\n"
        (request,) = server.served()[0]["waits_for"]
        assert request.startswith("POST http://api.test/ask")
        assert httpx.post(f"{server.url}/ask").text == "ok"
        assert next(chunks) == b"data: answer\n\n"
        assert "waits_for" not in server.served()[0]


def test_an_independent_stream_waits_for_nothing(session: list[Any]) -> None:
    rules = SessionRules(waits=False)
    with (
        running(session, Pace(instant=True), sessions=rules) as server,
        httpx.stream("GET", f"{server.url}/events") as events,
    ):
        chunks = events.iter_raw()
        assert read_on(events, chunks, 27) == b"data: hello\n\ndata: answer\n\n"


def test_a_request_that_never_comes_is_told_and_cuts_a_strict_stream(
    session: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "PATIENCE_NS", 1_000_000)
    logged: list[str] = []
    rules = SessionRules(is_strict=True)
    with running(session, Pace(instant=True), sessions=rules, log=logged.append) as server:
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(f"{server.url}/events")
        (row,) = server.served()
    assert row["outcome"] == "cut"
    assert row["waits_for"]
    assert "which nobody has asked" in logged[-1]
