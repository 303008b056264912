from hypothesis import given
from hypothesis import strategies as st

from ssetape.measures.rhythm import Rhythm


def test_each_stretch_has_its_longest_gap() -> None:
    rhythm = Rhythm()
    for t_s, gap_s in ((1.0002, 0.0002), (1.0004, 0.0001), (1.0024, 0.002)):
        rhythm.add(t_s, gap_s)
    assert rhythm.longest() == [0.0002, None, 0.002]


def test_a_stream_without_gaps_has_no_rhythm() -> None:
    assert Rhythm().longest() == []


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=200))
def test_it_stays_small_and_the_longest_gap_stays_in_it(gaps: list[float]) -> None:
    rhythm = Rhythm()
    t_s = 0.0
    for gap_s in gaps:
        t_s += gap_s
        rhythm.add(t_s, gap_s)
    found = [gap_s for gap_s in rhythm.longest() if gap_s is not None]
    assert len(rhythm.longest()) <= 64
    assert max(found) == max(gaps)


@given(st.lists(st.floats(0, 5), min_size=1, max_size=100), st.integers(1, 30))
def test_many_at_a_time_are_the_same_as_one_by_one(gaps: list[float], size: int) -> None:
    times = [sum(gaps[: n + 1]) for n in range(len(gaps))]
    one, many = Rhythm(), Rhythm()
    for t_s, gap_s in zip(times, gaps, strict=True):
        one.add(t_s, gap_s)
    for place in range(0, len(gaps), size):
        many.add_all(times[place : place + size], gaps[place : place + size])
    assert one.longest() == many.longest()


def test_an_infinite_gap_is_a_gap() -> None:
    rhythm = Rhythm()
    rhythm.add(1.7e308, float("inf"))
    rhythm.add(1.7e308, 0.0)
    assert max(gap for gap in rhythm.longest() if gap is not None) == float("inf")
