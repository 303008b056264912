import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from ssetape.errors import ReplayError
from ssetape.replay.asgi import ReplayApp
from ssetape.replay.pacing import Pace
from ssetape.testing.app import ReplayedApp
from ssetape.testing.listener import Listening

Make = Callable[..., Any]

CHUNKS = [(0.0, b"data: 0\n\n"), (9.0, b"data: 1\n\n")]


def replayed(*captures: Any, pace: Pace | None = None) -> ReplayedApp:
    app = ReplayApp(captures, pace or Pace(instant=True))
    return ReplayedApp(app, Listening(), list(captures), [])


def ask(app: ReplayedApp, *paths: str) -> list[httpx.Response]:
    async def asked() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://replay") as client:
            return await asyncio.gather(*(client.get(path) for path in paths))

    return asyncio.run(asked())


def test_an_application_knows_what_was_asked_and_served(capture: Make) -> None:
    tape = capture(CHUNKS)
    app = replayed(tape)
    hit, miss = ask(app, "/stream", "/nothing")
    assert (hit.text, miss.status_code) == ("data: 0\n\ndata: 1\n\n", 404)
    assert [each.path for each in app.requests] == ["/stream", "/nothing"]
    rows = [(row["capture"], row["status"], row["outcome"]) for row in app.served()]
    assert rows == [(tape.name, 200, "complete"), (None, 404, "said")]
    assert len(app.misses) == 1
    app.assert_all_consumed()


def test_requests_at_the_same_time_are_kept_apart(capture: Make) -> None:
    tapes = [capture(CHUNKS, url=f"http://origin.test/{number}") for number in range(5)]
    app = replayed(*tapes)
    ask(app, *(f"/{number}" for number in range(5)))
    app.assert_all_consumed()
    assert {row["outcome"] for row in app.served()} == {"complete"}


def test_faults_befall_its_answers(capture: Make) -> None:
    app = replayed(capture(CHUNKS))
    app.misbehave("refuse status=503")
    assert ask(app, "/stream")[0].status_code == 503
    app.misbehave()
    assert ask(app, "/stream")[0].status_code == 200
    with pytest.raises(ReplayError, match="nonsense"):
        app.misbehave("nonsense")


@pytest.mark.parametrize(("leaves", "outcome"), [(True, "left"), (False, "cut")])
def test_what_was_not_sent_to_its_end_is_told_apart(
    capture: Make, leaves: bool, outcome: str
) -> None:
    app = replayed(capture(CHUNKS, end="upstream_cut", end_s=10.0), pace=Pace(instant=not leaves))
    scope = {"type": "http", "method": "GET", "path": "/stream", "headers": []}

    async def main() -> None:
        messages = asyncio.Queue[dict[str, Any]]()
        messages.put_nowait({"type": "http.request"})

        async def send(message: Any) -> None:
            if leaves and message["type"] == "http.response.body":
                messages.put_nowait({"type": "http.disconnect"})

        await app(scope, messages.get, send)

    asyncio.run(main())
    assert [row["outcome"] for row in app.served()] == [outcome]
