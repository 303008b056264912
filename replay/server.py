"""The exact server: replays captures over HTTP/1.1, each byte and cut at its recorded moment."""

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from ssetape.capture import Capture
from ssetape.errors import ReplayError

from .answering import Answerer
from .connection import Connection, Service
from .faults import Scenario
from .pacing import Pace
from .pages import Pages
from .shelf import Shelf
from .timer import Timer
from .websocket import Strictness


class ReplayServer:
    """Serves captures.

    Args:
        captures: any number, in any order.
        pace: how their times are played.
        log: told of every request, in a line.
        strictness: what clients of WebSockets may say.
        cors: let pages of any origin read the answers.
        resume: go on after the Last-Event-ID of a request that has one.
        scenario: the faults that befall the answers.

    Attributes:
        shelf: what is served; `shelf.unusable` says what was left out, and why.

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
    ) -> None:
        self.shelf = Shelf(captures)
        if not self.shelf.captures:
            raise ReplayError("; ".join(["nothing to replay", *self.shelf.unusable]))
        self._pace = pace or Pace()
        self._log = log
        self._strictness = strictness
        self._cors = cors
        self._resume = resume
        self._scenario = scenario or Scenario()
        self._service: Service | None = None
        self._server: asyncio.Server | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listen, and give the URL.

        Raises:
            ReplayError: the address cannot be had.
        """
        loop = asyncio.get_running_loop()
        answerer = Answerer(self.shelf, self._pace, cors=self._cors, resume=self._resume)
        answerer.scenario = self._scenario
        answerer.routes.append(Pages(self.shelf, self._pace))
        service = self._service = Service(
            answerer=answerer,
            timer=Timer(loop),
            strictness=self._strictness,
            log=self._log,
        )
        try:
            self._server = await loop.create_server(
                lambda: Connection(service), host, port, backlog=4096
            )
        except (OSError, OverflowError) as error:
            service.timer.close()
            raise ReplayError(
                f"cannot listen on {host} port {port}: {error}; port 0 picks a free one"
            ) from error
        bound_host, bound_port = self._server.sockets[0].getsockname()[:2]
        return f"http://{f'[{bound_host}]' if ':' in bound_host else bound_host}:{bound_port}"

    async def close(self) -> None:
        """Stop listening and cut every stream."""
        if self._server is not None and self._service is not None:
            # asyncio loses connections that it is just making when its server closes.
            for sock in self._server.sockets:
                asyncio.get_running_loop().remove_reader(sock.fileno())
            for _ in range(3):
                await asyncio.sleep(0)
            self._server.close()
            for transport in list(self._service.transports):
                transport.abort()
            self._service.timer.close()
            await asyncio.sleep(0)  # the transports close their sockets in the next turn


@contextmanager
def serving(
    captures: Iterable[Capture],
    pace: Pace | None = None,
    strictness: Strictness = Strictness.LOOSE,
    scenario: Scenario | None = None,
) -> Iterator[str]:
    """Serve captures from a thread of their own for as long as the `with` block runs.

        with serving([ssetape.open("answer.ssetape")]) as url:
            httpx.get(f"{url}/v1/answer")

    Raises:
        ReplayError: none of the captures can be replayed, or there is no free port.
    """
    server = ReplayServer(captures, pace, strictness=strictness, scenario=scenario)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="ssetape-replay", daemon=True)
    thread.start()
    try:
        yield asyncio.run_coroutine_threadsafe(server.start(), loop).result()
    finally:
        asyncio.run_coroutine_threadsafe(server.close(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
