import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from ssetape.errors import ReplayError
from ssetape.replay.asgi import ReplayApp, create_app
from ssetape.replay.exchange import ClientRequest
from ssetape.replay.faults import Scenario, parse
from ssetape.replay.pacing import Pace
from ssetape.replay.timer import now_ns

Make = Callable[..., Any]

CHUNKS = [(0.05, b"data: a\n\nda"), (0.1, b"ta: caf\xc3"), (0.15, b"\xa9\n\n")]
HEADERS = [("Content-Type", "text/event-stream"), ("Connection", "x-hop"), ("X-Hop", "1")]


class Harness:
    """An ASGI server of which a test holds every message."""

    def __init__(self, app: Any, **scope: Any) -> None:
        self._app = app
        self.scope = {"type": "http", "method": "GET", "path": "/stream", "headers": [], **scope}
        self.sent: list[tuple[int, dict[str, Any]]] = []
        self.inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def _send(self, message: Any) -> None:
        self.sent.append((now_ns(), message))

    def run(self, *messages: dict[str, Any]) -> list[dict[str, Any]]:
        async def go() -> None:
            for message in messages or ({"type": "http.request", "body": b""},):
                self.inbox.put_nowait(message)
            await asyncio.wait_for(self._app(self.scope, self.inbox.get, self._send), 30)

        asyncio.run(go())
        return [message for _, message in self.sent]


def test_each_chunk_is_a_message_and_none_is_early(capture: Make) -> None:
    begun = now_ns()
    harness = Harness(ReplayApp([capture(CHUNKS, headers=HEADERS, head_s=0.02)]))
    start, *bodies = harness.run()
    assert start["status"] == 200
    assert start["headers"] == [(b"content-type", b"text/event-stream")]
    assert [body["body"] for body in bodies] == [*(data for _, data in CHUNKS), b""]
    assert [body.get("more_body") for body in bodies] == [True] * 3 + [False]
    for (at, _), due_s in zip(harness.sent, [0.02, 0.05, 0.1, 0.15], strict=False):
        assert at - begun >= due_s * 1e9


def test_a_precise_timer_lives_as_long_as_its_server(capture: Make) -> None:
    app = ReplayApp([capture(CHUNKS)])
    harness = Harness(app, type="lifespan")
    starting, stopping = {"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}
    assert [m["type"] for m in harness.run(starting, stopping)] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]

    async def go() -> list[dict[str, Any]]:
        inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        ready = asyncio.Event()

        async def send(message: Any) -> None:
            ready.set()

        life = asyncio.ensure_future(app({"type": "lifespan"}, inbox.get, send))
        inbox.put_nowait(starting)
        await ready.wait()
        inner = Harness(app)
        inner.inbox.put_nowait({"type": "http.request"})
        await app(inner.scope, inner.inbox.get, inner._send)
        inbox.put_nowait(stopping)
        await life
        return [message for _, message in inner.sent]

    assert len(asyncio.run(go())) == 5


def test_a_cut_has_no_end(capture: Make) -> None:
    sent = Harness(ReplayApp([capture(CHUNKS, end="upstream_cut")], Pace(instant=True))).run()
    assert [message.get("more_body", True) for message in sent] == [True] * 4


def test_a_client_that_leaves_ends_its_stream(capture: Make) -> None:
    harness = Harness(ReplayApp([capture([(0.0, b"a"), (600.0, b"b")])]))
    sent = harness.run({"type": "http.request"}, {"type": "http.disconnect"})
    assert len(sent) <= 2
    assert Harness(ReplayApp([capture(CHUNKS)])).run({"type": "http.disconnect"}) == []


def test_a_damaged_capture_is_cut_and_told(capture: Make) -> None:
    lines: list[str] = []
    opened = capture(CHUNKS, end=None, tail=b"garbage\n")
    sent = Harness(ReplayApp([opened], Pace(instant=True), lines.append)).run()
    assert sent[-1].get("more_body") is True
    assert "the capture is damaged" in lines[-1]


def test_misses_faults_heads_and_large_bodies(
    capture: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ssetape.replay.asgi.REQUEST_BODY_LIMIT_BYTES", 10)
    app = ReplayApp([capture(CHUNKS)], scenario=Scenario([parse("refuse status=529 requests=1")]))
    assert Harness(app).run()[0]["status"] == 529
    start, body = Harness(app, path="/other").run()
    assert start["status"] == 404
    assert json.loads(body["body"])["error"]["type"] == "ssetape_miss"
    start, body = Harness(app, path="/other", method="HEAD").run()
    assert (start["status"], body["body"]) == (404, b"")
    assert len(Harness(app, method="HEAD").run()) == 2
    large = {"type": "http.request", "body": b"x" * 11, "more_body": True}
    assert Harness(app).run(large)[0]["status"] == 413
    pages = Harness(app, path="/_ssetape/", headers=[(b"host", b"localhost")]).run()
    assert json.loads(pages[1]["body"])["total"] == 1


@pytest.mark.parametrize(
    ("root", "path", "raw"),
    [
        ("", "/a b", b"/a%20b"),
        ("", "/a b", None),
        ("/app", "/app/a b", b"/app/a%20b"),
        ("/app/", "/app/a b", None),
        ("/app", "/a b", b"/a%20b"),
    ],
)
def test_where_it_is_mounted_does_not_count(
    root: str, path: str, raw: bytes | None, capture: Make
) -> None:
    app = ReplayApp([capture(CHUNKS, url="http://x/a%20b?q=1")], Pace(instant=True))
    scope = {"root_path": root, "path": path, "raw_path": raw, "query_string": b"q=1"}
    assert Harness(app, **scope).run()[0]["status"] == 200


@pytest.mark.parametrize("raw", ["/café".encode(), b"/caf%C3%A9", None])
def test_raw_bytes_in_a_path_are_what_the_recorder_makes_of_them(
    capture: Make, raw: bytes | None
) -> None:
    app = ReplayApp([capture(CHUNKS, url="http://origin.test/caf%C3%A9?q=%C3%A9")])
    query = "q=é".encode()
    assert Harness(app, path="/café", raw_path=raw, query_string=query).run()[0]["status"] == 200


def test_in_process_with_httpx(capture: Make) -> None:
    async def go() -> None:
        transport = httpx.ASGITransport(ReplayApp([capture(CHUNKS)], Pace(instant=True)))
        async with httpx.AsyncClient(transport=transport, base_url="http://replay") as client:
            response = await client.get("/stream")
            assert response.content == b"".join(data for _, data in CHUNKS)
            assert (await client.get("/other")).status_code == 404

    asyncio.run(go())


def test_the_environment_says_what_is_served(capture_file: Make) -> None:
    path = capture_file(CHUNKS)
    app = create_app({"SSETAPE_CAPTURES": str(path), "SSETAPE_INSTANT": "1", "SSETAPE_CORS": "1"})
    assert [capture.path for capture in app.shelf.captures] == [path]
    named = {"SSETAPE_MATCH": "normalised", "SSETAPE_MATCH_HEADERS": "accept-language x-a"}
    strict = create_app({"SSETAPE_CAPTURES": str(path), **named})
    plain = ClientRequest("GET", "/stream")
    assert strict.answerer.has_answer(plain)
    assert not strict.answerer.has_answer(replace(plain, headers=[("X-A", "1")]))
    for name, value in {
        "SSETAPE_CAPTURES": "none",
        "SSETAPE_SPEED": "fast",
        "SSETAPE_MAX_GAP": "-1",
        "SSETAPE_INSTANT": "maybe",
        "SSETAPE_MATCH": "close",
    }.items():
        with pytest.raises(ReplayError, match=name):
            create_app({"SSETAPE_CAPTURES": str(path), name: value})


def test_nothing_to_replay_is_told() -> None:
    with pytest.raises(ReplayError, match="nothing to replay"):
        ReplayApp([])
    with pytest.raises(ReplayError, match="found 'other'"):
        asyncio.run(create_app_of_nothing())


async def create_app_of_nothing() -> None:
    app = ReplayApp.__new__(ReplayApp)
    await app({"type": "other"}, None, None)  # type: ignore[arg-type]


# Real servers


@contextmanager
def server(*words: str, captures: Path) -> Iterator[int]:
    """A server as a program, on a port of its own; gives the port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", *(word.replace("PORT", str(port)) for word in words)]
    # In a bare clone the package has to be put together, as in conftest.py.
    environment = {**os.environ, "SSETAPE_CAPTURES": str(captures)}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                assert process.poll() is None, process.communicate()[0]
                assert time.monotonic() < deadline
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.communicate(timeout=30)


APP = "ssetape.replay.asgi:create_app"
UVICORN = ["uvicorn", "--factory", APP, "--host", "127.0.0.1", "--port", "PORT"]
HYPERCORN = ["hypercorn", f"{APP}()", "--bind", "127.0.0.1:PORT"]


@pytest.fixture
def tapes(tmp_path: Path, raw_capture: Callable[..., bytes]) -> Path:
    (tmp_path / "a.ssetape").write_bytes(raw_capture(CHUNKS))
    cut = raw_capture(CHUNKS, url="http://origin.test/cut", end="upstream_cut")
    (tmp_path / "cut.ssetape").write_bytes(cut)
    head = {"status": 101, "reason": "", "http_version": "HTTP/1.1", "headers": []}
    request = {"method": "GET", "url": "ws://a/ws", "http_version": "HTTP/1.1", "headers": []}
    lines: list[Any] = [
        {"ssetape": 1, "id": "x", "kind": "websocket", "request": request},
        [0.01, "head", head],
        [0.02, "<", "hello"],
        [0.03, ">", "question"],
        [0.05, "<b", "AAEC"],
        [0.06, "end", {"reason": "complete", "close": {"code": 4001, "reason": "bye"}}],
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (tmp_path / "ws.ssetape").write_text(text)
    return tmp_path


@pytest.mark.parametrize("words", [UVICORN, HYPERCORN, [*UVICORN, "--workers", "2"]])
def test_real_servers_serve_it(words: list[str], tapes: Path) -> None:
    pytest.importorskip(words[0])
    with server(*words, captures=tapes) as port, httpx.Client(trust_env=False) as client:
        url = f"http://127.0.0.1:{port}"
        with client.stream("GET", f"{url}/stream") as response:
            assert list(response.iter_raw()) == [data for _, data in CHUNKS]
        with (
            pytest.raises(httpx.RemoteProtocolError),
            client.stream("GET", f"{url}/cut") as response,
        ):
            response.read()
        with connect(f"ws://127.0.0.1:{port}/ws", proxy=None) as socket_:
            assert socket_.recv(30) == "hello"
            socket_.send("question")
            assert socket_.recv(30) == b"\x00\x01\x02"
            with pytest.raises(ConnectionClosed) as caught:
                socket_.recv(30)
            assert caught.value.rcvd is not None
            assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (4001, "bye")


def test_it_is_mounted_in_another_app(tapes: Path) -> None:
    applications = pytest.importorskip("starlette.applications")
    app = applications.Starlette()
    app.mount("/replayed", create_app({"SSETAPE_CAPTURES": str(tapes), "SSETAPE_INSTANT": "1"}))

    async def go() -> None:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://replay") as client:
            assert (await client.get("/replayed/stream")).status_code == 200
            assert (await client.get("/stream")).status_code == 404

    asyncio.run(go())


def test_the_commands_of_the_documentation_name_what_there_is() -> None:
    page = (Path(__file__).parents[2] / "docs" / "asgi.md").read_text("utf-8")
    found = re.findall(r"ssetape\.replay\.asgi:create_app(?:\(\))?", page)
    assert found == [APP, f"{APP}()", f"{APP}()"]
