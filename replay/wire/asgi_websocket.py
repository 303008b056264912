"""Replays a WebSocket over ASGI: the ASGI server frames it, the capture has the content and times.

https://asgi.readthedocs.io/en/latest/specs/www.html#websocket
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from ssetape.format.values import End, Message

from ..exchange import Play
from ..sessions.cued import Cued
from ..timer import now_ns
from .websocket_client import ClientScript, Strictness
from .websocket_end import NO_CODE, Ending, ending
from .websocket_handshake import handshake_headers, subprotocol
from .websocket_schedule import WebSocketSchedule

_NORMAL = 1000
_POLICY_VIOLATION = 1008


async def converse(
    answer: Play,
    strictness: Strictness,
    scope: MutableMapping[str, Any],
    receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
    send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    asked_ns: int,
    until: Callable[[int], Awaitable[None]],
) -> None:
    """Accept, and send what was recorded. For a cut it returns, and the server closes.

    Args:
        asked_ns: when the request came, as `timer.now_ns()`.
        until: waits for a moment, as `timer.now_ns()`.

    Raises:
        CaptureError: the capture is damaged.
    """
    capture, response = answer.capture, answer.response
    cued = answer.cued if isinstance(answer.cued, Cued) else None
    schedule = WebSocketSchedule(
        capture.messages(), capture.end, response.t_s, answer.pace, asked_ns, cued
    )
    script = ClientScript(capture, strictness)
    await until(schedule.opens_ns)
    chosen = subprotocol(response.headers)
    await send(
        {
            "type": "websocket.accept",
            "subprotocol": chosen if chosen in scope.get("subprotocols", ()) else None,
            "headers": handshake_headers(response.headers),
        }
    )
    news = asyncio.Event()
    if cued is not None:
        cued.run.listen(news.set)

    async def listen() -> None:
        while (event := await receive())["type"] == "websocket.receive":
            text = event.get("text")
            data = event["bytes"] if text is None else text.encode()
            problem = script.problem(data, text is not None)
            if problem:
                reason = f"a client message {problem}"[:120]
                await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": reason})
                return
            schedule.client_sent(now_ns())
            news.set()

    async def speak() -> None:
        while True:
            due = schedule.next()
            if due is None:  # wait until the client sends something, or forever
                await news.wait()
                news.clear()
                continue
            await until(due.at_ns)
            if isinstance(due.what, Message):
                text = due.what.text
                said = {"bytes": due.what.data} if text is None else {"text": text}
                await send({"type": "websocket.send", **said})
            elif await _ended(due.what, send):
                return

    both = {asyncio.ensure_future(listen()), asyncio.ensure_future(speak())}
    try:
        done, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    finally:
        if cued is not None:
            cued.run.leave(news.set)
        for task in both:
            task.cancel()
        await asyncio.gather(*both, return_exceptions=True)
    for task in done:
        task.result()


async def _ended(end: End | None, send: Callable[[MutableMapping[str, Any]], Any]) -> bool:
    """End as recorded; False if the client has to close."""
    how = ending(end)
    if how is Ending.CLOSED and end is not None and end.close is not None:
        # ASGI has no close without a code.
        code = _NORMAL if end.close.code == NO_CODE else end.close.code
        await send({"type": "websocket.close", "code": code, "reason": end.close.reason})
    return how is not Ending.AWAITED
