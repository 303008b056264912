"""Signals as bytes of a socket, for a program that waits for sockets."""

import signal
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


@contextmanager
def signals(wanted: Iterable[signal.Signals]) -> Iterator[socket.socket]:
    """Yield a socket that becomes readable with signals: a byte for each, its number.

    Only in the main thread. Afterwards, signals do again what they did before.
    """
    ours, waking = socket.socketpair()
    with ours, waking:
        ours.setblocking(False)
        waking.setblocking(False)
        before = {number: signal.signal(number, lambda *_: None) for number in wanted}
        woken_before = signal.set_wakeup_fd(waking.fileno())
        try:
            yield ours
        finally:
            signal.set_wakeup_fd(woken_before)
            for number, handler in before.items():
                signal.signal(number, handler)
