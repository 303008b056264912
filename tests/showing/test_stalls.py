from collections.abc import Callable

from ssetape.capture import Capture
from ssetape.measures.measure import measure
from ssetape.showing.stalls import stalls_of


def test_stalls_are_those_of_stats_up_to_any_damage(capture: Callable[..., Capture]) -> None:
    gaps = [0.5, 0.1, 0.9, 0.2, 0.3, 0.2]
    chunks = [(round(sum(gaps[: n + 1]), 3), b"data: x\n\n") for n in range(len(gaps))]
    opened = capture(chunks)
    assert stalls_of(opened) == {stall.t_s for stall in measure(opened).stalls} != set()
    damaged = capture(chunks, end=None, tail=b"damage\n")
    assert stalls_of(damaged) == stalls_of(opened)
