"""For tests that use the real server, through a recording proxy or directly.

The proxy is `ssetape record` in its own process: mitmproxy sets up logging, signals and threads
for the whole process, which a test's process must not have.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NoReturn

import pytest

from ssetape import library
from ssetape.capture import Capture
from ssetape.errors import CaptureError, RecordError
from ssetape.replay import tally as tallies

from .requested import Requested
from .server import ReplayedServer

# The command that `ssetape record` runs: prints the proxy's URL, and ends when its stdin does, so
# that the proxy ends with the tests, however they end.
_HOLD = "import os, sys; print(os.environ['SSETAPE_URL'], flush=True); sys.stdin.read()"
# How a line of its log begins that says, as it happens, why the server has not answered.
_NO_ANSWER = "warning: no answer from "
# Time for the proxy to write open captures when it is stopped. Tests do not usually wait for it.
_STOP_S = 30.0


class Recorder:
    """A recording proxy in front of a server, between `start` and `stop`.

    Attributes:
        folder: where the captures are until `close`.
    """

    def __init__(self, target: str) -> None:
        self._target = target
        self._work = Path(tempfile.mkdtemp(prefix="ssetape-"))
        self._process: subprocess.Popen[str] | None = None
        self.folder = self._work / "captures"

    def start(self) -> str:
        """Start the proxy; return its URL.

        Raises:
            RecordError: the proxy does not start; the text has its error message.
        """
        words = [sys.executable, "-m", "ssetape", "record", "--all", "--reverse", self._target]
        # The proxy speaks plain HTTP, so its CA is not needed and is thrown away.
        words += ["--confdir", str(self._work / "ca"), "-o", str(self.folder)]
        words += ["--", sys.executable, "-I", "-c", _HOLD]
        with (self._work / "log").open("w") as log:
            self._process = subprocess.Popen(
                words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,  # Ctrl-C is for the tests, which then stop the proxy
            )
        assert self._process.stdout is not None
        url = self._process.stdout.readline().strip()
        if not url:
            said = self.stop().removeprefix("Error: ")
            raise RecordError(f"cannot record from {self._target}: {said or 'no reason given'}")
        return url

    def stop(self) -> str:
        """Stop the proxy; return its output on stderr. Later calls do nothing."""
        process, self._process = self._process, None
        if process is None:
            return ""
        try:
            process.communicate(timeout=_STOP_S)  # closes its stdin
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
        return self._log().strip()

    def failures(self) -> list[str]:
        """Why the server's answers did not come, so far, a line each; it is named in each."""
        found = (line.partition(_NO_ANSWER)[2] for line in self._log().splitlines())
        reasons = dict.fromkeys(reason for reason in found if reason)
        return [f"no answer from {self._target}: {reason}" for reason in reasons]

    def _log(self) -> str:
        return (self._work / "log").read_text("utf-8", "replace")

    def captures(self) -> list[Capture]:
        """The captures so far, in the order of their requests."""
        captures = []
        for path in library.find([self.folder] if self.folder.exists() else []):
            try:
                captures.append(Capture(path))
            except CaptureError:
                pass  # its first line is still being written
        return sorted(captures, key=lambda capture: (capture.started, capture.path))

    def close(self) -> None:
        """Stop the proxy, and delete its captures."""
        self.stop()
        shutil.rmtree(self._work, ignore_errors=True)


class RealServer(ReplayedServer):
    """The real server at its own address (`--ssetape=off`); sees no requests."""

    def __init__(self, url: str, mode: str = "off") -> None:
        self.url = url.rstrip("/")
        self._mode = mode

    @property
    def requests(self) -> list[Requested]:
        self._skip("list requests")

    @property
    def misses(self) -> list[str]:
        return []

    def served(self) -> list[dict[str, Any]]:
        self._skip("list answers")

    def tally(self) -> tallies.Tally:
        self._skip("count what is sent")

    def assert_all_consumed(self) -> None:
        """Do nothing: there are no captures."""

    def pause(self, session: str | None = None) -> int:
        self._skip("pause streams")

    def step(
        self, events: int = 1, *, marker: str | None = None, session: str | None = None
    ) -> int:
        self._skip("step through streams")

    def resume(self, session: str | None = None) -> int:
        self._skip("resume streams")

    def misbehave(self, *faults: str, seed: int = 0) -> None:
        self._skip("apply faults")

    def forget(self) -> None:
        self._skip("forget requests")

    def sections(self) -> list[tuple[str, str]]:
        return [("ssetape", f"requests went to {self.url} itself, with --ssetape={self._mode}")]

    def _skip(self, what: str) -> NoReturn:
        pytest.skip(f"cannot {what} with --ssetape={self._mode}: that needs a replay")


class RecordedServer(RealServer):
    """The real server behind a recording proxy."""

    def __init__(self, url: str, recorder: Recorder) -> None:
        super().__init__(url, "record")
        self._recorder = recorder

    @property
    def requests(self) -> list[Requested]:
        """The requests answered so far, as recorded, and so with secrets masked."""
        return [
            Requested.of(
                capture.request.method,
                capture.request.url,
                capture.request.headers,
                capture.request.body or b"",
                capture.path,
            )
            for capture in self._recorder.captures()
        ]

    def sections(self) -> list[tuple[str, str]]:
        requests = [str(each) for each in self.requests]
        listed = "\n".join(requests or ["none"])
        sections = [*super().sections(), ("ssetape: recorded but not kept", listed)]
        if failures := self._recorder.failures():
            sections.append(("ssetape: not answered", "\n".join(failures)))
        return sections
