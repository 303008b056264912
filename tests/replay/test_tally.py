import json

from ssetape.replay.tally import LATE_BOUNDS_NS, Tally, later_than

PLACES = len(LATE_BOUNDS_NS) + 1


def test_tallies_of_several_processes_add_up() -> None:
    one = Tally(5, {"complete": 3, "cut": 1}, {"404": 1}, 90, 1_000, [1] * PLACES, 7)
    other = Tally(2, {"complete": 1, "left": 1}, {"404": 1, "429": 2}, 10, 500, [2] * PLACES, 3)
    both = one.add(other)
    assert both == other.add(one)
    assert both == Tally(
        begun=7,
        ended={"complete": 4, "cut": 1, "left": 1},
        said={"404": 2, "429": 2},
        chunks=100,
        sent_bytes=1_500,
        late=[3] * PLACES,
        late_ns=10,
    )
    assert one.open == 1
    assert both.open == 1
    assert one.add(Tally()) == one
    assert sum(map(sum, [one.late, other.late])) == sum(both.late)


def test_a_tally_travels_as_json() -> None:
    tally = Tally(5, {"complete": 3}, {"404": 1}, 90, 1_000, list(range(PLACES)), 7)
    assert Tally.of(json.loads(json.dumps(tally.fields()))) == tally
    assert Tally.of(Tally().fields()) == Tally()


def test_those_later_than_a_bound_are_counted() -> None:
    late = list(range(PLACES))
    assert later_than(LATE_BOUNDS_NS[-1], late) == PLACES - 1
    assert later_than(LATE_BOUNDS_NS[0], late) == sum(late)
    assert later_than(5_000_000, late) == sum(late[7:])
