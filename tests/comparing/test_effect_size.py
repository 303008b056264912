import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.comparing.effect_size import Shift, cliffs_delta, shift, word_of

NUMBERS = st.lists(st.integers(-5, 5).map(float), min_size=1, max_size=12)


def test_delta_by_hand() -> None:
    assert cliffs_delta([1, 2], [3, 4]) == 1.0
    assert cliffs_delta([3, 4], [1, 2]) == -1.0
    assert cliffs_delta([1, 2], [1, 2]) == 0.0
    assert cliffs_delta([1, 2, 3], [2]) == 0.0
    assert cliffs_delta([1, 1, 3], [2]) == pytest.approx(1 / 3)
    assert cliffs_delta([], [1]) == 0.0


@given(NUMBERS, NUMBERS)
def test_delta_is_as_its_definition_has_it(first: list[float], second: list[float]) -> None:
    pairs = [(b > a) - (b < a) for a in first for b in second]
    assert cliffs_delta(first, second) == pytest.approx(sum(pairs) / len(pairs))


def test_words() -> None:
    words = [word_of(delta) for delta in (0.0, -0.14, 0.2, -0.4, 0.474, 1.0)]
    assert words == ["negligible", "negligible", "small", "medium", "large", "large"]


def test_a_shift_of_few_numbers_has_no_bounds() -> None:
    assert shift([1.0], [3.0]) == Shift(2.0, None, None)
    assert not shift([1.0], [3.0]).is_shown


def test_a_shift_that_is_there_is_shown_and_none_is_not() -> None:
    before = [1.0, 1.1, 0.9, 1.05, 0.95, 1.02, 0.98]
    after = [number + 0.5 for number in before]
    moved = shift(before, after)
    assert moved.median == pytest.approx(0.5)
    assert moved.low is not None
    assert moved.high is not None
    assert moved.low <= 0.5 <= moved.high
    assert moved.is_shown
    assert not shift(before, before[::-1]).is_shown
    assert shift(before, after) == moved
