"""`ssetape` as people run it: a program with arguments, streams, signals and an exit code."""

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Self

TIMEOUT_S = 60.0  # for what should never happen; no test waits for it

# What a developer's shell may say about these is not what the tests are about.
_DROPPED = re.compile(
    r"(?i)(http|https|all|no)_proxy|columns|lines|no_color|force_color|ssetape_.*"
)

# Runs ssetape where mitmproxy cannot be imported.
_WITHOUT_MITMPROXY = (
    "import sys; sys.modules['mitmproxy'] = None; from ssetape.__main__ import run; sys.exit(run())"
)

Outcome = subprocess.CompletedProcess[bytes]


def environment(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for a program: this one's, without what would change how it prints."""
    kept = {name: value for name, value in os.environ.items() if not _DROPPED.fullmatch(name)}
    return {**kept, **(changes or {})}


def command(*words: object) -> list[str]:
    """The command line of `ssetape WORDS...` in this very Python."""
    return [sys.executable, "-m", "ssetape", *map(str, words)]


def run_without_mitmproxy(*words: object) -> Outcome:
    """Run `ssetape WORDS...` to its end, as if mitmproxy were not installed."""
    line = [sys.executable, "-c", _WITHOUT_MITMPROXY, *map(str, words)]
    return subprocess.run(
        line, capture_output=True, env=environment(), timeout=TIMEOUT_S, check=False
    )


def run(
    *words: object,
    stdin: bytes = b"",
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    through: Sequence[str] = (),
) -> Outcome:
    """Run `ssetape WORDS...` to its end.

    Args:
        through: a command that the whole is given to as arguments, such as a shell that closes
            a stream before.
    """
    with sigint_as_in_a_terminal():
        return subprocess.run(
            [*through, *command(*words)],
            input=stdin,
            capture_output=True,
            cwd=cwd,
            env=environment(env),
            timeout=TIMEOUT_S,
            check=False,
        )


def on_a_terminal(
    columns: int,
    *words: object,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    has_stderr: bool = False,
) -> tuple[int, str]:
    """Run `ssetape WORDS...` with stdout a terminal so wide; gives exit code and output.

    Args:
        has_stderr: whether stderr is that terminal, too.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with subprocess.Popen(
        command(*words),
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs if has_stderr else subprocess.PIPE,
        cwd=cwd,
        env=environment({"TERM": "dumb", **(env or {})}),
    ) as process:
        os.close(theirs)
        output = b""
        while True:
            try:
                data = os.read(ours, 1 << 16)
            except OSError:  # how Linux says that the other side has closed
                break
            if not data:
                break
            output += data
        os.close(ours)
        code = process.wait(TIMEOUT_S)
        if process.stderr is not None:
            assert b"Traceback" not in process.stderr.read()
    return code, output.decode()


def run_shell(script: str, *words: object, cwd: Path | None = None) -> Outcome:
    """Run a shell script in which "$@" stands for `ssetape WORDS...`."""
    return run(*words, cwd=cwd, through=["bash", "-c", script, "bash"])


def assert_told(outcome: Outcome, *texts: str, code: int = 1) -> None:
    """Ended with `code`, and said `texts` on stderr, in words and not with a traceback."""
    stderr = outcome.stderr.decode(errors="replace")
    assert "Traceback" not in stderr, stderr
    assert outcome.returncode == code, stderr
    for text in texts:
        assert text in stderr, stderr


@contextmanager
def sigint_as_in_a_terminal() -> Iterator[None]:
    """Start programs as a terminal does, with SIGINT not ignored.

    A shell in the background ignores it for its children, and theirs inherit that: only what
    has a handler is reset when a program starts.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class Program:
    """`ssetape WORDS...` that runs until it is told to end, in a process group of its own."""

    def __init__(
        self, *words: object, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> None:
        with sigint_as_in_a_terminal():
            self.process = subprocess.Popen(
                command(*words),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=cwd,
                env=environment(env),
                start_new_session=True,
            )
        self._news = threading.Condition()
        self._texts = {"stdout": "", "stderr": ""}
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self._readers = [
            threading.Thread(target=self._read, args=("stdout", self.process.stdout), daemon=True),
            threading.Thread(target=self._read, args=("stderr", self.process.stderr), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    @property
    def stdout(self) -> str:
        """All that it has printed so far."""
        return self._texts["stdout"]

    @property
    def stderr(self) -> str:
        """All that it has told so far."""
        return self._texts["stderr"]

    def wait_for(self, pattern: str, stream: str = "stderr") -> re.Match[str]:
        """Wait until it has said `pattern`."""
        deadline_s = time.monotonic() + TIMEOUT_S
        with self._news:
            while (found := re.search(pattern, self._texts[stream])) is None:
                left_s = deadline_s - time.monotonic()
                ended = not any(reader.is_alive() for reader in self._readers)
                if left_s <= 0 or ended:
                    raise AssertionError(f"{pattern!r} was not said: {self._texts}")
                self._news.wait(min(left_s, 0.2))
        return found

    @property
    def url(self) -> str:
        """Where it listens; waits until it says so."""
        return self.wait_for(r"at (http://\S+:\d+)\b")[1]

    @property
    def port(self) -> int:
        """Where it listens; waits until it says so."""
        return int(self.url.rpartition(":")[2])

    def signal(self, number: signal.Signals, *, group: bool = False) -> None:
        """Send a signal to it, or to all in its group, as a terminal does for Ctrl-C."""
        if group:
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)

    def wait(self) -> int:
        """Wait until it has ended; gives its exit code."""
        code = self.process.wait(TIMEOUT_S)
        if self._left_behind():
            os.killpg(self.process.pid, signal.SIGKILL)
            raise AssertionError(f"it ended with {code}, and what it had started goes on")
        for reader in self._readers:
            reader.join(TIMEOUT_S)
        return code

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        # The whole group: what it started may have outlived it, and holds its pipes.
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.wait()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def _left_behind(self) -> bool:
        """Whether others of its process group are there a while after it has ended."""
        deadline_s = time.monotonic() + 5
        while time.monotonic() < deadline_s:
            try:
                os.killpg(self.process.pid, 0)
            except ProcessLookupError:
                return False
            time.sleep(0.02)
        return True

    def _read(self, name: str, stream: IO[bytes]) -> None:
        for line in stream:
            with self._news:
                self._texts[name] += line.decode(errors="replace")
                self._news.notify_all()
