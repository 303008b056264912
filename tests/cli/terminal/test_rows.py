import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ssetape.capture import Capture
from ssetape.cli.terminal import rows
from ssetape.cli.terminal.rows import rows_for_stdout
from ssetape.messages.message import StreamMessage
from ssetape.showing.rows import Content
from ssetape.showing.selected import Selected

SLOW = Selected(StreamMessage(9.0, 9.0, "", "b" * 99), "b" * 99, 0.1, None)


def test_rows_are_as_wide_as_the_terminal_and_long_gaps_red(
    capture: Callable[..., Capture], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = capture([(0.1, b"data: a\n\n"), (9.0, b"data: b\n\n")])
    assert rows_for_stdout(Content.WORDS, opened).line(SLOW).endswith("b" * 99)
    monkeypatch.setattr(rows, "terminal_width", lambda: 60)
    assert len(rows_for_stdout(Content.WORDS, opened).line(SLOW)) == 60
    monkeypatch.setattr(rows, "has_colours", lambda: True)
    assert rows_for_stdout(Content.WORDS, opened).line(SLOW).startswith("\x1b[31m")
    assert not rows_for_stdout(Content.WORDS).line(SLOW).startswith("\x1b[31m")


def test_without_colours_no_capture_is_read_for_them(capture_file: Callable[..., Path]) -> None:
    opened = Capture(capture_file([(0.1, b"data: a\n\n")]))
    os.remove(opened.path)
    assert rows_for_stdout(Content.WORDS, opened).has_words
