import pytest

from ssetape.replay.meter import Meter
from ssetape.replay.tally import LATE_BOUNDS_NS


class Sent:
    def __init__(self, chunks: int) -> None:
        self.chunks = chunks


def test_streams_count_while_they_are_open_and_once_they_have_ended() -> None:
    meter = Meter()
    first, second = Sent(3), Sent(0)
    meter.begin(first)
    meter.begin(second)
    second.chunks = 4
    tally = meter.tally()
    assert (tally.begun, tally.open, tally.ended, tally.chunks) == (2, 2, {}, 7)
    meter.end(first, "cut")
    assert meter.open == 1
    meter.end(first, "left")  # its connection is lost, too
    first.chunks = 100
    meter.end(second, "complete")
    tally = meter.tally()
    assert (tally.begun, tally.open, tally.chunks) == (2, 0, 7)
    assert tally.ended == {"cut": 1, "complete": 1}


def test_own_responses_are_counted_by_status() -> None:
    meter = Meter()
    for status in (404, 429, 404):
        meter.say(status)
    assert meter.tally().said == {"404": 2, "429": 1}


@pytest.mark.parametrize(
    ("late_ns", "place"),
    [
        (0, 0),
        (LATE_BOUNDS_NS[0], 0),
        (LATE_BOUNDS_NS[0] + 1, 1),
        (5_000_000, LATE_BOUNDS_NS.index(5_000_000)),
        (5_000_001, LATE_BOUNDS_NS.index(5_000_000) + 1),
        (10**12, len(LATE_BOUNDS_NS)),
    ],
)
def test_lateness_is_counted_up_to_and_including_each_bound(late_ns: int, place: int) -> None:
    meter = Meter()
    meter.note_late(late_ns)
    tally = meter.tally()
    assert [index for index, count in enumerate(tally.late) if count] == [place]
    assert tally.late_ns == late_ns


def test_a_tally_stays_as_it_was() -> None:
    meter = Meter()
    before = meter.tally()
    meter.note_late(1)
    meter.say(200)
    assert sum(before.late) == 0
    assert before.said == {}


def test_how_many_are_open_is_told_whenever_that_changes() -> None:
    class Sent:
        chunks = 0

    told: list[int] = []
    meter = Meter()
    meter.on_open = told.append
    one, other = Sent(), Sent()
    meter.begin(one)
    meter.begin(other)
    meter.end(one, "cut")
    meter.end(one, "cut")
    assert told == [1, 2, 1]
