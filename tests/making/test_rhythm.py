from itertools import pairwise
from random import Random

import pytest

from ssetape.errors import SsetapeError
from ssetape.making.distribution import Distribution, constant, parse
from ssetape.making.rhythm import Rhythm, Stall


def test_the_first_token_comes_at_ttft_and_the_others_at_the_rate() -> None:
    rhythm = Rhythm(ttft_s=constant(0.5), rate=constant(4))
    assert rhythm.times(3, Random(1)) == (0.0, [0.5, 0.75, 1.0])
    assert rhythm.times(1, Random(1)).tokens_s == [0.5]


def test_a_gap_is_drawn_for_each_token_and_a_rate_for_each_answer() -> None:
    chance = Random(1)
    gaps = Rhythm(ttft_s=constant(0), gap_s=parse("uniform(1,2)")).times(100, chance).tokens_s
    steps = [b - a for a, b in pairwise(gaps)]
    assert len({round(step, 9) for step in steps}) == 99
    assert all(1 <= step <= 2 for step in steps)
    evenly = Rhythm(ttft_s=constant(0), rate=parse("uniform(1,2)"))
    answers = [evenly.times(3, chance).tokens_s for _ in range(5)]
    assert all(third == pytest.approx(2 * second) for _, second, third in answers)
    assert len({second for _, second, _ in answers}) == 5


def test_the_head_is_never_later_than_the_first_token() -> None:
    rhythm = Rhythm(head_s=constant(0.3), ttft_s=constant(0.5))
    assert rhythm.times(1, Random(1)).head_s == 0.3
    assert Rhythm(head_s=constant(9), ttft_s=constant(0.5)).times(1, Random(1)).head_s == 0.5


def test_a_stall_is_silence_before_its_token() -> None:
    stalls = [Stall(constant(3), 2), Stall(constant(1), 1), Stall(constant(9), 5)]
    rhythm = Rhythm(ttft_s=constant(1), rate=constant(1), stalls=stalls)
    assert rhythm.times(3, Random(1)).tokens_s == [2, 6, 7]


def test_a_stall_without_a_place_is_anywhere_but_before_the_first_token() -> None:
    rhythm = Rhythm(ttft_s=constant(1), rate=constant(1), stalls=[Stall(constant(100))])
    places = set()
    for seed in range(200):
        times = rhythm.times(4, Random(seed)).tokens_s
        assert times[0] == 1
        assert times[-1] == 104
        places.add(next(place for place, t_s in enumerate(times) if t_s > 100))
    assert places == {1, 2, 3}
    assert rhythm.times(1, Random(1)).tokens_s == [1]


def test_what_cannot_be_timed_is_refused() -> None:
    with pytest.raises(SsetapeError, match="a rate of 0 tokens/s was drawn from 0"):
        Rhythm(rate=constant(0)).times(2, Random(1))
    with pytest.raises(SsetapeError, match="more than a century"):
        Rhythm(gap_s=constant(9e8)).times(5, Random(1))
    longest = Distribution("", "from", (float("inf"),))
    with pytest.raises(SsetapeError, match="more than a century"):
        Rhythm(gap_s=longest).times(2, Random(1))
