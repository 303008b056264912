from collections import Counter
from collections.abc import Sequence
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.replay.matching import turns as turns_module
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


def test_a_shuffle_of_many_keeps_no_more_than_its_turns() -> None:
    turns = Turns(Order.SHUFFLE)
    taken(turns, range(1_000_000), 100)
    (kept,) = turns._kept.values()
    assert len(kept.held) <= 100


def test_the_turns_of_the_least_recent_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns_module, "_REMEMBERED", 2)
    turns = Turns()
    for session in ("a", "b", "a", "c"):
        turns.take(session, [0, 1, 2])
    assert turns.take("a", [0, 1, 2]) == 2
    assert turns.take("b", [0, 1, 2]) == 0
