from hypothesis import given
from hypothesis import strategies as st

from ssetape.measures.gaps import Stall, Timing

GAPS = st.lists(st.floats(-0.5, 30) | st.sampled_from([0.0, 1.0]), min_size=1, max_size=40)


def test_gaps_and_stalls() -> None:
    timing = Timing()
    for t_s, data in ((1.0, "a"), (1.5, "b"), (4.5, "c" * 100), (4.5, "d"), (5.0, "e")):
        timing.see(t_s, "message", data)
    assert (timing.count, timing.first_s, timing.last_s) == (5, 1.0, 5.0)
    assert timing.stalls()[0] == Stall(3.0, 4.5, 2, "message", "c" * 80)
    assert [stall.gap_s for stall in timing.stalls()] == [3.0, 0.5, 0.5]


@given(GAPS, st.integers(1, 39))
def test_many_at_a_time_is_the_same_as_one_by_one(gaps: list[float], size: int) -> None:
    times, t_s = [], 0.0
    for gap_s in gaps:
        t_s += gap_s
        times.append(t_s)
    texts = [f"data: {n}\n\n" for n in range(len(times))]
    one, many = Timing(), Timing()
    for t_s, text in zip(times, texts, strict=True):
        one.see(t_s, "message", text[6:-2])
    for place in range(0, len(times), size):
        many.see_all(times[place : place + size], texts[place : place + size])
    assert (one.count, one.first_s, one.last_s) == (many.count, many.first_s, many.last_s)
    assert one.stalls() == many.stalls()
    assert one.rhythm.longest() == many.rhythm.longest()
    for share in (0.0, 0.5, 0.9, 1.0):
        assert one.gaps.quantile(share) == many.gaps.quantile(share)
