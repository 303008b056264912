import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.replay.pacing import Pace, Pacer

# What the format can say: whole microseconds, up to a day.
TIMES_US = st.lists(st.integers(0, 86_400_000_000), max_size=20)
SPEEDS = st.floats(0.01, 100)


def due_ns(times_s: list[float], pace: Pace) -> list[int]:
    pacer = Pacer(pace)
    return [pacer.due_ns(t_s) for t_s in times_s]


@given(times_us=TIMES_US)
def test_at_recorded_speed_nothing_is_due_before_its_recorded_time(times_us: list[int]) -> None:
    times_us.sort()
    for us, due in zip(times_us, due_ns([us / 1e6 for us in times_us], Pace()), strict=True):
        assert us * 1000 <= due <= us * 1000 + 1_000


@given(times_us=TIMES_US, speed=SPEEDS)
def test_at_any_speed_nothing_is_due_before_its_time(times_us: list[int], speed: float) -> None:
    times_us.sort()
    for us, due in zip(times_us, due_ns([us / 1e6 for us in times_us], Pace(speed)), strict=True):
        exact_ns = Fraction(us * 1000) / Fraction(speed)
        # A float has 53 bits: at most so much of the exact time is lost on the way.
        lost_ns = exact_ns / 2**50 + Fraction(1, 1000)
        assert exact_ns - lost_ns <= due <= exact_ns + lost_ns + 1


@given(times_s=st.lists(st.floats(-1e3, 1e6), max_size=20), speed=SPEEDS)
def test_due_times_never_fall_whatever_a_file_says(times_s: list[float], speed: float) -> None:
    for pace in (Pace(speed), Pace(speed, max_gap_s=0.5), Pace(instant=True)):
        due = due_ns(times_s, pace)
        assert due == sorted(due)
        assert all(moment >= 0 for moment in due)


def test_what_was_recorded_out_of_order_is_due_with_its_predecessor() -> None:
    assert due_ns([1.0, 0.5, 2.0], Pace()) == [10**9, 10**9, 2 * 10**9]


def test_double_speed_is_half_the_time() -> None:
    assert due_ns([1.0, 3.0], Pace(speed=2.0)) == [500_000_000, 1_500_000_000]


def test_instant_is_due_at_once_whatever_else_is_asked() -> None:
    assert due_ns([0.0, 1.0, 1e9], Pace(speed=0.5, instant=True, max_gap_s=5)) == [0, 0, 0]


def test_no_silence_counts_for_more_than_the_gap() -> None:
    due = due_ns([5.0, 5.5, 60.0, 60.1], Pace(max_gap_s=1.0))
    assert [moment / 1e9 for moment in due] == pytest.approx([1.0, 1.5, 2.5, 2.6])


def test_the_gap_is_of_recorded_time_before_speed() -> None:
    due = due_ns([5.0, 10.0], Pace(speed=2.0, max_gap_s=1.0))
    assert [moment / 1e9 for moment in due] == pytest.approx([0.5, 1.0])


def test_a_gap_of_nothing_is_instant() -> None:
    assert due_ns([5.0, 10.0, 10.1], Pace(max_gap_s=0.0)) == [0, 0, 0]


@given(times_us=TIMES_US, gap_us=st.integers(0, 10_000_000), speed=SPEEDS)
def test_gaps_are_kept_or_shortened_to_the_limit(
    times_us: list[int], gap_us: int, speed: float
) -> None:
    times_us.sort()
    due = due_ns([us / 1e6 for us in times_us], Pace(speed, max_gap_s=gap_us / 1e6))
    expected_us = previous_us = 0
    for us, moment in zip(times_us, due, strict=True):
        expected_us += min(us - previous_us, gap_us)
        previous_us = us
        # Sums of floats of a day lose a fraction of a microsecond.
        assert moment * speed / 1e3 == pytest.approx(expected_us, abs=1 + speed)


@pytest.mark.parametrize("t_s", [1e20, 1e300, -1e300])
@pytest.mark.parametrize("pace", [Pace(), Pace(speed=1e-9), Pace(max_gap_s=1.0)])
def test_a_time_that_no_clock_reaches_is_still_a_time(t_s: float, pace: Pace) -> None:
    # Times are a file's, and any finite one is legal in it.
    (due,) = due_ns([t_s], pace)
    assert due >= 0


@pytest.mark.parametrize("speed", [0, -1, math.inf, -math.inf, math.nan])
def test_a_speed_is_above_nothing(speed: float) -> None:
    with pytest.raises(ValueError, match=f"speed: expected a number above 0, got {speed}"):
        Pace(speed=speed)


@pytest.mark.parametrize("gap_s", [-0.1, -math.inf, math.nan])
def test_a_gap_is_not_below_nothing(gap_s: float) -> None:
    with pytest.raises(ValueError, match=f"max gap: expected 0 or more seconds, got {gap_s}"):
        Pace(max_gap_s=gap_s)
