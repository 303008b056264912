"""Runs a replay server in its own thread, for programs and tests."""

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Any, TypeVar

from ssetape.capture import Capture

from .faults import Scenario, parse
from .pacing import Pace
from .server import ReplayServer
from .tally import Tally
from .wire.websocket import Strictness

T = TypeVar("T")


class Running:
    """A running server and its control; every method may be called from any thread.

    Attributes:
        url: the server's URL.
    """

    def __init__(self, url: str, server: ReplayServer, loop: asyncio.AbstractEventLoop) -> None:
        self.url = url
        self._control = server.control
        self._loop = loop

    def pause(self, session: str | None = None) -> int:
        """Stop the clock of all streams, later ones included: `Control.pause`."""
        return self._call(lambda: self._control.pause(session))

    def resume(self, session: str | None = None) -> int:
        """Let the streams' clock run on: `Control.resume`."""
        return self._call(lambda: self._control.resume(session))

    def step(
        self, events: int = 1, *, marker: str | None = None, session: str | None = None
    ) -> int:
        """Let paused streams send their next events: `Control.step`."""
        return self._call(lambda: self._control.step(events, marker=marker, session=session))

    def misbehave(self, *specs: str, seed: int = 0) -> None:
        """Apply these faults to answers from now on; without specs, no faults.

        Raises:
            ReplayError: a spec is not valid.
        """
        scenario = Scenario([parse(spec) for spec in specs], seed)
        self._call(lambda: setattr(self._control, "scenario", scenario))

    def served(self, session: str | None = None) -> list[dict[str, Any]]:
        """The answers so far, in the order of the requests: `Control.served`."""
        return self._call(lambda: self._control.served(session))

    def tally(self) -> Tally:
        """What was sent so far, and how late: `Meter.tally`."""
        return self._call(self._control.meter.tally)

    def forget(self) -> None:
        """Forget the answers so far."""
        self._call(self._control.forget)

    def _call(self, do: Callable[[], T]) -> T:
        async def done() -> T:
            return do()

        return asyncio.run_coroutine_threadsafe(done(), self._loop).result()


@contextmanager
def running(
    captures: Iterable[Capture],
    pace: Pace | None = None,
    strictness: Strictness = Strictness.LOOSE,
    scenario: Scenario | None = None,
    **options: Any,
) -> Iterator[Running]:
    """Serve captures while the `with` block runs.

        with running([ssetape.open("answer.ssetape")]) as server:
            server.misbehave("cut event=3")
            httpx.get(f"{server.url}/v1/answer")
            print(server.served())

    Args:
        options: more options of `ReplayServer`.

    Raises:
        ReplayError: none of the captures can be replayed, or there is no free port.
    """
    server = ReplayServer(captures, pace, strictness=strictness, scenario=scenario, **options)
    with _loop_in_a_thread() as loop:
        try:
            url = asyncio.run_coroutine_threadsafe(server.start(), loop).result()
            yield Running(url, server, loop)
        finally:
            asyncio.run_coroutine_threadsafe(server.close(), loop).result()


@contextmanager
def _loop_in_a_thread() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop that runs while the `with` block does, and is closed afterwards."""
    with closing(asyncio.new_event_loop()) as loop:
        thread = threading.Thread(target=loop.run_forever, name="ssetape-replay", daemon=True)
        thread.start()
        try:
            yield loop
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()


@contextmanager
def serving(
    captures: Iterable[Capture],
    pace: Pace | None = None,
    strictness: Strictness = Strictness.LOOSE,
    scenario: Scenario | None = None,
) -> Iterator[str]:
    """Serve captures while the `with` block runs; yield the URL.

        with serving([ssetape.open("answer.ssetape")]) as url:
            httpx.get(f"{url}/v1/answer")

    Raises:
        ReplayError: none of the captures can be replayed, or there is no free port.
    """
    with running(captures, pace, strictness, scenario) as server:
        yield server.url
