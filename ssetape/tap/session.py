"""Records from a browser as long as it is there: the machine's actions meet the world."""

import asyncio
import contextlib
import math
from collections.abc import Iterable
from time import perf_counter

from ssetape.recording import reasons
from ssetape.tap.actions import Action, Send
from ssetape.tap.connection import Connection
from ssetape.tap.machine import Machine
from ssetape.tap.recorder import Recorder

_TICK_S = 0.25


class Session:
    """One browser, listened to.

    Attributes:
        ended: set to stop; also when the browser has ended.
    """

    def __init__(self, connection: Connection, machine: Machine, recorder: Recorder) -> None:
        self.ended = asyncio.Event()
        self._connection = connection
        self._machine = machine
        self._recorder = recorder

    async def run(self, url: str | None, *, is_own: bool) -> None:
        """Record until the browser ends, or `ended` is set.

        Args:
            url: what to open first; None for nothing.
            is_own: whether the browser was started for this: then it is closed with its last page.
        """
        listening = asyncio.create_task(self._connection.run(self._receive))
        listening.add_done_callback(lambda task: self.ended.set())
        self._do(self._machine.start())
        try:
            await self._follow(url, is_own)
        finally:
            over = listening.done()
            if self.ended.is_set() and not over:
                self._do(self._machine.tick(math.inf))  # what ended before, did so without us
            reason = reasons.BROWSER_CLOSED if over or is_own else reasons.RECORDER_STOPPED
            listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listening
            self._do(self._machine.end(perf_counter(), reason))

    async def _follow(self, url: str | None, is_own: bool) -> None:
        had_pages = False
        while not self.ended.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_TICK_S if had_pages else _TICK_S / 10):
                    await self.ended.wait()
            self._do(self._machine.tick(perf_counter()))
            if not had_pages and self._machine.pages:
                had_pages = True
                if url is not None:
                    self._do(self._machine.open(url, in_new_tab=not is_own))
            if had_pages and is_own and not self._machine.pages:
                return  # some systems keep a browser without windows running

    def _receive(self, message: dict[str, object]) -> None:
        self._do(self._machine.receive(message, perf_counter()))

    def _do(self, actions: Iterable[Action]) -> None:
        for action in actions:
            if isinstance(action, Send):
                self._connection.send(action.message())
            else:
                self._recorder.write(action)
