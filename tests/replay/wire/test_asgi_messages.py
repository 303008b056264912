import asyncio
from typing import Any

import pytest

from ssetape.replay.wire.asgi_messages import asked, left, refusing, start


@pytest.mark.parametrize(
    ("scope", "target"),
    [
        ({"path": "/a b", "raw_path": b"/a%20b"}, "/a%20b"),
        ({"path": "/a b"}, "/a%20b"),
        ({"path": "/app/x", "root_path": "/app/"}, "/x"),
        ({"path": "/app", "root_path": "/app"}, "/"),
        ({"path": "/apple", "root_path": "/app"}, "/apple"),
        ({"path": "/é", "raw_path": "/é".encode()}, "/%C3%A9"),
        ({"path": "/x", "query_string": b"a=%20&b=\xff"}, "/x?a=%20&b=%FF"),
    ],
)
def test_a_target_is_as_the_recorder_writes_it(scope: dict[str, Any], target: str) -> None:
    request = asked({"headers": [(b"x-a", b"\xe9")], **scope}, "POST", b"body")
    assert (request.method, request.target, request.body) == ("POST", target, b"body")
    assert request.headers == [("x-a", "\xe9")]


@pytest.mark.parametrize(("said", "scheme"), [({}, "http"), ({"scheme": "https"}, "https")])
def test_a_scheme_is_the_server_s(said: dict[str, Any], scheme: str) -> None:
    assert asked({"headers": [], "path": "/", **said}, "GET", b"").scheme == scheme


def test_a_head_is_in_bytes() -> None:
    assert start(204, [("x-a", "\xe9")]) == {
        "type": "http.response.start",
        "status": 204,
        "headers": [(b"x-a", b"\xe9")],
    }


def test_a_refusal_of_a_websocket_has_messages_of_its_own() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(refusing(send)({"type": "http.response.body", "body": b"no"}))
    assert sent == [{"type": "websocket.http.response.body", "body": b"no"}]


def test_a_client_has_left_once_that_is_said() -> None:
    async def go() -> None:
        inbox: asyncio.Queue[Any] = asyncio.Queue()
        leaving = asyncio.ensure_future(left(inbox.get))
        inbox.put_nowait({"type": "http.request"})
        await asyncio.sleep(0)
        assert not leaving.done()
        inbox.put_nowait({"type": "http.disconnect"})
        await asyncio.wait_for(leaving, 30)

    asyncio.run(go())
