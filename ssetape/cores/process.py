"""A process that reads captures for this one.

It shares nothing but two pipes with this one, so that threads and databases here do no harm, and
nothing of this program is imported again. It ends when its pipes do: whatever ends this process
ends it, too.
"""

import pickle
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from ssetape.cores.program import Answer

# With our own path, so that modules in the working folder are none of its own.
_START = """
import pickle, sys
sys.path[:] = pickle.load(sys.stdin.buffer)
from ssetape.cores.program import main
main()
"""


class Process:
    """A process that reads captures; started anew after whatever ends it."""

    def __init__(self, work: Any) -> None:
        self._work = work
        self._running: subprocess.Popen[bytes] | None = None
        self._is_over = False

    def ask(self, batch: list[tuple[Path, str]]) -> list[Answer]:
        """What becomes of captures; if the process ends, of each of them on its own."""
        try:
            return self._exchange(batch)
        except (OSError, EOFError, pickle.UnpicklingError):
            code = self.end()
        if code == -signal.SIGINT:  # Ctrl-C ends all
            self._is_over = True
        if len(batch) > 1 and not self._is_over:
            return [self.ask([one])[0] for one in batch]
        return [([], f"{name}: the process that read it ended with {code}") for _, name in batch]

    def stop(self) -> None:
        """Let the process end, and no other begin; whoever waits for its answers is told."""
        self._is_over = True
        if self._running is not None:
            self._running.kill()

    def end(self) -> int | None:
        """End the process, and return its exit code; None if there is none."""
        running, self._running = self._running, None
        if running is None:
            return None
        running.kill()
        for pipe in (running.stdin, running.stdout):
            if pipe is not None:
                with suppress(OSError):  # of what it was not told any more
                    pipe.close()
        return running.wait()

    def _exchange(self, batch: list[tuple[Path, str]]) -> list[Answer]:
        running = self._running or self._started()
        assert running.stdin is not None
        assert running.stdout is not None
        pickle.dump(batch, running.stdin)
        running.stdin.flush()
        answers: list[Answer] = pickle.load(running.stdout)
        return answers

    def _started(self) -> subprocess.Popen[bytes]:
        if self._is_over:
            raise EOFError
        pipe = subprocess.PIPE
        self._running = subprocess.Popen(
            [sys.executable, "-P", "-c", _START], stdin=pipe, stdout=pipe
        )
        assert self._running.stdin is not None
        pickle.dump(sys.path, self._running.stdin)
        pickle.dump(self._work, self._running.stdin)
        return self._running
