from collections.abc import Callable
from typing import Any

import pytest
from said import chat

from ssetape.making.recorded import Quantity, recorded

Make = Callable[..., Any]


def test_heads_first_pieces_and_gaps_are_taken_from_captures(capture: Make) -> None:
    one = capture(chat("a", "b", "c", gap_s=0.5), head_s=0.25)
    two = capture([(0.1, b": hello\n\n"), *chat("a", "b", gap_s=2.0)], head_s=0.1)
    nothing = capture([], status=None)
    captures = [one, two, nothing]
    assert recorded(captures, Quantity.HEAD) == [0.25, 0.1]
    assert recorded(captures, Quantity.TTFT) == [0.5, 2.0]
    # What ends the answer is no piece of it.
    assert recorded(captures, Quantity.GAP) == [0.5, 0.5, 2.0]


def test_pieces_in_one_chunk_have_no_gap(capture: Make) -> None:
    pieces = chat("a", "b", "c", gap_s=1.0)
    together = [(1.0, pieces[0][1] + pieces[1][1]), pieces[2]]
    gaps = recorded([capture(together)], Quantity.GAP)
    assert gaps == pytest.approx([0.0, 2.0])
