"""Captures answer what passes through mitmproxy, with no network but loopback."""

import asyncio
import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from proxies import (
    TIMEOUT_S,
    Client,
    Cut,
    Mitmdump,
    Origin,
    captures,
    ended_capture,
    in_process,
)
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from ssetape.addon.record import SsetapeRecord
from ssetape.addon.replay import SsetapeReplay

Write = Callable[..., Path]

REPOSITORY = Path(__file__).parents[2]
REPLAY = REPOSITORY / "addon" / "replay.py"

CHUNKS = [(0.1, b"data: a\n\nda"), (0.3, b"ta: caf\xc3"), (0.5, b"\xa9\n\n")]
URL = "https://api.example.com/v1/stream"
ASKED = "https://api.example.com:443/v1/stream"  # as a raw client has to say it
HEADERS = [("content-type", "text/event-stream"), ("x-model", "one")]


class _Context(ssl.SSLContext):
    """TLS without trust, that speaks of HTTP/2 first: httpx would rather have HTTP/1.1."""

    def set_alpn_protocols(self, alpn_protocols: list[str]) -> None:
        super().set_alpn_protocols(sorted(alpn_protocols))


def context() -> ssl.SSLContext:
    made = _Context(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    return made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, raw_capture: Callable[..., bytes]) -> Path:
    tapes = tmp_path_factory.mktemp("tapes")
    fields: dict[str, Any] = {"headers": [list(pair) for pair in HEADERS], "head_s": 0.05}
    (tapes / "a.ssetape").write_bytes(raw_capture(CHUNKS, url=URL, **fields))
    cut = raw_capture(CHUNKS, url=f"{URL}/cut", end="upstream_cut", **fields)
    (tapes / "cut.ssetape").write_bytes(cut)
    coding = [["content-encoding", "br"], ["content-length", "9"]]
    tapped = raw_capture(CHUNKS, url=f"{URL}/tapped", decoded=coding, end="tab_closed", **fields)
    (tapes / "tapped.ssetape").write_bytes(tapped)
    long = raw_capture([(0.0, b"data: a\n\n"), (600.0, b"data: b\n\n")], url=f"{URL}/long")
    (tapes / "long.ssetape").write_bytes(long)
    return tapes


@pytest.fixture(scope="module")
def proxy(confdir: Path, folder: Path) -> Iterator[Mitmdump]:
    with Mitmdump(confdir, None, f"tape_replay={folder}", scripts=[REPLAY]) as running:
        assert running.port
        yield running


def test_the_client_keeps_its_url_over_http_1(proxy: Mitmdump) -> None:
    with Client(proxy.port, ASKED) as client:
        assert client.head() == 200
        assert client.headers["x-model"] == "one"
        assert list(client.chunks()) == [data for _, data in CHUNKS]


def test_the_client_keeps_its_url_over_http_2(proxy: Mitmdump) -> None:
    proxy_url = f"http://127.0.0.1:{proxy.port}"
    with httpx.Client(proxy=proxy_url, verify=context(), http2=True, timeout=TIMEOUT_S) as client:
        for _ in range(3):
            with client.stream("GET", URL) as response:
                assert response.http_version == "HTTP/2"
                assert response.headers["x-model"] == "one"
                assert list(response.iter_raw()) == [data for _, data in CHUNKS]


def test_a_connection_is_kept_for_the_next_request(proxy: Mitmdump) -> None:
    with Client(proxy.port, ASKED) as client:
        for _ in range(3):
            assert client.head() == 200
            assert "connection" not in client.headers
            assert len(list(client.chunks())) == 3
            client.sock.sendall(b"GET /v1/stream HTTP/1.1\r\nHost: api.example.com\r\n\r\n")


def test_a_cut_is_a_cut(proxy: Mitmdump) -> None:
    with Client(proxy.port, f"{ASKED}/cut") as client:
        client.head()
        with pytest.raises(Cut):
            list(client.chunks())


def test_what_a_browser_decoded_comes_without_its_coding_and_is_told(proxy: Mitmdump) -> None:
    assert "1 capture is served without its content-encoding (br)" in proxy.log
    with Client(proxy.port, f"{ASKED}/tapped") as client:
        assert client.head() == 200
        assert not {"content-encoding", "content-length"} & set(client.headers)
        arrived: list[bytes] = []
        with pytest.raises(Cut):
            arrived.extend(client.chunks())
    assert arrived == [data for _, data in CHUNKS]


def test_what_is_not_captured_is_refused_in_words(proxy: Mitmdump) -> None:
    with Client(proxy.port, "https://api.example.com:443/v1/other") as client:
        assert client.head() == 404
        said = json.loads(client.read(int(client.headers["content-length"])))
    assert said["asked"]["target"] == "/v1/other"
    assert said["nearest"][0]["url"] == URL
    proxy.wait_for("MISS: no capture answers GET api.example.com/v1/other")


def test_what_is_not_captured_is_passed_on_and_recorded_as_asked(
    confdir: Path, folder: Path, tmp_path: Path, origin: Origin
) -> None:
    url = origin.serve(lambda e: (e.head(), e.chunk(b"data: real\n\n"), e.end())[0])
    options = {"tape_dir": str(tmp_path), "tape_replay": [str(folder)], "tape_on_miss": "pass"}
    with in_process(confdir, SsetapeReplay(), SsetapeRecord(), **options) as port:
        with Client(port, url) as client:
            client.head()
            assert list(client.chunks()) == [b"data: real\n\n"]
        with Client(port, ASKED) as client:
            client.head()
            assert len(list(client.chunks())) == 3
        ended_capture(tmp_path, url)
    assert [capture.request.url for capture in captures(tmp_path)] == [url]


def test_without_captures_it_says_what_to_do(confdir: Path, tmp_path: Path) -> None:
    with Mitmdump(confdir, None, f"tape_replay={tmp_path / 'none'}", scripts=[REPLAY]) as running:
        assert running.wait() != 0
        assert "there is no such file or folder" in running.log
    with Mitmdump(confdir, None, scripts=[REPLAY]) as running:
        assert running.wait() != 0
        assert "--set tape_replay=FOLDER" in running.log


@pytest.mark.parametrize("http2", [True, False])
def test_one_client_has_more_than_a_hundred_streams_at_once(http2: bool, proxy: Mitmdump) -> None:
    # After its first event each stays open: were only five let through, the sixth would get none.
    async def read_all(port: int) -> list[bytes]:
        ready = asyncio.Barrier(120)

        async def read(client: httpx.AsyncClient) -> bytes:
            async with client.stream("GET", f"{URL}/long") as response:
                assert response.http_version == ("HTTP/2" if http2 else "HTTP/1.1")
                first = await anext(response.aiter_raw())
                await asyncio.wait_for(ready.wait(), 60)
                return first

        async with AsyncExitStack() as stack:
            # mitmproxy lets 100 into one connection of HTTP/2: a client makes another then.
            clients = [
                await stack.enter_async_context(
                    httpx.AsyncClient(
                        proxy=f"http://127.0.0.1:{port}",
                        verify=context(),
                        http2=http2,
                        timeout=httpx.Timeout(60),
                        limits=httpx.Limits(max_connections=None),
                    )
                )
                for _ in range(2 if http2 else 1)
            ]
            for client in clients:  # a connection before there are many requests for it
                await client.get("https://api.example.com/none")
            reads = [read(clients[number % len(clients)]) for number in range(120)]
            return await asyncio.gather(*reads)

    found = asyncio.run(read_all(proxy.port))
    assert found == [b"data: a\n\n"] * 120


def test_a_websocket_is_answered_too(confdir: Path, tmp_path: Path) -> None:
    head = {"status": 101, "reason": "Switching Protocols", "http_version": "HTTP/1.1"}
    request = {"method": "GET", "url": "https://api.example.com/ws", "http_version": "HTTP/1.1"}
    lines: list[Any] = [
        {"ssetape": 1, "id": "x", "kind": "websocket", "request": {**request, "headers": []}},
        [0.01, "head", {**head, "headers": []}],
        [0.02, "<", "hello"],
        [0.03, ">", "question"],
        [0.05, "<", "answer"],
        [0.06, "end", {"reason": "complete", "close": {"code": 4001, "reason": "bye"}}],
    ]
    path = tmp_path / "ws.ssetape"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with (
        in_process(confdir, SsetapeReplay(), tape_replay=[str(path)]) as port,
        connect("ws://api.example.com/ws", proxy=f"http://127.0.0.1:{port}") as client,
    ):
        assert client.recv(TIMEOUT_S) == "hello"
        client.send("question")
        assert client.recv(TIMEOUT_S) == "answer"
        with pytest.raises(ConnectionClosed) as caught:
            client.recv(TIMEOUT_S)
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 4001


def test_it_stands_in_for_a_server_too(confdir: Path, folder: Path) -> None:
    options = {"tape_replay": [str(folder)], "mode": ["reverse:https://api.example.com"]}
    with (
        in_process(confdir, SsetapeReplay(), **options) as port,
        Client(port, f"http://127.0.0.1:{port}/v1/stream", direct=True) as client,
    ):
        assert client.head() == 200
        assert len(list(client.chunks())) == 3


def asked_of_reverse_proxy(port: int, path: str, **headers: str) -> httpx.Response:
    return httpx.get(f"http://127.0.0.1:{port}{path}", headers=headers, trust_env=False)


def test_a_reverse_proxy_refuses_foreign_pages_and_names_the_origin(
    confdir: Path, folder: Path, origin: Origin
) -> None:
    seen: list[str] = []

    def answer(exchange: Any) -> None:
        seen.append(dict(exchange.headers)["host"])
        exchange.head()
        exchange.end()

    url = origin.serve(answer)
    host, _, path = url.removeprefix("http://").partition("/")
    options = {"mode": [f"reverse:http://{host}"], "tape_replay": [str(folder)]}
    more = {"tape_on_miss": "pass", "tape_allow_host": ["mine.example"]}
    with in_process(confdir, SsetapeReplay(), **options, **more) as port:
        for foreign in ({"host": "evil.example"}, {"origin": "https://evil.example"}):
            for target in ("/v1/stream", f"/{path}"):  # captured, and passed on
                refused = asked_of_reverse_proxy(port, target, **foreign)
                assert refused.status_code == 403
                assert "--allow-host NAME" in refused.text
                assert refused.headers["content-type"] == "application/json"
        assert seen == []
        for own in ({}, {"host": "mine.example"}, {"host": "api.example.com"}):
            assert asked_of_reverse_proxy(port, "/v1/stream", **own).content
            assert asked_of_reverse_proxy(port, f"/{path}", **own).status_code == 200
        assert set(seen) == {host}


def test_a_browsers_page_of_a_foreign_host_gets_no_capture_through_the_proxy(
    proxy: Mitmdump,
) -> None:
    url = "https://evil.example/v1/stream"
    with httpx.Client(proxy=f"http://127.0.0.1:{proxy.port}", verify=context()) as client:
        assert client.get(url).status_code == 200  # no browser: it may name any host
        for sign in ({"sec-fetch-site": "same-origin"}, {"user-agent": "Mozilla/5.0"}):
            assert client.get(url, headers=sign).status_code == 403
        page = {"user-agent": "Mozilla/5.0", "origin": "https://api.example.com"}
        assert client.get("https://api.example.com/v1/stream", headers=page).status_code == 200
