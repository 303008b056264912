import pytest
from faulty import cut_at, run

from ssetape.format.values import Chunk
from ssetape.replay.faults.position import Position

BODY = b"data: a\n\ndata: b\n\ndata: c\n\n"


def sides(**place: float | None) -> tuple[list[object], list[object]]:
    given = {"event": None, "byte": None, "at_s": None, **place}
    found = list(Position(**given).sides(cut_at(BODY, [12]), run()))  # type: ignore[arg-type]
    return [p for behind, p in found if not behind], [p for behind, p in found if behind]


def test_after_an_event_is_after_its_blank_line() -> None:
    before, behind = sides(event=1)
    assert before == [Chunk(1.0, b"data: a\n\n")]
    assert behind[:2] == [Chunk(1.0, b"dat"), Chunk(2.0, b"a: b\n\ndata: c\n\n")]
    assert sides(event=0)[0] == []
    assert len(sides(event=3)[1]) == 1  # the end
    assert sides(event=4)[1] == []


def test_after_a_byte_may_be_within_a_chunk() -> None:
    before, behind = sides(byte=13)
    assert before == [Chunk(1.0, BODY[:12]), Chunk(2.0, b"a")]
    assert behind[0] == Chunk(2.0, BODY[13:])
    assert sides(byte=0)[0] == []
    assert len(sides(byte=27)[1]) == 1
    assert sides(byte=28)[1] == []


def test_after_a_moment_is_what_comes_later() -> None:
    before, behind = sides(at_s=1.0)
    assert before == [Chunk(1.0, BODY[:12])]
    assert len(behind) == 2


def test_it_is_one_place() -> None:
    Position(1, None, None).check()
    for wrong in [Position(None, None, None), Position(1, 1, None), Position(-1, None, None)]:
        with pytest.raises(ValueError, match="expected"):
            wrong.check()
