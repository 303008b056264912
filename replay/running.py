"""A replay server in a thread of its own, for programs and tests that have other things to do."""

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Any, TypeVar

from ssetape.capture import Capture

from .faults import Scenario, parse
from .pacing import Pace
from .server import ReplayServer
from .wire.websocket import Strictness

T = TypeVar("T")


class Running:
    """A server that runs, and its control; every method may be called from any thread.

    Attributes:
        url: where it is.
    """

    def __init__(self, url: str, server: ReplayServer, loop: asyncio.AbstractEventLoop) -> None:
        self.url = url
        self._control = server.control
        self._loop = loop

    def pause(self, session: str | None = None) -> int:
        """Stop the time of all streams, those to come as well: `Control.pause`."""
        return self._call(lambda: self._control.pause(session))

    def resume(self, session: str | None = None) -> int:
        """Have their time go on: `Control.resume`."""
        return self._call(lambda: self._control.resume(session))

    def step(
        self, events: int = 1, *, marker: str | None = None, session: str | None = None
    ) -> int:
        """Let paused streams send their next events: `Control.step`."""
        return self._call(lambda: self._control.step(events, marker=marker, session=session))

    def misbehave(self, *specs: str, seed: int = 0) -> None:
        """Have these faults befall answers from now on; without any, none.

        Raises:
            ReplayError: a spec means nothing.
        """
        scenario = Scenario([parse(spec) for spec in specs], seed)
        self._call(lambda: setattr(self._control, "scenario", scenario))

    def served(self, session: str | None = None) -> list[dict[str, Any]]:
        """What was served to whom, in the order asked."""
        return self._call(lambda: self._control.served(session))

    def forget(self) -> None:
        """Forget what was served."""
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
    """Serve captures for as long as the `with` block runs.

        with running([ssetape.open("answer.ssetape")]) as server:
            server.misbehave("cut event=3")
            httpx.get(f"{server.url}/v1/answer")
            print(server.served())

    Args:
        options: further ones of `ReplayServer`.

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
    """An event loop that runs for as long as the `with` block does, and is closed after it."""
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
    """Serve captures for as long as the `with` block runs; gives the URL.

        with serving([ssetape.open("answer.ssetape")]) as url:
            httpx.get(f"{url}/v1/answer")

    Raises:
        ReplayError: none of the captures can be replayed, or there is no free port.
    """
    with running(captures, pace, strictness, scenario) as server:
        yield server.url
