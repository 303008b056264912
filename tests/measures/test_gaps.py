from hypothesis import given
from hypothesis import strategies as st

from ssetape.format.plain_blocks import Plain
from ssetape.measures.gaps import Rhythm, Silence, Timing

GAPS = st.lists(st.floats(-0.5, 30) | st.sampled_from([0.0, 1.0]), min_size=1, max_size=40)


def test_gaps_and_stalls() -> None:
    timing = Timing()
    for t_s, data in ((1.0, "a"), (1.5, "b"), (4.5, "c" * 100), (4.5, "d"), (5.0, "e")):
        timing.see(t_s, "message", data)
    assert (timing.count, timing.first_s, timing.last_s) == (5, 1.0, 5.0)
    assert timing.stalls()[0] == Silence(3.0, 4.5, 2, "message", "c" * 80)
    assert [stall.gap_s for stall in timing.stalls()] == [3.0, 0.5, 0.5]


@given(GAPS, st.integers(1, 39))
def test_many_at_a_time_is_the_same_as_one_by_one(gaps: list[float], size: int) -> None:
    times, t_s = [], 0.0
    for gap_s in gaps:
        t_s += gap_s
        times.append(t_s)
    one, many = Timing(), Timing()
    for number, t_s in enumerate(times):
        one.see(t_s, f"event {number}", f"{number}")
    for place in range(0, len(times), size):
        some = range(len(times))[place : place + size]
        names, lines = [f"event {n}" for n in some], [f"data: {n}" for n in some]
        many.see_all(Plain(times[place : place + size], [], names, lines, 0))
    assert (one.count, one.first_s, one.last_s) == (many.count, many.first_s, many.last_s)
    assert one.stalls() == many.stalls()
    assert one.rhythm.longest() == many.rhythm.longest()
    for share in (0.0, 0.5, 0.9, 1.0):
        assert one.gaps.quantile(share) == many.gaps.quantile(share)


# --- rhythm ----------------------------------------------------------------------------------


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
