from collections.abc import Callable
from pathlib import Path

import pytest

from ssetape.capture import Capture
from ssetape.cli.terminal.items import items_of, line_of, times
from ssetape.messages.framing import StreamMessage
from ssetape.messages.timeline import TimedComment, TimedEvent

Write = Callable[..., Path]


@pytest.mark.parametrize(
    ("gap_s", "drawn"), [(0.0005, ""), (0.01, "██"), (0.1, "████"), (10.0, "████████")]
)
def test_a_bar_is_as_long_as_the_gap_s_logarithm(gap_s: float, drawn: str) -> None:
    assert times(gap_s, 0.0, bars=True).rstrip().endswith(drawn or f"{gap_s:+.3f}")
    assert times(1.0, 0.5) == "     1.000     +0.500"


def test_each_kind_of_item_has_its_line() -> None:
    event = TimedEvent(1.0, 1.0, "x\x1b", "d", "i", 5, 0, 9)
    assert line_of(event, "d\n", 0.5, bars=False).endswith("  x\\x1b #i retry=5  d\\n")
    assert line_of(TimedComment(1.0, " c", 0), " c", 1.0, bars=False).endswith("  : c")
    frame = StreamMessage(1.0, 1.0, "slow", "d", is_error=True)
    assert line_of(frame, "d", 1.0, bars=False).endswith("  slow error  d")
    assert line_of(StreamMessage(1.0, 1.0, "", "d"), "d", 1.0, bars=False).endswith("+0.000  d")


def test_what_is_worth_a_word_is_told(capture_file: Write) -> None:
    told: list[str] = []
    list(items_of(Capture(capture_file([(1, b"data: a\n\ndata: torn")])), told.append))
    assert told[0].startswith("the stream ends within an event, from byte 9 on")
    headers = [("content-type", "application/vnd.amazon.eventstream")]
    list(items_of(Capture(capture_file([(1, b"no frame at all")], headers=headers)), told.append))
    assert "expected a frame" in told[1]
