from collections.abc import Callable
from math import exp
from random import Random
from statistics import fmean, median, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.errors import SsetapeError
from ssetape.making.distribution import SHAPES, constant, parse


def drawn(spec: str, count: int = 20_000) -> list[float]:
    distribution, chance = parse(spec), Random(1)
    return [distribution.draw(chance) for _ in range(count)]


def test_one_number_is_always_the_same() -> None:
    assert parse(" 0.5 ").draw(Random()) == parse("5e-1").draw(Random()) == 0.5
    assert parse("0.5").number == constant(0.5).number == 0.5
    assert parse("uniform(1,2)").number is None
    assert constant(0.5).text == "0.5"


@pytest.mark.parametrize(
    ("spec", "measures"),
    [
        ("lognormal(0.8,0.3)", {median: 0.8, fmean: 0.8 * exp(0.3**2 / 2)}),
        ("normal(5, 0.5)", {fmean: 5, stdev: 0.5}),
        ("Uniform(1,3)", {min: 1, max: 3, fmean: 2}),
        ("exponential(0.25)", {fmean: 0.25, stdev: 0.25, median: 0.25 * 0.6931}),
    ],
)
def test_parameters_mean_what_is_said_of_them(
    spec: str, measures: dict[Callable[[list[float]], float], float]
) -> None:
    found = drawn(spec)
    measured = [measure(found) for measure in measures]
    assert measured == pytest.approx([*measures.values()], rel=0.03)


def test_nothing_is_below_zero() -> None:
    found = drawn("normal(0.1,1)", 1000)
    assert min(found) == 0
    assert sum(value == 0 for value in found) == pytest.approx(460, abs=60)


def test_recorded_numbers_are_drawn_evenly() -> None:
    asked: list[str] = []

    def recorded(names: str) -> list[float]:
        asked.append(names)
        return [1.0, 2.0, 2.0, 4.0]

    distribution = parse(" from  a.ssetape @2 ", recorded)
    assert asked == ["a.ssetape @2"]
    assert distribution.text == "from a.ssetape @2"
    chance = Random(1)
    found = [distribution.draw(chance) for _ in range(8000)]
    assert set(found) == {1.0, 2.0, 4.0}
    assert found.count(2.0) == pytest.approx(4000, rel=0.05)


@given(st.sampled_from([*SHAPES]), st.integers(0, 2**32))
def test_the_same_seed_draws_the_same(shape: str, seed: int) -> None:
    spec = f"{shape}({','.join(['1', '2'][: len(SHAPES[shape])])})"
    assert parse(parse(spec).text) == parse(spec)
    first, second = ([parse(spec).draw(Random(seed)) for _ in range(3)] for _ in range(2))
    assert first == second
    assert all(value >= 0 for value in first)


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ("", "expected a number or one of lognormal"),
        ("fast", r"expected a number or one of lognormal\(median,sigma\), .*; found 'fast'"),
        ("lognormel(1,2)", "found 'lognormel.*did you mean lognormal"),
        ("lognormal(1)", r"expected lognormal\(median,sigma\), found 'lognormal\(1\)'"),
        ("lognormal(0,1)", "the median of .* greater than 0"),
        ("exponential(0)", "the mean of .* greater than 0"),
        ("uniform(2,1)", "low is above high"),
        ("normal(1,x)", "expected a number or one of"),
        ("-1", "expected numbers from 0 to"),
        ("nan", "expected numbers from 0 to"),
        ("inf", "expected numbers from 0 to"),
        ("1e10", "expected numbers from 0 to"),
        ("from a", "expected a number or one of"),
    ],
)
def test_what_is_no_spec_is_refused(spec: str, problem: str) -> None:
    with pytest.raises(SsetapeError, match=problem):
        parse(spec)


def test_recorded_times_have_to_be_there() -> None:
    with pytest.raises(SsetapeError, match="expected captures after `from`"):
        parse("from ", lambda names: [1.0])
    with pytest.raises(SsetapeError, match="'from a': these captures have no such times"):
        parse("from a", lambda names: [])
    with pytest.raises(SsetapeError, match=r"exponential\(mean\), from CAPTURE\.\.\.; found 'x'"):
        parse("x", lambda names: [])
