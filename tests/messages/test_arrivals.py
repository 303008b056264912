from hypothesis import given
from hypothesis import strategies as st

from ssetape.messages.arrivals import ArrivalCounts, Arrivals


def test_a_byte_has_the_time_of_the_piece_it_came_in() -> None:
    arrivals = Arrivals()
    arrivals.add(2, 1.0)
    arrivals.add(3, 2.0)
    assert [arrivals.time_of(offset) for offset in range(5)] == [1.0, 1.0, 2.0, 2.0, 2.0]
    assert (arrivals.size_bytes, arrivals.last_s) == (5, 2.0)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=20))
def test_rising_offsets_have_rising_times_whatever_is_forgotten(sizes: list[int]) -> None:
    arrivals, plain = Arrivals(), Arrivals()
    truth = []
    for t_s, size in enumerate(sizes):
        arrivals.add(size, float(t_s))
        plain.add(size, float(t_s))
        truth += [float(t_s)] * size
    for offset, t_s in enumerate(truth):
        if offset % 3 == 0:
            arrivals.forget_before(offset)
        assert arrivals.time_of(offset) == plain.time_of(offset) == t_s


def test_pieces_are_counted_one_by_one_or_many_at_a_time() -> None:
    one, many = ArrivalCounts(), ArrivalCounts()
    for t_s, size_bytes in ((1.0, 5), (2.0, 7), (3.0, 1)):
        one.add(t_s, size_bytes)
    many.add(1.0, 5)
    many.add_all([2.0, 3.0], 8)
    assert vars(one) == vars(many)
    assert vars(one) == {"first_s": 1.0, "last_s": 3.0, "chunks": 3, "size_bytes": 13}
    first = ArrivalCounts()
    first.add_all([2.0], 3)
    assert (first.first_s, first.last_s) == (2.0, 2.0)
