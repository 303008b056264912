import pytest
from faulty import HEAD, run

from ssetape.format.values import Chunk, End, Trailers
from ssetape.replay.faults.fault import Fault, at, need_at_least, need_chance, need_one


def test_a_fault_changes_nothing_of_itself() -> None:
    parts = [Chunk(1.0, b"a"), End(1.0, "complete")]
    fault = Fault()
    assert list(fault.parts(parts, run())) == parts
    assert fault.head(HEAD) is HEAD
    assert fault.refusal(run()) is None
    assert not fault.needs_text


def test_a_part_is_moved_with_all_that_it_says() -> None:
    assert at(Chunk(1.0, b"a"), 2.0) == Chunk(2.0, b"a")
    assert at(Trailers(1.0, [("a", "b")]), 2.0) == Trailers(2.0, [("a", "b")])
    assert at(End(1.0, "x", "why", 3, 4), 2.0) == End(2.0, "x", "why", 3, 4)


def test_what_means_nothing_is_told() -> None:
    need_one(event=None, byte=1)
    need_at_least(1, event=None, byte=1)
    need_chance(chance=None, share=1.0)
    with pytest.raises(ValueError, match="expected one of event, byte, found none"):
        need_one(event=None, byte=None)
    with pytest.raises(ValueError, match="found event and byte"):
        need_one(event=1, byte=1)
    with pytest.raises(ValueError, match="byte: expected 2 or more, found 1"):
        need_at_least(2, byte=1)
    with pytest.raises(ValueError, match="seconds: expected 0 or more, found nan"):
        need_at_least(0, seconds=float("nan"))
    with pytest.raises(ValueError, match=r"chance: expected 0 to 1, found 1\.5"):
        need_chance(chance=1.5)
