import signal
import subprocess
import sys

import pytest

from ssetape.replay.workers.processes import how_ended

PROGRAM = """
import os, signal, sys
from ssetape.replay.exchange import Say
from ssetape.replay.workers.channel import Report, framed
from ssetape.replay.workers.processes import forked

def work(channel):
    received = channel.recv(1000)
    channel.sendall(received)
    return 7

process = forked(2, work)
process.tell(Report(1, Say(200, b"", "")))
print(process.place, list(process.messages.feed(process.heard()))[0].number)
print(repr(process.heard()), process.reap())

def fail(channel):
    raise ValueError("a bug")

process = forked(0, fail)
print(repr(process.heard()), process.reap())

process = forked(0, lambda channel: channel.recv(1))
process.signal(signal.SIGKILL)
print(repr(process.heard()), process.reap())
process.signal(signal.SIGTERM)  # it is gone: no error
"""


def test_a_process_hears_answers_and_ends() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines() == ["2 1", "b'' 7", "b'' 1", "b'' -9"]
    assert "failed: ValueError('a bug')" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (3, "ended with exit code 3"),
        (-signal.SIGKILL, "was ended by SIGKILL"),
        (-63, "was ended by signal 63"),
    ],
)
def test_how_a_process_ended_is_said(code: int, said: str) -> None:
    assert how_ended(code) == said
