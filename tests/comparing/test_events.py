from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.capture import Capture
from ssetape.comparing import events as module
from ssetape.comparing.events import ComparedEvent, EventDifference, event_differences

Open = Callable[..., Capture]


def stream(words: str) -> list[tuple[float, bytes]]:
    return [(n / 10, f"data: {word}\n\n".encode()) for n, word in enumerate(words)]


def test_one_event_more_is_one_difference(capture: Open) -> None:
    found = event_differences(capture(stream("abc")), capture(stream("axbc")), 10)
    assert found == [EventDifference(None, ComparedEvent(1, "message", "x"))]


def test_an_event_that_is_another_stands_beside_it(capture: Open) -> None:
    found = event_differences(capture(stream("abc")), capture(stream("aXc")), 10)
    assert found == [
        EventDifference(ComparedEvent(1, "message", "b"), ComparedEvent(1, "message", "X"))
    ]


def test_no_more_than_asked_for_are_given(capture: Open) -> None:
    assert len(event_differences(capture(stream("abcdef")), capture(stream("uvwxyz")), 4)) == 4


def test_of_very_many_the_numbers_count(capture: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ALIGNED_LIMIT", 3)
    found = event_differences(capture(stream("abcd")), capture(stream("xabcd")), 10)
    assert [pair.second and pair.second.data for pair in found] == ["x", "a", "b", "c", "d"]
    assert found[-1].first is None


@given(st.text("ab", max_size=8), st.text("ab", max_size=8))
def test_what_is_told_makes_the_one_of_the_other(capture: Open, one: str, other: str) -> None:
    found = event_differences(capture(stream(one)), capture(stream(other)), 100)
    gone = {pair.first.number for pair in found if pair.first}
    come = {pair.second.number for pair in found if pair.second}
    kept = [letter for number, letter in enumerate(one) if number not in gone]
    assert kept == [letter for number, letter in enumerate(other) if number not in come]
    assert bool(found) == (one != other)
