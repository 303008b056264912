"""Ends mitmproxy in order when its terminal is closed, which would otherwise kill it at once."""

import signal
import sys
from asyncio import get_running_loop
from collections.abc import Callable

from mitmproxy import ctx


def handle(end_recordings: Callable[[], None]) -> None:
    """End the recordings, then mitmproxy, at SIGHUP, unless something else handles or ignores it.

    Args:
        end_recordings: called where mitmproxy itself cannot end in order.
    """
    if not hasattr(signal, "SIGHUP") or signal.getsignal(signal.SIGHUP) != signal.SIG_DFL:
        return
    try:
        if _is_console():
            # Its urwid goes on reading from a terminal that is gone, in a loop which lets nothing
            # else run: only Python's own handler does.
            signal.signal(signal.SIGHUP, lambda *_: _leave(end_recordings))
        else:
            get_running_loop().add_signal_handler(signal.SIGHUP, ctx.master.shutdown)
    except (RuntimeError, ValueError, NotImplementedError):
        pass  # not the main thread, or a loop without signals: left to the embedder


def _is_console() -> bool:
    return hasattr(ctx.master, "prompt_for_exit")


def _leave(end_recordings: Callable[[], None]) -> None:
    end_recordings()
    sys.exit(128 + signal.SIGHUP)  # as a shell says it
