import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ssetape.replay.asgi import ReplayApp
from ssetape.replay.pacing import Pace
from ssetape.replay.wire.websocket import Strictness

Make = Callable[..., Any]


@pytest.fixture
def tape(tmp_path: Path) -> Callable[..., Any]:
    import ssetape

    def make(*records: Any, headers: Any = ()) -> Any:
        request = {"method": "GET", "url": "ws://a/ws", "http_version": "HTTP/1.1", "headers": []}
        head = {"status": 101, "reason": "", "http_version": "HTTP/1.1", "headers": list(headers)}
        first = {"ssetape": 1, "id": "x", "kind": "websocket", "request": request}
        lines = [first, [0.0, "head", head], *records]
        path = tmp_path / "ws.ssetape"
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return ssetape.open(path)

    return make


def end(code: int, by: str = "server", reason: str = "complete") -> list[Any]:
    return [0.1, "end", {"reason": reason, "close": {"code": code, "reason": "why", "by": by}}]


def talk(
    app: Any, *said: Any, path: str = "/ws", leaves: bool = False, **scope: Any
) -> list[dict[str, Any]]:
    """What comes back; each of `said` is sent when something has come since the one before."""
    sent: list[dict[str, Any]] = []

    async def go() -> None:
        inbox: asyncio.Queue[Any] = asyncio.Queue()
        inbox.put_nowait({"type": "websocket.connect"})
        waiting = list(said)

        async def send(message: Any) -> None:
            sent.append(message)
            if waiting and message["type"] in ("websocket.accept", "websocket.send"):
                each = waiting.pop(0)
                key = "text" if isinstance(each, str) else "bytes"
                inbox.put_nowait({"type": "websocket.receive", key: each})
            elif leaves:
                inbox.put_nowait({"type": "websocket.disconnect", "code": 1000})

        scope_ = {"type": "websocket", "path": path, "headers": [], **scope}
        await asyncio.wait_for(app(scope_, inbox.get, send), 30)

    asyncio.run(go())
    return sent


def test_an_answer_waits_for_what_it_answers(tape: Make) -> None:
    recorded = [[0.01, ">", "q"], [0.02, "<", "a"], [0.03, ">b", "AA=="], [0.04, "<b", "AQ=="]]
    app = ReplayApp([tape(*recorded, end(4000))])
    assert talk(app, "anything", b"x") == [
        {"type": "websocket.accept", "subprotocol": None, "headers": []},
        {"type": "websocket.send", "text": "a"},
        {"type": "websocket.send", "bytes": b"\x01"},
        {"type": "websocket.close", "code": 4000, "reason": "why"},
    ]


def test_the_subprotocol_is_the_recorded_one_if_it_is_offered(tape: Make) -> None:
    headers = [["Sec-WebSocket-Protocol", "chat"], ["X-A", "1"], ["Upgrade", "websocket"]]
    app = ReplayApp([tape(end(1000), headers=headers)])
    accept = talk(app, subprotocols=["other", "chat"])[0]
    assert accept["subprotocol"] == "chat"
    assert accept["headers"] == [(b"X-A", b"1")]
    assert talk(app, subprotocols=["other"])[0]["subprotocol"] is None


def test_a_cut_closes_nothing_and_a_client_s_close_is_waited_for(tape: Make) -> None:
    for ended in ([0.1, "end", {"reason": "upstream_cut"}], end(1006, reason="upstream_cut")):
        cut = ReplayApp([tape([0.01, "<", "a"], ended)])
        assert [m["type"] for m in talk(cut)] == ["websocket.accept", "websocket.send"]
    left = ReplayApp([tape([0.01, "<", "a"], end(1000, by="client"))])
    assert [m["type"] for m in talk(left, leaves=True)][:1] == ["websocket.accept"]


def test_a_close_without_a_code_is_a_normal_one(tape: Make) -> None:
    assert talk(ReplayApp([tape(end(1005))]))[-1]["code"] == 1000


def test_strictly_a_client_has_to_say_what_was_recorded(tape: Make) -> None:
    recorded = [[0.01, ">", "q"], [0.02, "<", "a"], end(1000)]
    app = ReplayApp([tape(*recorded)], Pace(), strictness=Strictness.STRICT)
    assert talk(app, "q")[-1]["code"] == 1000
    closed = talk(app, "other")[-1]
    assert closed["code"] == 1008
    assert "differs from the recorded one at byte 0" in closed["reason"]


def test_a_miss_is_said_where_there_is_a_way(tape: Make) -> None:
    app = ReplayApp([tape(end(1000))])
    assert talk(app, path="/other") == [{"type": "websocket.close"}]
    start, body = talk(app, path="/other", extensions={"websocket.http.response": {}})
    assert (start["type"], start["status"]) == ("websocket.http.response.start", 404)
    assert b"ssetape_miss" in body["body"]


def test_a_refused_websocket_is_refused_again_where_there_is_a_way(capture: Make) -> None:
    asked = [["Upgrade", "websocket"]]
    app = ReplayApp([capture([(0.0, b"no")], url="ws://a/ws", status=403, request_headers=asked)])
    assert talk(app) == [{"type": "websocket.close"}]
    start, *body = talk(app, extensions={"websocket.http.response": {}})
    assert (start["type"], start["status"]) == ("websocket.http.response.start", 403)
    assert start["headers"] == [(b"content-type", b"text/event-stream")]
    assert {each["type"] for each in body} == {"websocket.http.response.body"}
    assert b"".join(each["body"] for each in body) == b"no"


def test_a_request_for_a_websocket_without_one_is_refused(tape: Make) -> None:
    async def go() -> list[Any]:
        app = ReplayApp([tape(end(1000))])
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        async def receive() -> Any:
            return {"type": "http.request"}

        headers = [(b"upgrade", b"websocket")]
        scope = {"type": "http", "method": "GET", "path": "/ws", "headers": headers}
        await app(scope, receive, send)
        return sent

    assert asyncio.run(go())[0]["status"] == 426
