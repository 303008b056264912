"""The bar of verbs that take long."""

import io
import sys
from collections.abc import Iterator

import pytest

from ssetape.cli import _progress
from ssetape.cli._progress import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def make_terminal(monkeypatch: pytest.MonkeyPatch, delay_s: float = 0.0) -> Terminal:
    """Puts a terminal in stderr's place. No fixture: pytest sets stderr again after these."""
    made = Terminal()
    monkeypatch.setattr(sys, "stderr", made)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(_progress, "DELAY_S", delay_s)
    return made


def test_where_nobody_looks_there_is_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(_progress, "DELAY_S", 0.0)
    with progress([1, 2, 3], "reading") as each:
        assert list(each) == [1, 2, 3]
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr(sys, "stderr", None)
    with progress([1], "reading") as each:
        assert list(each) == [1]


def test_what_is_soon_done_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = make_terminal(monkeypatch, delay_s=1e9)
    with progress(iter("abc"), "reading") as each:
        assert list(each) == ["a", "b", "c"]
    assert terminal.getvalue() == ""


def test_what_takes_long_is_shown_and_gone_at_its_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = make_terminal(monkeypatch)
    with progress(range(30), "reading") as each:
        assert list(each) == list(range(30))
        shown = terminal.getvalue()
    assert "reading" in shown
    assert "/30" in shown
    assert shown.endswith("\x1b[2K")  # the line is erased
    assert terminal.getvalue() == shown
    assert capsys.readouterr().out == ""


def test_how_many_there_are_may_be_unknown_or_told(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = make_terminal(monkeypatch)
    with progress(iter(range(3)), "writing") as each:
        assert list(each) == [0, 1, 2]
    assert "/?" in terminal.getvalue()
    with progress(iter(range(3)), "writing", total=3) as each:
        assert list(each) == [0, 1, 2]
    assert "/3" in terminal.getvalue()


def test_it_is_gone_where_the_work_stops_early(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = make_terminal(monkeypatch)
    with progress(range(9), "reading") as each:
        next(each)
        next(each)
    assert "\x1b[?25h" in terminal.getvalue()  # the cursor is back


def test_an_error_of_the_items_comes_through(monkeypatch: pytest.MonkeyPatch) -> None:
    make_terminal(monkeypatch)

    def failing() -> Iterator[int]:
        yield 1
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"), progress(failing(), "reading") as each:
        list(each)
