"""Keys that a person presses while something plays, one at a time, without a line feed."""

import os
import select
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Keys:
    """Waits, and says which key ended the wait.

    Attributes:
        are_there: whether stdin is a terminal; else nothing but time passes.
    """

    def __init__(self, are_there: bool) -> None:
        self.are_there = are_there

    def wait(self, seconds: float | None) -> str:
        """Wait for a key, so long at most (None: for ever); "" if none came."""
        if not self.are_there:
            time.sleep(seconds or 0.0)
            return ""
        ready, _, _ = select.select([sys.stdin], [], [], seconds)
        if not ready:
            return ""
        # One at a time: the next is for the next wait. None at all is a terminal that is gone.
        return os.read(sys.stdin.fileno(), 1).decode("ascii", "replace") or "q"


@contextmanager
def keys() -> Iterator[Keys]:
    """The keys of the terminal that stdin is; it is as before once the block ends."""
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
