"""One precise timer for all streams: a heap of deadlines behind one kernel timer.

asyncio rounds waits up to whole milliseconds on Linux (`selectors.EpollSelector`), and some
loops fire early. A timerfd does neither. Elsewhere the loop's own timer is used, and a player
is called only once its deadline has passed.
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

# Fits into a C long. (0 would disarm the timer.)
_LATEST_NS = 2**62

# Deadlines handled before the loop returns to its sockets: about 1 ms.
_BATCH = 32
# A larger batch takes so long that other handlers of its turn use the time before it: `turn_ns`.
_LONG_BATCH = 4


class Player(Protocol):
    """An object that the timer calls at its deadlines."""

    def play(self, now_ns: int) -> int | None:
        """Do what is due; return the next deadline (ns, as `now_ns()`), or None."""


class Timer:
    """Calls players when they are due: never early, and as little late as the kernel allows."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._heap: list[tuple[int, int, Player]] = []
        self._count = count()
        self._armed_ns: int | None = None
        self._loop = loop
        self._turn_ns: int | None = None
        self._alarm: _Alarm = _alarm(loop, self._wake)

    def schedule(self, deadline_ns: int, player: Player) -> None:
        """Call `player.play()` at `deadline_ns`, and then at each deadline that it returns."""
        heappush(self._heap, (deadline_ns, next(self._count), player))
        self._arm()

    def turn_ns(self) -> int:
        """When this turn of the event loop began, or a little later.

        What a turn handles was ready before the turn began; `now_ns()` would add the time that
        other handlers of the turn took.
        """
        if self._turn_ns is None:
            self._begin_turn(now_ns())
        assert self._turn_ns is not None
        return self._turn_ns

    def _begin_turn(self, began_ns: int) -> None:
        if self._turn_ns is None:
            self._turn_ns = began_ns
            self._loop.call_soon(self._end_turn)  # runs first in the next turn

    def _end_turn(self) -> None:
        self._turn_ns = None

    def close(self) -> None:
        """Forget all deadlines."""
        self._heap.clear()
        self._alarm.close()

    def _wake(self) -> None:
        self._armed_ns = None
        heap = self._heap
        began = now_ns()
        played = 0
        try:
            for played in range(_BATCH):  # noqa: B007  used below
                # Asked for each player: it also plays what has become due meanwhile, and knows how
                # late that is.
                if not heap or heap[0][0] > (now := now_ns()):
                    break
                player = heappop(heap)[2]
                next_ns = player.play(now)
                if next_ns is not None:
                    heappush(heap, (next_ns, next(self._count), player))
        finally:
            if played > _LONG_BATCH:
                self._begin_turn(began)
            self._arm()  # even if one player has failed, the others go on

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

    Its ticks are never read: every wake-up sets it again, which clears them.
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
    # Python has no timerfd here, but the C library has.
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
            pass  # a sandbox without timerfd, or a loop without add_reader
    return _LoopAlarm(loop, wake)
