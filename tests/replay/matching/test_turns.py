from collections import Counter
from collections.abc import Sequence
from itertools import pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.replay.matching.turns import Order, Turns


def taken(turns: Turns, among: Sequence[int], count: int, session: str = "") -> list[int]:
    return [turns.take(session, among) for _ in range(count)]


def test_a_sequence_starts_over_after_its_last() -> None:
    assert taken(Turns(), [4, 7, 9], 7) == [4, 7, 9, 4, 7, 9, 4]


@given(size=st.integers(1, 60), seed=st.integers(), rounds=st.integers(1, 4))
def test_every_round_of_a_shuffle_has_each_once(size: int, seed: int, rounds: int) -> None:
    among = range(100, 100 + size)
    turns = Turns(Order.SHUFFLE, seed)
    for _ in range(rounds):
        assert sorted(taken(turns, among, size)) == list(among)


def test_every_shuffle_is_as_likely_as_the_others() -> None:
    counts = Counter(
        tuple(taken(Turns(Order.SHUFFLE, seed), range(4), 4)) for seed in range(24 * 200)
    )
    assert set(counts) == set(permutations(range(4)))
    assert all(130 < count < 280 for count in counts.values())  # 200 and five deviations


def test_the_rounds_of_a_shuffle_differ() -> None:
    turns = Turns(Order.SHUFFLE)
    rounds = {tuple(taken(turns, range(20), 20)) for _ in range(10)}
    assert len(rounds) == 10


def test_a_random_order_draws_from_all_each_time() -> None:
    counts = Counter(taken(Turns(Order.RANDOM), range(10), 10_000))
    assert set(counts) == set(range(10))
    assert all(850 < count < 1_150 for count in counts.values())


@pytest.mark.parametrize("order", [Order.RANDOM, Order.SHUFFLE])
def test_the_seed_decides_and_sessions_do_not_disturb_each_other(order: Order) -> None:
    among = range(50)
    first = taken(Turns(order, 7), among, 120, "a")
    turns = Turns(order, 7)
    disturbed = []
    for _ in range(120):
        disturbed.append(turns.take("a", among))
        turns.take("b\udcff", among)
        turns.take("a", range(60, 70))
    assert disturbed == first
    assert taken(Turns(order, 8), among, 120, "a") != first
    assert taken(Turns(order, 7), among, 120, "b") != first


def test_one_capture_has_every_turn() -> None:
    for order in Order:
        assert taken(Turns(order), [3], 4) == [3, 3, 3, 3]


@pytest.mark.parametrize("order", list(Order))
def test_processes_that_share_counts_share_the_order(order: Order) -> None:
    among = range(30)
    alone = taken(Turns(order, 3), among, 90)
    first, second = Turns(order, 3), Turns(order, 3)
    second.counts = first.counts
    together = [(first if number % 3 else second).take("", among) for number in range(90)]
    assert together == alone


@pytest.mark.parametrize("count", [2, 3, 5, 16, 17, 64, 1_000, 10_000])
def test_a_shuffle_moves_places_everywhere(count: int) -> None:
    order = taken(Turns(Order.SHUFFLE, 1), range(count), count)
    assert sorted(order) == list(range(count))
    if count >= 64:
        # As likely to go up as down from one to the next, and far.
        ups = sum(a < b for a, b in pairwise(order))
        assert 0.3 * count < ups < 0.7 * count
        steps = [abs(a - b) for a, b in pairwise(order)]
        assert 0.2 * count < sum(steps) / count < 0.5 * count  # a third of it, if at random
