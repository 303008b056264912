"""The line at the bottom of the terminal."""

import io
import os
import sys

import pytest

from ssetape.cli.terminal.status import status


class Terminal(io.TextIOWrapper):
    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8")

    def isatty(self) -> bool:
        return True


def as_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Stdout, as a terminal of 20 columns and 10 lines without colours; not for a fixture, as
    pytest takes stdout back before the test."""
    stdout = Terminal()
    monkeypatch.setattr(sys, "stdout", stdout)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    resize(monkeypatch, 20, 10)
    return stdout


def resize(monkeypatch: pytest.MonkeyPatch, columns: int, lines: int) -> None:
    size = os.terminal_size((columns, lines))
    monkeypatch.setattr("shutil.get_terminal_size", lambda: size)


def sent(terminal: Terminal) -> str:
    """What the terminal was sent since this was last asked."""
    terminal.flush()
    terminal.seek(0)
    text = terminal.read()
    terminal.seek(0)
    terminal.truncate()
    return text


def test_text_scrolls_above_it_until_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = as_terminal(monkeypatch)
    with status(is_wanted=True) as below:
        assert "\x1b[1;9r" in sent(terminal)
        below.show("a")
        assert sent(terminal) == "\x1b7\x1b[10;1H\x1b[2Ka\x1b8"
    assert sent(terminal) == "\x1b7\x1b[r\x1b[10;1H\x1b[2K\x1b8"


def test_it_is_sent_when_it_changes_or_the_screen_was_cleared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = as_terminal(monkeypatch)
    with status(is_wanted=True) as below:
        below.show("a")
        sent(terminal)
        below.show("a")
        assert sent(terminal) == ""
        below.cleared()
        below.show("a")
        assert "a" in sent(terminal)


def test_it_stays_within_the_last_line(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = as_terminal(monkeypatch)
    with status(is_wanted=True) as below:
        below.show("x" * 50)
        assert f"{'x' * 18}…\x1b8" in sent(terminal)
        resize(monkeypatch, 30, 20)
        below.show("b")
        moved = sent(terminal)
    assert moved.startswith("\x1b[J\x1b7\x1b[1;19r\x1b8")
    assert "\x1b[20;1H\x1b[2Kb" in moved


@pytest.mark.parametrize("why_not", ["unwanted", "dumb", "low"])
def test_it_is_not_there(why_not: str, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = as_terminal(monkeypatch)
    if why_not == "dumb":
        monkeypatch.setenv("TERM", "dumb")
    if why_not == "low":
        resize(monkeypatch, 80, 4)
    with status(is_wanted=why_not != "unwanted") as below:
        assert not below.is_there
        below.show("a")
    assert sent(terminal) == ""
