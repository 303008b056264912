"""Shares the server's time among connections that have sent much: a little in every turn."""

import asyncio
from typing import Protocol

from ..timer import now_ns

# What all of them together get of one turn of the event loop; streams and others wait so long.
TURN_NS = 1_000_000


class Worker(Protocol):
    """An object with work that can be done in parts."""

    def work(self, until_ns: int) -> bool:
        """Do a part of the work, and go on until a moment; return whether some is left."""


class Backlog:
    """The connections with unfinished work; after its turn, each waits for all others."""

    def __init__(self) -> None:
        self._waiting: dict[Worker, None] = {}  # a queue in which each stands once
        self._is_scheduled = False

    def add(self, worker: Worker) -> None:
        """Let a worker work from the next turn on."""
        self._waiting[worker] = None
        self._schedule()

    def _turn(self) -> None:
        self._is_scheduled = False
        turn_ends_ns = now_ns() + TURN_NS
        for worker in list(self._waiting):
            began_ns = now_ns()
            if began_ns >= turn_ends_ns:
                break
            share_ns = (turn_ends_ns - began_ns) // len(self._waiting)
            del self._waiting[worker]
            if worker.work(began_ns + share_ns):
                self._waiting[worker] = None
        if self._waiting:
            self._schedule()

    def _schedule(self) -> None:
        if not self._is_scheduled:
            self._is_scheduled = True
            asyncio.get_running_loop().call_soon(self._turn)
