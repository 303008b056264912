import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.measures import distribution
from ssetape.measures.distribution import Distribution
from ssetape.measures.quantiles import quantile

NUMBERS = st.lists(st.floats(0, 1e6) | st.integers(0, 9).map(float), min_size=1, max_size=60)
SHARES = [0.0, 0.01, 0.5, 0.9, 0.99, 1.0]


def test_nothing_has_no_quantiles() -> None:
    nothing = Distribution()
    assert (nothing.count, nothing.quantile(0.5), nothing.largest) == (0, None, 0.0)
    assert nothing.counts([1.0]) == [0, 0]


def test_a_quantile_between_two_numbers_is_interpolated() -> None:
    numbers = Distribution([4.0, 1.0, 3.0, 2.0])
    assert [numbers.quantile(share) for share in (0.0, 0.25, 0.5, 1.0)] == [1, 1.75, 2.5, 4]
    assert (numbers.count, numbers.largest) == (4, 4.0)


def test_numbers_are_counted_between_bounds() -> None:
    assert Distribution([0.0, 1.0, 1.5, 2.0, 9.0]).counts([1.0, 2.0]) == [1, 2, 2]


@given(NUMBERS)
def test_its_quantiles_are_those_of_the_numbers(numbers: list[float]) -> None:
    made = Distribution(numbers)
    for share in SHARES:
        assert made.quantile(share) == quantile(sorted(numbers), share)


@given(NUMBERS)
def test_many_numbers_have_quantiles_that_are_nearly_right(numbers: list[float]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        exact = Distribution(numbers)
        patch.setattr(distribution, "EXACT_COUNT", 3)
        counted = Distribution(numbers)
    assert counted.is_exact == (len(numbers) <= 3)
    assert (counted.count, counted.largest) == (exact.count, exact.largest)
    for share in SHARES:
        found, right = counted.quantile(share), exact.quantile(share)
        assert found is not None
        assert right is not None
        assert math.isclose(found, right, rel_tol=0.0051, abs_tol=1e-9)
    assert sum(counted.counts([0.5, 7.0, 5000.0])) == len(numbers)


def test_memory_does_not_grow_with_how_many_there_are() -> None:
    made = Distribution(n % 1000 / 1000 for n in range(distribution.EXACT_COUNT * 2))
    assert not made.is_exact
    assert len(made._held) <= distribution.EXACT_COUNT
    assert len(made._buckets) < 1000


@given(NUMBERS, st.integers(1, 20))
def test_many_at_a_time_are_the_same_as_one_by_one(numbers: list[float], size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(distribution, "EXACT_COUNT", 3)
        one, many = Distribution(numbers), Distribution()
        for place in range(0, len(numbers), size):
            many.add_all(numbers[place : place + size])
    assert (one.count, one.largest) == (many.count, many.largest)
    assert [one.quantile(share) for share in SHARES] == [many.quantile(share) for share in SHARES]
