from collections.abc import Callable
from pathlib import Path

import pytest
from said import chat

from ssetape.capture import Capture
from ssetape.comparing.runs import compare_runs

Write = Callable[..., Path]


def test_two_sets_of_runs(capture_file: Write) -> None:
    before = [Capture(capture_file(chat("a", "b", gap_s=1 + n / 100))) for n in range(6)]
    after = [Capture(capture_file(chat("a", "b", gap_s=2 + n / 100))) for n in range(6)]
    rows = {row.name: row for row in compare_runs(before, after)}
    text = rows["first text"]
    assert (text.counts, text.unit) == ((6, 6), "s")
    assert text.shift.median == pytest.approx(1.0)
    assert (text.delta, text.verdict) == (1.0, "later, large effect")
    assert rows["gap p50"].verdict == "longer, large effect"
    assert rows["tokens/s"].unit == "tokens/s"
    assert rows["response head"].verdict == "no difference shown"
    assert "first reasoning" not in rows
    few = {row.name: row.verdict for row in compare_runs(before[:2], after)}
    assert few["first text"] == "too few runs to say"
    back = {row.name: row.verdict for row in compare_runs(after, before)}
    assert back["first text"] == "earlier, large effect"
