import pytest

from ssetape.measures.distribution import Distribution
from ssetape.showing.plots import bar, duration, histogram, sparkline


@pytest.mark.parametrize(
    ("share", "drawn"),
    [(0, ""), (1, "████"), (0.5, "██"), (0.0001, "▏"), (0.28, "█▏"), (7, "████")],
)
def test_a_bar_is_as_long_as_its_share(share: float, drawn: str) -> None:
    assert bar(share, 4) == drawn


def test_a_sparkline_is_as_high_as_its_values() -> None:
    assert sparkline([0.0, None, 0.5, 1.0]) == "▁ ▅█"
    assert sparkline([]) == ""
    assert sparkline([0.0]) == "▁"


def test_a_histogram_has_ranges_from_the_shortest_to_the_longest() -> None:
    rows = histogram(Distribution([0.0015, 0.0016, 0.03, 9.0]), 10)
    assert rows[0] == ("1 ms +", 2, "██████████")
    assert rows[-1] == ("5 s +", 1, "█████")
    assert sum(count for _, count, _ in rows) == 4
    assert histogram(Distribution(), 10) == []
    assert histogram(Distribution([0.0]), 10) == [("< 1 ms", 1, "██████████")]
    assert histogram(Distribution([1e5]), 10) == [("5000 s +", 1, "██████████")]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 us"), (0.00012, "120 us"), (0.0015, "1.5 ms"), (0.0234, "23.4 ms"), (61.5, "61.5 s")],
)
def test_durations_have_their_unit(seconds: float, text: str) -> None:
    assert duration(seconds) == text
