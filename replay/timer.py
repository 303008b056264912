"""One precise timer for all streams: a heap of deadlines behind one kernel timer.

asyncio rounds waits up to whole milliseconds on Linux (`selectors.EpollSelector`), and some
loops fire early. A timerfd does neither; elsewhere the loop's own timer serves, and only what
is really due is played.
"""

import asyncio
import ctypes
import os
import struct
import sys
import time
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from typing import Protocol

now_ns = time.monotonic_ns

# What a C long holds; 0 would disarm the timer.
_LATEST_NS = 2**62

# Deadlines met before the loop gets to see to its sockets again: 1 ms.
_BATCH = 32
# From so many on they take so long that what was ready beside them has its time from before.
_LONG_BATCH = 4


class Player(Protocol):
    """What a deadline is for."""

    def play(self, now_ns: int) -> int | None:
        """Do what is due; give the next deadline (ns, as `now_ns()`), or None for none."""


class Timer:
    """Calls players when they are due: never before, and as little after as the kernel can."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._heap: list[tuple[int, int, Player]] = []
        self._count = count()
        self._armed_ns: int | None = None
        self._loop = loop
        self._turn_ns: int | None = None
        self._alarm: _Alarm = _alarm(loop, self._wake)

    def schedule(self, deadline_ns: int, player: Player) -> None:
        """Have `player.play()` called at `deadline_ns`, and after that as it asks."""
        heappush(self._heap, (deadline_ns, next(self._count), player))
        self._arm()

    def turn_ns(self) -> int:
        """When this turn of the event loop began, or a little later.

        What is ready in a turn was ready before it began; who asks `now_ns()` may ask after
        all others that were ready too.
        """
        if self._turn_ns is None:
            self._begin_turn(now_ns())
        assert self._turn_ns is not None
        return self._turn_ns

    def _begin_turn(self, began_ns: int) -> None:
        if self._turn_ns is None:
            self._turn_ns = began_ns
            self._loop.call_soon(self._end_turn)  # which is the first thing in the next

    def _end_turn(self) -> None:
        self._turn_ns = None

    def close(self) -> None:
        """Forget all deadlines."""
        self._heap.clear()
        self._alarm.close()

    def _wake(self) -> None:
        self._armed_ns = None
        heap = self._heap
        began = now = now_ns()
        played = 0
        try:
            for played in range(_BATCH):  # noqa: B007  used below
                if not heap:
                    break
                if heap[0][0] > now:
                    now = now_ns()  # what has become due meanwhile is played in this turn
                    if heap[0][0] > now:
                        break
                player = heappop(heap)[2]
                next_ns = player.play(now)
                if next_ns is not None:
                    heappush(heap, (next_ns, next(self._count), player))
        finally:
            if played > _LONG_BATCH:
                self._begin_turn(began)
            self._arm()  # whatever became of one player, the others go on

    def _arm(self) -> None:
        if self._heap:
            deadline_ns = self._heap[0][0]
            if self._armed_ns is None or deadline_ns < self._armed_ns:
                self._armed_ns = deadline_ns
                self._alarm.set(deadline_ns)
        else:
            self._alarm.clear()


class _Alarm(Protocol):
    def set(self, deadline_ns: int) -> None: ...
    def clear(self) -> None: ...
    def close(self) -> None: ...


class _LoopAlarm:
    """The event loop's own timer: up to 1 ms late where the loop rounds."""

    def __init__(self, loop: asyncio.AbstractEventLoop, wake: Callable[[], None]) -> None:
        self._loop = loop
        self._wake = wake
        self._handle: asyncio.TimerHandle | None = None

    def set(self, deadline_ns: int) -> None:
        self.clear()
        delay_s = max(0, deadline_ns - now_ns()) / 1e9
        self._handle = self._loop.call_later(delay_s, self._wake)

    def clear(self) -> None:
        if self._handle is not None:
            self._handle.cancel()

    def close(self) -> None:
        self.clear()


class _TimerfdAlarm:
    """A Linux timerfd on CLOCK_MONOTONIC, set to absolute times: timerfd_create(2).

    Its ticks are never read: setting it, which follows every wake-up, clears them.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, wake: Callable[[], None]) -> None:
        self._loop = loop
        self._fd = _timerfd_create()
        loop.add_reader(self._fd, wake)

    def set(self, deadline_ns: int) -> None:
        _timerfd_settime(self._fd, min(max(1, deadline_ns), _LATEST_NS))

    def clear(self) -> None:
        _timerfd_settime(self._fd, 0)

    def close(self) -> None:
        if self._fd >= 0:
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
            self._fd = -1


if sys.version_info >= (3, 13) and sys.platform == "linux":

    def _timerfd_create() -> int:
        return os.timerfd_create(time.CLOCK_MONOTONIC, flags=os.TFD_NONBLOCK | os.TFD_CLOEXEC)

    def _timerfd_settime(fd: int, deadline_ns: int) -> None:
        os.timerfd_settime_ns(fd, flags=os.TFD_TIMER_ABSTIME, initial=deadline_ns)

else:
    # The C library has it all the same.
    _libc = ctypes.CDLL(None, use_errno=True)
    _CLOCK_MONOTONIC = 1
    _TIMER_ABSTIME = 1

    def _timerfd_create() -> int:
        fd: int = _libc.timerfd_create(_CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
        if fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        return fd

    def _timerfd_settime(fd: int, deadline_ns: int) -> None:
        moment = struct.pack("@llll", 0, 0, *divmod(deadline_ns, 1_000_000_000))
        _libc.timerfd_settime(fd, _TIMER_ABSTIME, moment, None)


def _alarm(loop: asyncio.AbstractEventLoop, wake: Callable[[], None]) -> _Alarm:
    if sys.platform == "linux":
        try:
            return _TimerfdAlarm(loop, wake)
        except (OSError, AttributeError, NotImplementedError):
            pass  # a sandbox without it, or a loop without add_reader
    return _LoopAlarm(loop, wake)
