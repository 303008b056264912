import os
import pty
import sys
import time

import pytest

from ssetape.cli.terminal import keys


def test_without_a_terminal_only_time_passes() -> None:
    started_s = time.monotonic()
    assert keys.Keys(False).wait(0.02) == ""
    assert time.monotonic() - started_s >= 0.02
    with keys.keys() as pressed:  # pytest's stdin is none
        assert not pressed.are_there


def test_a_key_ends_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    leader, follower = pty.openpty()
    with open(follower, "r+b", buffering=0) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        monkeypatch.setattr(sys, "stdout", terminal)
        with keys.keys() as pressed:
            assert pressed.are_there
            os.write(leader, b" ")
            assert pressed.wait(30) == " "
            assert pressed.wait(0.01) == ""
    os.close(leader)
