"""A test that asks the real server: past a recording proxy, or at its own address.

The proxy is `ssetape record` in a process of its own. mitmproxy is one to a process, and sets up
logging, signals and threads there; a test's process is not its place.
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

from .requested import Requested
from .server import ReplayedServer

# What `ssetape record` runs: it says where the proxy is, and ends when its stdin does. So the
# proxy ends with the tests, however these end.
_HOLD = "import os, sys; print(os.environ['SSETAPE_URL'], flush=True); sys.stdin.read()"
# To write what is open, once it is told to end. No test waits for it.
_STOP_S = 30.0


class Recorder:
    """A recording proxy in front of a server, between `start` and `stop`.

    Attributes:
        folder: where the captures are while it runs.
    """

    def __init__(self, target: str) -> None:
        self._target = target
        self._work = Path(tempfile.mkdtemp(prefix="ssetape-"))
        self._process: subprocess.Popen[str] | None = None
        self.folder = self._work / "captures"

    def start(self) -> str:
        """Start it, and give its URL.

        Raises:
            RecordError: it does not start; the text is what it says of that.
        """
        words = [sys.executable, "-m", "ssetape", "record", "--all", "--reverse", self._target]
        # Nobody has to trust the proxy, which speaks plain HTTP: its CA is thrown away.
        words += ["--confdir", str(self._work / "ca"), "-o", str(self.folder)]
        words += ["--", sys.executable, "-I", "-c", _HOLD]
        with (self._work / "log").open("w") as log:
            self._process = subprocess.Popen(
                words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,  # Ctrl-C is for the tests, which then end it
            )
        assert self._process.stdout is not None
        url = self._process.stdout.readline().strip()
        if not url:
            said = self.stop().removeprefix("Error: ")
            raise RecordError(f"cannot record from {self._target}: {said or 'no reason given'}")
        return url

    def stop(self) -> str:
        """Stop it, and give what it has said. Later calls do nothing."""
        process, self._process = self._process, None
        if process is None:
            return ""
        try:
            process.communicate(timeout=_STOP_S)  # closes its stdin
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
        return (self._work / "log").read_text("utf-8", "replace").strip()

    def captures(self) -> list[Capture]:
        """What was recorded so far, in the order asked."""
        captures = []
        for path in library.find([self.folder] if self.folder.exists() else []):
            try:
                captures.append(Capture(path))
            except CaptureError:
                pass  # its first line is just being written
        return sorted(captures, key=lambda capture: (capture.started, capture.path))

    def close(self) -> None:
        """Stop it, and throw away what it has recorded."""
        self.stop()
        shutil.rmtree(self._work, ignore_errors=True)


class RealServer(ReplayedServer):
    """The real server at its own address (`--ssetape=off`): nothing is known but that."""

    def __init__(self, url: str, mode: str = "off") -> None:
        self.url = url.rstrip("/")
        self._mode = mode

    @property
    def requests(self) -> list[Requested]:
        self._skip("see what was asked")

    @property
    def misses(self) -> list[str]:
        return []

    def served(self) -> list[dict[str, Any]]:
        self._skip("see what was served")

    def assert_all_consumed(self) -> None:
        """Claim nothing: there are no captures."""

    def pause(self, session: str | None = None) -> int:
        self._skip("pause streams")

    def step(
        self, events: int = 1, *, marker: str | None = None, session: str | None = None
    ) -> int:
        self._skip("step through streams")

    def resume(self, session: str | None = None) -> int:
        self._skip("resume streams")

    def misbehave(self, *faults: str, seed: int = 0) -> None:
        self._skip("have faults befall answers")

    def forget(self) -> None:
        self._skip("forget what was asked")

    def sections(self) -> list[tuple[str, str]]:
        return [("ssetape", f"asked was {self.url} itself, with --ssetape={self._mode}")]

    def _skip(self, what: str) -> NoReturn:
        pytest.skip(f"to {what} needs a replay: not with --ssetape={self._mode}")


class RecordedServer(RealServer):
    """The real server behind a recording proxy."""

    def __init__(self, url: str, recorder: Recorder) -> None:
        super().__init__(url, "record")
        self._recorder = recorder

    @property
    def requests(self) -> list[Requested]:
        """What was answered so far, as it was recorded: with what is secret masked."""
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
        asked = "\n".join(requests or ["nothing"])
        return [*super().sections(), ("ssetape: recorded, and not kept", asked)]
