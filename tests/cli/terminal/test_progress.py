"""The bar of verbs that take long."""

import io
import sys
import time
from collections.abc import Iterator

import pytest

from ssetape.cli.terminal import progress as module
from ssetape.cli.terminal.output import json_line, note
from ssetape.cli.terminal.progress import progress

TIMEOUT_S = 30


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True

    def wait_for(self, text: str) -> None:
        deadline = time.monotonic() + TIMEOUT_S
        while text not in self.getvalue():
            assert time.monotonic() < deadline, f"{text!r} is not in {self.getvalue()!r}"
            time.sleep(0.01)


def make_terminal(monkeypatch: pytest.MonkeyPatch, delay_s: float = 0.0) -> Terminal:
    """Puts a terminal in stderr's place. No fixture: pytest sets stderr again after these."""
    made = Terminal()
    monkeypatch.setattr(sys, "stderr", made)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(module, "DELAY_S", delay_s)
    return made


def test_where_nobody_looks_there_is_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "_Bar", None)
    with progress([1, 2, 3], "reading") as each:
        assert list(each) == [1, 2, 3]
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr(sys, "stderr", None)
    with progress([1], "reading") as each:
        assert list(each) == [1]


def test_what_is_soon_done_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = make_terminal(monkeypatch, delay_s=1e6)
    with progress(iter("abc"), "reading") as each:
        assert list(each) == ["a", "b", "c"]
    assert terminal.getvalue() == ""


def test_what_takes_long_is_shown_and_gone_at_its_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = make_terminal(monkeypatch)
    with progress(range(3000), "reading") as each:
        assert next(each) == 0
        terminal.wait_for("reading 0 of 3,000")
        assert [next(each) for _ in range(1500)] == list(range(1, 1501))
        terminal.wait_for("reading 1,500 of 3,000")
        assert list(each) == list(range(1501, 3000))
        shown = terminal.getvalue()
        assert shown.endswith("\x1b[2K")  # the line is erased
    assert terminal.getvalue() == shown
    assert capsys.readouterr().out == ""


def test_one_item_may_take_long(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = make_terminal(monkeypatch)

    def items() -> Iterator[int]:
        terminal.wait_for("reading 0")
        yield 1

    with progress(items(), "reading") as each:
        assert list(each) == [1]


def test_how_many_there_are_may_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = make_terminal(monkeypatch)
    with progress(iter(range(3)), "writing", total=3) as each:
        next(each)
        terminal.wait_for("writing 0 of 3")


def test_it_is_gone_where_the_work_stops_early(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = make_terminal(monkeypatch)
    with progress(range(9), "reading") as each:
        next(each)
        terminal.wait_for("reading")
    assert "\x1b[?25h" in terminal.getvalue()  # the cursor is back


def test_output_meanwhile_comes_through(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    terminal = make_terminal(monkeypatch)
    with progress(range(9), "reading") as each:
        next(each)
        terminal.wait_for("reading")
        note("something is wrong")
        json_line({"a": 1})
        terminal.wait_for("something is wrong")
    assert capfdbinary.readouterr().out == b'{"a":1}\n'


def test_an_error_of_the_items_comes_through(monkeypatch: pytest.MonkeyPatch) -> None:
    make_terminal(monkeypatch)

    def failing() -> Iterator[int]:
        yield 1
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"), progress(failing(), "reading") as each:
        list(each)
