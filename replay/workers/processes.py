"""Processes that are forked from this one, each with a socket to it."""

import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from .channel import Messages, Order, Report, framed

# A process that does not take what it is told for so long hangs.
_TAKES_S = 2.0


@dataclass(eq=False, slots=True)
class Process:
    """A forked process.

    Attributes:
        place: which of the workers it is, from 0.
        channel: our end of the socket to it: at its end once the process has ended.
        began_s: when it was forked, by `time.monotonic()`.
    """

    place: int
    pid: int
    channel: socket.socket
    began_s: float
    messages: Messages = field(default_factory=Messages)

    def tell(self, message: Order | Report) -> None:
        """Send it a message; kill it if it does not take it: its end is then seen as any other."""
        try:
            self.channel.sendall(framed(message))
        except OSError:
            self.signal(signal.SIGKILL)

    def heard(self) -> bytes:
        """What it has sent; b"" once it has ended."""
        try:
            return self.channel.recv(1 << 18)
        except ConnectionError:
            return b""

    def signal(self, number: int) -> None:
        """Send it a signal, if it still runs."""
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            pass

    def reap(self) -> int:
        """Wait for its end; return its exit code, or minus the signal that ended it."""
        self.channel.close()
        _, status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(status)


def forked(place: int, work: Callable[[socket.socket], int]) -> Process:
    """Fork a process that does `work` with its end of a socket, and ends with the result.

    Raises:
        OSError: the system allows no more processes.
    """
    ours, theirs = socket.socketpair()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        theirs.close()
        ours.settimeout(_TAKES_S)
        return Process(place, pid, ours, time.monotonic())
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        ours.close()
        code = work(theirs)
    except KeyboardInterrupt:  # before it could leave signals to the first process
        code = 128 + signal.SIGINT
    except BaseException as error:
        print(f"ssetape: process {os.getpid()} failed: {error!r}", file=sys.stderr)
    finally:
        os._exit(code)


def how_ended(code: int) -> str:
    """How a process ended, by its exit code or minus its signal."""
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"
