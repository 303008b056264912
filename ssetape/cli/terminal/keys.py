"""Keys pressed during playback, one at a time, without a line feed."""

import os
import select
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Keys:
    """Waits for a key.

    Attributes:
        are_there: whether stdin is a terminal; if not, no key ever comes.
    """

    def __init__(self, are_there: bool) -> None:
        self.are_there = are_there

    def wait(self, seconds: float | None) -> str:
        """Wait for a key, at most this long (None: forever); "" if none came."""
        if not self.are_there:
            time.sleep(seconds or 0.0)
            return ""
        ready, _, _ = select.select([sys.stdin], [], [], seconds)
        if not ready:
            return ""
        # One byte: the next key is for the next wait. No byte means that the terminal is gone.
        return os.read(sys.stdin.fileno(), 1).decode("ascii", "replace") or "q"


@contextmanager
def keys() -> Iterator[Keys]:
    """The keys of stdin's terminal; the block's end restores the terminal's settings."""
    try:
        import termios
        import tty
    except ImportError:  # not on Windows
        yield Keys(False)
        return
    if sys.stdin is None or not sys.stdin.isatty() or not sys.stdout.isatty():
        yield Keys(False)
        return
    handle = sys.stdin.fileno()
    before = termios.tcgetattr(handle)
    try:
        tty.setcbreak(handle)
        yield Keys(True)
    finally:
        termios.tcsetattr(handle, termios.TCSADRAIN, before)
