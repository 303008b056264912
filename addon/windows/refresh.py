"""Shows in mitmproxy's windows what has come, some times a second, in a small part of the time.

mitmproxy spends a tenth of a millisecond and more on each update of a flow, in the loop that also
passes on the traffic.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

from mitmproxy import http

from ssetape.recording.log import logger

from .kept import Kept

# A person sees no more than this, of one flow.
_EVERY_S = 0.3
# After an update the loop is left alone for so many times as long as it took.
_REST = 30
# In any case so long, so that what is waiting has its turn.
_REST_S = 0.002


class Refresh:
    """Updates what has changed, one flow a turn of the loop.

    Args:
        update: tells mitmproxy's windows of a flow that has changed.
        loop: the event loop, or what has its clock.
    """

    def __init__(self, update: Callable[[http.HTTPFlow], Any], loop: Any = None) -> None:
        self._update = update
        self._loop = loop or asyncio.get_running_loop()
        # Those that have changed, each with the time from which on it may be shown: in order, as
        # each waits equally long.
        self._waiting: deque[tuple[float, Kept]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._free_s = 0.0
        self._has_failed = False

    def mark(self, kept: Kept) -> None:
        """Note that a flow has changed that is not marked yet."""
        kept.is_marked = True
        self._waiting.append((self._loop.time() + _EVERY_S, kept))
        self._plan()

    def stop(self) -> None:
        """Update nothing more of what is marked."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for _, kept in self._waiting:
            kept.is_marked = False
        self._waiting.clear()

    def _leave(self, seconds: float) -> None:
        self._free_s = max(self._free_s, self._loop.time() + seconds)

    def _plan(self) -> None:
        if self._timer is None and self._waiting:
            due_s, _ = self._waiting[0]
            self._timer = self._loop.call_at(max(due_s, self._free_s), self._turn)

    def _turn(self) -> None:
        self._timer = None
        begun_s = self._loop.time()
        if begun_s < self._free_s:  # somebody has looked meanwhile
            self._plan()
            return
        _, kept = self._waiting.popleft()
        kept.is_marked = False
        if kept.is_live:  # of one that has ended, mitmproxy has told
            try:
                kept.publish()
                self._update(kept.flow)
            except Exception as error:
                if not self._has_failed:
                    logger.error(f"ssetape: cannot update a flow: {error!r:.200}")
                self._has_failed = True
        self._leave(max(_REST_S, _REST * (self._loop.time() - begun_s)))
        self._plan()

    def looked(self, cost_s: float) -> None:
        """Note what a look has cost: each update makes windows look again."""
        self._leave(_REST * cost_s)
