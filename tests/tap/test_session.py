import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import ssetape
from ssetape.recording import mask_finished
from ssetape.tap.connection import OnMessage
from ssetape.tap.machine import Machine
from ssetape.tap.policy import Policy
from ssetape.tap.recorder import Recorder
from ssetape.tap.session import Session


class Script:
    """A connection to a browser that does what is in a list, then ends or stays."""

    def __init__(self, messages: list[dict[str, Any]], stays: bool) -> None:
        self.sent: list[Mapping[str, Any]] = []
        self._messages = messages
        self._stays = stays

    async def run(self, on_message: OnMessage) -> None:
        await asyncio.sleep(0)
        for message in self._messages:
            on_message(message)
        while self.sent and any(send["method"].startswith("Runtime") for send in self.sent):
            send = next(send for send in self.sent if send["method"].startswith("Runtime"))
            self.sent.remove(send)
            on_message({"id": send["id"], "result": {}})
        if self._stays:
            await asyncio.Event().wait()

    def send(self, message: Mapping[str, Any]) -> None:
        self.sent.append(message)

    async def close(self) -> None:
        pass


def event(method: str, session: str = "s", **params: Any) -> dict[str, Any]:
    return {"method": method, "params": params, "sessionId": session}


def attached() -> dict[str, Any]:
    info = {"targetId": "t", "type": "page"}
    return event("Target.attachedToTarget", "", sessionId="s", targetInfo=info)


def streaming() -> list[dict[str, Any]]:
    request = {"url": "http://a.test/", "method": "GET", "headers": {}}
    response = {"status": 200, "headers": {"Content-Type": "text/event-stream"}}
    fields: dict[str, Any] = {"requestId": "1", "timestamp": 5.0}
    return [
        attached(),
        event("Network.requestWillBeSent", request=request, wallTime=1e9, **fields),
        event("Network.responseReceived", response=response, **fields),
    ]


@pytest.mark.parametrize(
    ("is_own", "stays", "reason"),
    [
        (True, False, "browser_closed"),
        (False, False, "browser_closed"),
        (True, True, "browser_closed"),
        (False, True, "recorder_stopped"),
    ],
)
def test_what_is_open_at_the_end_says_whose_end_it_was(
    is_own: bool, stays: bool, reason: str, tmp_path: Path
) -> None:
    async def run() -> None:
        connection = Script(streaming(), stays)
        machine = Machine(Policy(False, lambda heads: True))
        session = Session(connection, machine, Recorder(tmp_path, "Fake/1", mask=False))
        if stays:
            asyncio.get_running_loop().call_later(0.05, session.ended.set)
        await session.run(None, is_own=is_own)

    asyncio.run(run())
    mask_finished.settle()
    (path,) = tmp_path.iterdir()
    end = ssetape.open(path).end
    assert end is not None
    assert end.reason == reason


def test_a_url_is_opened_when_there_is_a_page_that_is_listened_to(tmp_path: Path) -> None:
    async def run(is_own: bool) -> list[str]:
        connection = Script([attached()], stays=True)
        machine = Machine(Policy(False, lambda heads: True))
        session = Session(connection, machine, Recorder(tmp_path, "Fake/1", mask=False))
        asyncio.get_running_loop().call_later(0.2, session.ended.set)
        await session.run("http://a.test/", is_own=is_own)
        return [send["method"] for send in connection.sent]

    assert "Page.navigate" in asyncio.run(run(True))
    assert "Target.createTarget" in asyncio.run(run(False))


def test_a_browser_of_ours_ends_with_its_last_page(tmp_path: Path) -> None:
    async def run(connection: Script, is_own: bool) -> None:
        machine = Machine(Policy(False, lambda heads: True))
        session = Session(connection, machine, Recorder(tmp_path, "Fake/1", mask=False))
        if not is_own:
            asyncio.get_running_loop().call_later(0.2, session.ended.set)
        listening = asyncio.create_task(session.run(None, is_own=is_own))
        while not machine.pages:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        session._receive(event("Target.detachedFromTarget", "", sessionId="s"))
        await asyncio.wait_for(listening, 30)

    asyncio.run(run(Script([attached()], stays=True), True))
    asyncio.run(run(Script([attached()], stays=True), False))
