import pytest
from faulty import HEAD, cut_at, run, spans
from hypothesis import given
from hypothesis import strategies as st

from ssetape.replay.faults.delays import Jitter, Slow, SlowHead, Stall

PARTS = cut_at(b"data: a\n\ndata: b\n\n", [12])


def times(fault: object) -> list[float]:
    return [t_s for t_s, _ in spans(fault.parts(PARTS, run()))]  # type: ignore[attr-defined]


def test_a_stall_is_silence_from_a_place_on() -> None:
    assert spans(Stall(event=1, seconds=5).parts(PARTS, run())) == [
        (1.0, b"data: a\n\n"),
        (6.0, b"dat"),
        (7.0, b"a: b\n\n"),
        (7.0, "complete"),
    ]
    assert times(Stall(at_s=1.5))[1:] == [float("inf")] * 2
    assert times(Stall(byte=12, seconds=0.5)) == [1.0, 2.5, 2.5]


def test_slow_counts_from_the_head() -> None:
    assert times(Slow(factor=3)) == [2.0, 5.0, 5.0]


@given(seed=st.integers(0, 1000), seconds=st.floats(0, 10))
def test_jitter_keeps_the_order_and_makes_nothing_early(seed: int, seconds: float) -> None:
    jitter = Jitter(seconds=seconds)
    found = spans(jitter.parts(PARTS, run(seed)))
    assert [what for _, what in found] == [what for _, what in spans(PARTS)]
    assert found == sorted(found, key=lambda each: each[0])
    for (t_s, _), part in zip(found, PARTS, strict=True):
        assert part.t_s <= t_s <= PARTS[-1].t_s + seconds
    assert found == spans(jitter.parts(PARTS, run(seed)))


def test_a_slow_head_holds_up_all() -> None:
    fault = SlowHead(seconds=2)
    assert fault.head(HEAD).t_s == 2.5
    assert times(fault) == [3.0, 4.0, 4.0]


def test_time_does_not_run_backwards() -> None:
    for make in (lambda: Slow(factor=0.5), lambda: Jitter(seconds=-1), lambda: SlowHead(-1)):
        with pytest.raises(ValueError, match="expected"):
            make()
    with pytest.raises(ValueError, match="seconds: expected 0 or more, found -1"):
        Stall(event=1, seconds=-1)
