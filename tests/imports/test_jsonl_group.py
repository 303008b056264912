from ssetape.imports._jsonl_group import Group
from ssetape.imports._jsonl_lines import Line


def group(*kinds: str) -> Group:
    found = Group()
    for number, kind in enumerate(kinds, 5):
        found.add(Line(number, {"kind": kind, "seq": number - 5, "data": "x"}))
    return found


def test_lines_are_sorted_by_what_they_are() -> None:
    found = group("event", "head", "comment", "end")
    assert [line.number for line in found.body] == [5, 7]
    assert {kind: line.number for kind, line in found.single.items()} == {"head": 6, "end": 8}
    assert (found.first, found.wrong) == (5, None)
    assert Group().first == 1


def test_the_first_wrong_line_is_kept() -> None:
    assert str(group("end", "event", "head", "head").wrong) == (
        "line 6: event: a line behind the end of the body"
    )
    assert str(group("head", "head").wrong) == "line 6: a second line of the kind head"
    assert "`kind`: expected one of" in str(group("x").wrong)


def test_what_is_not_said_comes_from_the_capture() -> None:
    found = group("event", "event")
    found.body.append(Line(9, {"kind": "event", "seq": 1, "data": "again"}))
    like = [
        {"kind": "request", "seq": None, "request": 1},
        {"kind": "event", "seq": 0, "data": "a", "t": 1.0},
        {"kind": "event", "seq": 1, "data": "b", "t": 2.0},
        {"kind": "end", "seq": None, "end": {}},
    ]
    found.single["end"] = Line(8, {"kind": "end", "t": 9.0})
    found.fill(like)
    assert [line.fields.get("t") for line in found.body] == [1.0, 2.0, None]
    assert [line.fields["data"] for line in found.body] == ["x", "x", "again"]
    assert found.single["request"] == Line(5, like[0])
    assert found.single["end"].fields == {**like[3], "t": 9.0}
