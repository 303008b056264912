"""The ASGI application: serves captures in other apps and servers, and in-process in tests.

It shares its core with the exact server; how exact its timing is depends on the ASGI server.
https://asgi.readthedocs.io/en/latest/specs/www.html
"""

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import replace

from ssetape.capture import Capture
from ssetape.errors import ReplayError, SsetapeError
from ssetape.format.values import WEBSOCKET
from ssetape.library import open_all

from . import body_framing
from .answers import from_captures
from .answers.answerer import Answerer
from .exchange import Play, Say, patience, refusal
from .faults import Scenario
from .matching import rules
from .matching.rules import MatchBook
from .pacing import Pace
from .pieces import Abort
from .sessions.cued import pieces_of
from .sessions.cues import SessionRules
from .timer import Timer, now_ns
from .wire.asgi_cued import as_due
from .wire.asgi_messages import Receive as Receive
from .wire.asgi_messages import Scope as Scope
from .wire.asgi_messages import Send as Send
from .wire.asgi_messages import asked, left, refusing, start
from .wire.asgi_websocket import converse
from .wire.http1 import REQUEST_BODY_LIMIT_BYTES
from .wire.websocket import Strictness

# Chunks sent to one client before other clients get a turn.
_BURST = 64


class AnswererApp:
    """An ASGI application that gets its answers from an answerer.

    Attributes:
        answerer: chooses the answers; its `scenario` may be set at any time.
    """

    def __init__(
        self,
        answerer: Answerer,
        log: Callable[[str], None] = lambda line: None,
        strictness: Strictness = Strictness.LOOSE,
    ) -> None:
        self.answerer = answerer
        self._log = log
        self._strictness = strictness
        self._timer: tuple[asyncio.AbstractEventLoop, Timer] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            raise ReplayError(f"expected http, websocket or lifespan, found {scope['type']!r:.60}")

    async def _live(self, receive: Receive, send: Send) -> None:
        """Keep a precise timer while the server runs, if the server has lifespan events."""
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                loop = asyncio.get_running_loop()
                self._timer = loop, Timer(loop)
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                if self._timer is not None:
                    self._timer[1].close()
                    self._timer = None
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        body: bytes | None = b""
        pieces = []
        size_bytes = 0
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            pieces.append(message.get("body", b""))
            size_bytes += len(pieces[-1])
            if size_bytes > REQUEST_BODY_LIMIT_BYTES:
                body = None
                break
            more = message.get("more_body", False)
        asked_ns = now_ns()
        if body is None:
            limit = REQUEST_BODY_LIMIT_BYTES
            answer: Play | Say = refusal(413, f"the request body is larger than {limit} bytes")
        else:
            answer = self.answerer.answer(asked(scope, scope["method"], b"".join(pieces)))
        self._log(answer.log)
        if isinstance(answer, Play) and answer.capture.kind == WEBSOCKET:
            answer = refusal(426, f"{answer.capture.name} is a WebSocket's: request an upgrade")
        if isinstance(answer, Say):
            await self._say(answer, send, no_body=scope["method"] == "HEAD")
            return
        playing = asyncio.ensure_future(self._play(answer, asked_ns, scope["method"], send))
        leaving = asyncio.ensure_future(left(receive))
        try:
            await asyncio.wait({playing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            playing.cancel()
            leaving.cancel()
            done = await asyncio.gather(playing, leaving, return_exceptions=True)
        for error in done:
            if isinstance(error, SsetapeError):
                self._log(f"cut, the capture is damaged: {error}")
            elif isinstance(error, Exception) and not isinstance(error, OSError):
                raise error

    async def _play(self, answer: Play, asked_ns: int, method: str, send: Send) -> None:
        """Send an answer. A cut response is not ended: the server has to close the connection."""
        response = answer.response
        head, headers = body_framing.bare_head(response, no_body=method == "HEAD")
        pieces = pieces_of(answer, head, b"", ("bare", head.framing), asked_ns)
        give_up = patience(answer, self._log, is_strict=self.answerer.is_strict)
        async with aclosing(as_due(pieces, asked_ns, self._until, give_up)) as due:
            number = 0
            async for data in due:
                if isinstance(data, Abort):
                    return
                if not number:
                    await send(start(response.status, headers))
                elif data:
                    await send({"type": "http.response.body", "body": data, "more_body": True})
                number += 1
                if number % _BURST == 0:
                    await asyncio.sleep(0)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _say(self, answer: Say, send: Send, *, no_body: bool) -> None:
        headers = list(answer.headers)
        if answer.status != 204:
            headers.append(("content-length", str(len(answer.body))))
        await send(start(answer.status, headers))
        await send({"type": "http.response.body", "body": b"" if no_body else answer.body})

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = asked(scope, "GET", b"")
        request = replace(request, headers=[*request.headers, ("upgrade", "websocket")])
        asked_ns = now_ns()
        await receive()  # websocket.connect
        answer = self.answerer.answer(request)
        self._log(answer.log)
        try:
            if isinstance(answer, Play) and answer.capture.kind == WEBSOCKET:
                await converse(
                    answer, self._strictness, scope, receive, send, asked_ns, self._until
                )
            elif "websocket.http.response" not in (scope.get("extensions") or {}):
                await send({"type": "websocket.close"})  # a 403 of the ASGI server's own
            elif isinstance(answer, Play):
                await self._play(answer, asked_ns, "GET", refusing(send))
            else:
                await self._say(answer, refusing(send), no_body=False)
        except SsetapeError as error:
            self._log(f"cut: {error}")

    async def _until(self, deadline_ns: int) -> None:
        """Wait until a moment (ns, as `now_ns()`), never less."""
        loop = asyncio.get_running_loop()
        if self._timer is not None and self._timer[0] is loop and deadline_ns > now_ns():
            alarm = _LoopAlarm(loop.create_future())
            self._timer[1].schedule(deadline_ns, alarm)
            await alarm.rung
        while (left_ns := deadline_ns - now_ns()) > 0:
            await asyncio.sleep(left_ns / 1e9)


class ReplayApp(AnswererApp):
    """An ASGI application that serves captures.

    Each process that runs one has its own turns among repeated requests, and its own fault
    counts. The arguments are those of `server.ReplayServer`.

    Attributes:
        shelf: the captures; `shelf.unusable` lists what was left out, and why.
        answerer: chooses the answers; its `scenario` may be set at any time.

    Raises:
        ReplayError: none of the captures can be replayed.
    """

    def __init__(
        self,
        captures: Iterable[Capture],
        pace: Pace | None = None,
        log: Callable[[str], None] = lambda line: None,
        strictness: Strictness = Strictness.LOOSE,
        *,
        cors: bool = False,
        resume: bool = False,
        scenario: Scenario | None = None,
        matching: MatchBook | None = None,
        allow_hosts: Iterable[str] = (),
        sessions: SessionRules | None = None,
    ) -> None:
        made = from_captures.answerer(
            captures,
            pace,
            cors=cors,
            resume=resume,
            scenario=scenario,
            matching=matching,
            allow_hosts=allow_hosts,
            sessions=sessions,
        )
        super().__init__(made, log, strictness)
        self.shelf = made.shelf


class _LoopAlarm:
    """A `timer.Player` that wakes a coroutine."""

    def __init__(self, rung: "asyncio.Future[None]") -> None:
        self.rung = rung

    def play(self, now_ns: int) -> int | None:
        if not self.rung.done():
            self.rung.set_result(None)
        return None


def create_app(environment: Mapping[str, str] = os.environ) -> ReplayApp:
    """Make an application from environment variables, for servers with worker processes.

    Raises:
        ReplayError: a variable's value is invalid, or there is nothing to replay.
    """
    paths = environment.get("SSETAPE_CAPTURES", "captures").split(os.pathsep)
    problems: list[str] = []
    try:
        max_gap = environment.get("SSETAPE_MAX_GAP")
        pace = Pace(
            speed=float(environment.get("SSETAPE_SPEED", "1")),
            instant=_flag(environment, "SSETAPE_INSTANT"),
            max_gap_s=None if max_gap is None else float(max_gap),
        )
    except ValueError as error:
        names = "SSETAPE_SPEED, SSETAPE_MAX_GAP"
        raise ReplayError(f"{names}: expected numbers: {error}") from error
    headers = environment.get("SSETAPE_MATCH_HEADERS", "").split()
    try:
        matching = rules.make(environment.get("SSETAPE_MATCH"), matched_headers=headers)
    except ReplayError as error:
        raise ReplayError(f"SSETAPE_MATCH: {error}") from error
    try:
        return ReplayApp(
            open_all(paths, problems),
            pace,
            cors=_flag(environment, "SSETAPE_CORS"),
            resume=_flag(environment, "SSETAPE_RESUME"),
            matching=matching,
            allow_hosts=environment.get("SSETAPE_ALLOW_HOSTS", "").split(),
        )
    except SsetapeError as error:
        raise ReplayError(f"SSETAPE_CAPTURES={os.pathsep.join(paths)}: {error}") from error


def _flag(environment: Mapping[str, str], name: str) -> bool:
    found = environment.get(name, "0").lower()
    if found not in ("0", "1", "", "true", "false"):
        raise ReplayError(f"{name}: expected 0 or 1, found {found!r:.60}")
    return found in ("1", "true")
