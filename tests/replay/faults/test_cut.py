import pytest
from faulty import HEAD, cut_at, run, spans

from ssetape.replay.faults.cut import Cut
from ssetape.replay.faults.fault import CUT, RESET

BODY = b"data: a\n\ndata: b\n\n"


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Cut(event=1), [(1.0, BODY[:9]), (1.0, CUT)]),
        (Cut(event=0), [(HEAD.t_s, CUT)]),
        (Cut(event=2, how="reset"), [(1.0, BODY[:12]), (2.0, BODY[12:]), (2.0, RESET)]),
        (Cut(byte=3), [(1.0, BODY[:3]), (1.0, CUT)]),
        (Cut(at_s=1.7), [(1.0, BODY[:12]), (1.7, CUT)]),
        (Cut(at_s=0.7), [(0.7, CUT)]),
        (Cut(event=3), [(1.0, BODY[:12]), (2.0, BODY[12:]), (2.0, "complete")]),
    ],
)
def test_nothing_comes_after_it(fault: Cut, expected: list[object]) -> None:
    assert spans(fault.parts(cut_at(BODY, [12]), run())) == expected


def test_where_has_to_be_said_once() -> None:
    with pytest.raises(ValueError, match="expected one of event, byte, at_s, found none"):
        Cut()
