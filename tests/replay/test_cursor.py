import pytest

from ssetape.replay.cursor import Cursor


def test_due_times_count_from_the_start_and_may_be_postponed() -> None:
    cursor = Cursor(iter([(5, b"a"), (7, b"b")]), 100)
    assert (cursor.due_ns, cursor.piece) == (105, b"a")
    cursor.postpone(10)
    assert cursor.due_ns == 115
    cursor.move()
    assert (cursor.due_ns, cursor.piece) == (117, b"b")


def test_after_the_last_piece_or_once_cleared_there_is_none() -> None:
    for pieces in [(5, b"a")], [(5, b"a"), (7, b"b")]:
        cursor = Cursor(iter(pieces), 100)
        if len(pieces) > 1:
            cursor.clear()
        with pytest.raises(StopIteration):
            cursor.move()
