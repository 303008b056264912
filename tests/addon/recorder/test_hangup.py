"""The terminal of mitmproxy's console is closed while it records."""

import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from proxies import RECORD, TIMEOUT_S, Client, Exchange, Origin, ended_capture

FIRST = b"data: one\n\n"


def begin(exchange: Exchange) -> None:
    exchange.head()
    exchange.chunk(FIRST)
    exchange.wait_for_the_other_side_to_leave()


def read(terminal: int, until: bytes) -> int:
    """Read what the console draws until it says where it listens; return the port."""
    drawn, until_s = b"", time.monotonic() + TIMEOUT_S
    while b"]" not in drawn.partition(until)[2]:
        if time.monotonic() > until_s or not select.select([terminal], [], [], TIMEOUT_S)[0]:
            raise AssertionError(f"expected {until!r} on the screen, found {drawn!r}")
        drawn += os.read(terminal, 65536)
    return int(drawn.partition(until)[2].partition(b"]")[0])


@pytest.mark.programs
def test_the_console_ends_with_its_terminal_and_so_do_its_recordings(
    confdir: Path, origin: Origin, tmp_path: Path
) -> None:
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    program = "from mitmproxy.tools.main import mitmproxy; mitmproxy()"
    words = [sys.executable, "-c", program, "-s", str(RECORD), "-p", "0"]
    options = (f"confdir={confdir}", f"tape_dir={tmp_path}", "listen_host=127.0.0.1")
    for option in options:
        words += ["--set", option]
    environment = {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    with subprocess.Popen(
        words,
        env=environment,
        preexec_fn=lambda: os.login_tty(theirs),
    ) as console:
        os.close(theirs)
        try:
            url = origin.serve(begin)
            client = Client(read(ours, b"[127.0.0.1:"), url)
            client.head()
            assert client.chunk() == FIRST
            os.close(ours)
            assert console.wait(TIMEOUT_S) == 128 + signal.SIGHUP
            client.close()
        finally:
            console.kill()
    capture = ended_capture(tmp_path, url)
    assert [chunk.data for chunk in capture.chunks()] == [FIRST]
    assert capture.end is not None
    assert capture.end.reason == "proxy_shutdown"
