from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ssetape.errors import CaptureError, SsetapeError
from ssetape.replay import stream as stream_module
from ssetape.replay.meter import Meter
from ssetape.replay.pieces import Abort, Piece
from ssetape.replay.stream import Stream, StreamState
from ssetape.replay.tally import LATE_BOUNDS_NS

Make = Callable[..., Any]


class Played:
    """A stream of given pieces on a fake transport and timer."""

    def __init__(self, given: Iterator[Piece], timer: Any, transport: Any) -> None:
        self.timer, self.transport = timer, transport
        self.completed = 0
        self.damage: list[SsetapeError] = []
        self.stream = Stream(transport, given, 1_000, timer, self._complete, self.damage.append)

    def _complete(self) -> None:
        self.completed += 1


@pytest.fixture
def play(fake_timer: Any, fake_transport: Any) -> Callable[..., Played]:
    return lambda *given: Played(iter(given), fake_timer, fake_transport)


def test_a_piece_is_written_when_it_is_due_and_not_before(play: Make) -> None:
    p = play((0, b"a"), (10, b"b"), (10, b"c"), (20, b"d"))
    p.timer.run(999)
    assert p.transport.writes == []
    p.timer.run(1_000)
    assert p.transport.writes == [b"a"]
    p.timer.run(1_009)
    assert p.transport.writes == [b"a"]
    p.timer.run(1_010)
    assert p.transport.writes == [b"a", b"b", b"c"]
    assert p.completed == 0
    p.timer.run(1_020)
    assert p.transport.writes == [b"a", b"b", b"c", b"d"]
    assert p.completed == 1
    p.timer.run()
    assert p.completed == 1
    assert not p.transport.closed


def test_a_cut_closes_without_completing(play: Make) -> None:
    p = play((0, b"a"), (10, Abort.CLOSE), (20, b"never"))
    p.timer.run(1_009)
    assert not p.transport.closed
    p.timer.run()
    assert p.transport.closed
    assert p.transport.writes == [b"a"]
    assert p.completed == 0


def test_a_paused_stream_writes_nothing_and_catches_up(play: Make) -> None:
    p = play((0, b"a"), (10, b"b"), (20, b"c"), (2_000, b"d"))
    p.timer.run(1_000)
    p.stream.pause()
    p.timer.run(1_500)
    assert p.transport.writes == [b"a"]
    p.stream.resume()
    p.timer.run(1_500)
    # What is late comes at once; what is not yet due keeps its moment.
    assert p.transport.writes == [b"a", b"b", b"c"]
    p.timer.run(2_999)
    assert p.transport.writes == [b"a", b"b", b"c"]
    p.timer.run(3_000)
    assert p.completed == 1


def test_pausing_between_moments_changes_nothing(play: Make) -> None:
    p = play((0, b"a"), (10, b"b"))
    p.timer.run(1_000)
    for _ in range(3):
        p.stream.pause()
        p.stream.resume()
    p.timer.run()
    assert p.transport.writes == [b"a", b"b"]
    assert p.completed == 1


def test_a_transport_that_fills_up_stops_a_burst(play: Make) -> None:
    p = play(*[(0, b"%d" % number) for number in range(10)])
    write = p.transport.write

    def write_and_fill(data: bytes) -> None:
        write(data)
        if data == b"4":
            p.stream.pause()

    p.transport.write = write_and_fill
    p.timer.run()
    assert p.transport.written == b"01234"
    p.stream.resume()
    p.timer.run()
    assert p.transport.written == b"0123456789"
    assert p.completed == 1


def test_a_stopped_stream_writes_nothing_more(play: Make) -> None:
    p = play((0, b"a"), (10, b"b"))
    p.timer.run(1_000)
    p.stream.stop()
    p.stream.resume()
    p.timer.run()
    assert p.transport.writes == [b"a"]
    assert p.completed == 0
    assert not p.transport.closed


def test_a_stream_stopped_while_paused_stays_stopped(play: Make) -> None:
    p = play((0, b"a"), (10, b"b"))
    p.stream.pause()
    p.timer.run()
    p.stream.stop()
    p.stream.resume()
    p.timer.run()
    assert p.transport.writes == []


def test_many_due_pieces_leave_others_their_turn(
    play: Make, fake_timer: Any, fake_transport: Any
) -> None:
    class Other:
        at_writes = -1

        def play(self, now_ns: int) -> None:
            self.at_writes = len(fake_transport.writes)

    other = Other()
    p = play(*[(0, b"x")] * 1_000)
    fake_timer.schedule(1_000, other)
    fake_timer.run()
    assert len(p.transport.writes) == 1_000
    assert 0 < other.at_writes < 500


def test_damage_is_told_and_cuts(fake_timer: Any, fake_transport: Any) -> None:
    def damaged() -> Iterator[Piece]:
        yield 0, b"a"
        yield 10, b"b"
        raise CaptureError("c.ssetape", 5, "damaged")

    p = Played(damaged(), fake_timer, fake_transport)
    fake_timer.run()
    assert fake_transport.writes == [b"a", b"b"]
    assert [str(error) for error in p.damage] == ["c.ssetape, line 5: damaged"]
    assert fake_transport.closed
    assert p.completed == 0


def test_a_cut_may_be_a_reset(play: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    reset = []
    monkeypatch.setattr(stream_module, "close_with_reset", reset.append)
    p = play((0, b"a"), (10, Abort.RESET))
    p.timer.run()
    assert reset == [p.transport]
    assert p.transport.closed


# --- where a stream stands -------------------------------------------------------------------


def test_an_end_is_final_and_nothing_else_is() -> None:
    assert {state for state in StreamState if state.is_over} == {
        StreamState.COMPLETE,
        StreamState.CUT,
        StreamState.LEFT,
    }


ENDINGS: dict[str, Callable[[Played], None]] = {
    "complete": lambda p: p.timer.run(),
    "cut": lambda p: p.stream._cut(Abort.CLOSE),
    "left": lambda p: p.stream.stop(),
}
CALLS: list[Callable[[Stream], None]] = [
    lambda stream: stream.pause(),
    lambda stream: stream.resume(),
    lambda stream: stream.freeze(1_005),
    lambda stream: stream.advance(3),
    lambda stream: stream.thaw(1_500),
    lambda stream: stream.stop(),
]


@pytest.mark.parametrize("outcome", ENDINGS)
def test_after_its_end_nothing_changes_a_stream(outcome: str, play: Make) -> None:
    p = play((0, b"a"), (10, b"b"))
    p.timer.run(1_000)
    assert (p.stream.state, p.stream.outcome) == (StreamState.PLAYING, None)
    ENDINGS[outcome](p)
    sent, closed, completed = p.stream.sent, p.transport.closed, p.completed
    for call in CALLS:
        call(p.stream)
        p.timer.run()
        assert p.stream.outcome == outcome
    assert (p.stream.sent, p.transport.closed, p.completed) == (sent, closed, completed)


def test_a_last_piece_that_fills_the_transport_completes_all_the_same(play: Make) -> None:
    p = play((0, b"a"))
    p.transport.write = lambda data: p.stream.pause()
    p.timer.run()
    assert (p.stream.outcome, p.completed) == ("complete", 1)


def test_a_client_that_leaves_within_a_write_completes_nothing(play: Make) -> None:
    p = play((0, b"a"), (0, b"b"))
    p.transport.write = lambda data: p.stream.stop()
    p.timer.run()
    assert (p.stream.sent, p.stream.outcome, p.completed) == (1, "left", 0)


@pytest.mark.parametrize("thaws_first", [True, False])
def test_a_stream_both_frozen_and_blocked_waits_for_both(thaws_first: bool, play: Make) -> None:
    p = play((0, b"a"), (10, b"b"))
    p.timer.run(1_000)
    p.stream.freeze(1_005)
    p.stream.pause()
    lifts = [lambda: p.stream.thaw(1_105), p.stream.resume]
    for lift in lifts if thaws_first else reversed(lifts):
        p.timer.run(1_105)
        assert p.transport.writes == [b"a"]
        lift()
    p.timer.run(1_109)
    assert p.transport.writes == [b"a"]
    p.timer.run(1_110)
    assert p.transport.writes == [b"a", b"b"]


def test_a_frozen_stream_advances_without_its_client(play: Make) -> None:
    p = play((0, b"a"), (10, b"b"), (20, b"c"), (30, Abort.CLOSE))
    p.stream.freeze(1_000)
    p.stream.pause()
    p.stream.advance(2)
    assert p.transport.writes == [b"a", b"b"]
    p.stream.advance(2**62)
    assert (p.stream.outcome, p.stream.sent, p.transport.closed) == ("cut", 3, True)


def test_however_often_a_stream_is_held_up_the_timer_has_it_once(play: Make) -> None:
    p = play((0, b"a"), (10, b"b"))
    scheduled: list[int] = []
    schedule = p.timer.schedule
    p.timer.schedule = lambda due_ns, player: (scheduled.append(due_ns), schedule(due_ns, player))
    for _ in range(3):
        p.stream.pause()
        p.stream.freeze(1_000)
        p.stream.thaw(1_000)
        p.stream.resume()
    assert scheduled == []
    p.stream.pause()
    p.timer.run()
    for _ in range(3):
        p.stream.resume()
    assert scheduled == [1_000]


# --- what is counted -------------------------------------------------------------------------


def late_counts(meter: Meter) -> dict[int, int]:
    """How many pieces were late by how much, by the bound up to which they count."""
    bounds = [*LATE_BOUNDS_NS, None]
    return {bounds[i] or -1: n for i, n in enumerate(meter.tally().late) if n}


@pytest.fixture
def meter() -> Meter:
    return Meter()


@pytest.fixture
def metered(fake_timer: Any, fake_transport: Any, meter: Meter) -> Callable[..., Stream]:
    """A stream of given pieces, asked for at 1,000 ns."""

    def make(*given: Piece) -> Stream:
        return Stream(
            fake_transport, iter(given), 1_000, fake_timer, lambda: None, print, meter=meter
        )

    return make


def test_chunks_and_bytes_are_counted_while_they_are_sent(
    metered: Make, meter: Meter, fake_timer: Any
) -> None:
    metered((0, b"head"), (10, b"ab"), (20, b"cde"), (30, b"end"))
    counts = []
    for until_ns in (0, 1_000, 1_010, 1_020, 1_030):
        fake_timer.run(until_ns)
        tally = meter.tally()
        counts.append((tally.chunks, tally.sent_bytes, tally.open))
    assert counts == [(0, 0, 1), (0, 4, 1), (1, 6, 1), (2, 9, 1), (2, 12, 0)]
    assert meter.tally().ended == {"complete": 1}


@pytest.mark.parametrize(
    ("pieces", "chunks", "outcome"),
    [
        ([(0, b"head")], 0, "complete"),  # a 204, or the answer to a HEAD
        ([(0, b"head"), (10, b"")], 0, "complete"),
        ([(0, b"head"), (10, b"a"), (20, Abort.CLOSE)], 1, "cut"),
        ([(0, Abort.CLOSE)], 0, "cut"),
    ],
)
def test_each_end_is_counted_once(
    metered: Make, meter: Meter, fake_timer: Any, pieces: list[Piece], chunks: int, outcome: str
) -> None:
    stream = metered(*pieces)
    fake_timer.run()
    stream.stop()
    tally = meter.tally()
    assert (tally.chunks, tally.ended, tally.begun) == (chunks, {outcome: 1}, 1)


def test_a_client_that_leaves_is_counted_with_what_it_got(
    metered: Make, meter: Meter, fake_timer: Any
) -> None:
    stream = metered((0, b"head"), (10, b"a"), (20, b"b"))
    fake_timer.run(1_010)
    stream.stop()
    tally = meter.tally()
    assert (tally.chunks, tally.ended) == (1, {"left": 1})


def test_lateness_counts_from_the_moment_a_piece_was_due(metered: Make, meter: Meter) -> None:
    stream = metered((10, b"head"), (20, b"a"), (6_000_000, b"b"), (7_000_000, b"end"))
    stream.play(1_010)  # on time
    stream.play(1_020 + 700_000)
    stream.play(1_000 + 6_000_000 + 5_000_001)  # late by 5 ms; the end by 4
    assert late_counts(meter) == {50_000: 1, 1_000_000: 1, 5_000_000: 1, 10_000_000: 1}
    assert meter.tally().late_ns == 0 + 700_000 + 5_000_001 + 4_000_001


def test_what_is_due_with_the_request_has_no_moment_of_its_own(metered: Make, meter: Meter) -> None:
    stream = metered((0, b"head"), (0, b"a"), (0, b"end"))  # as with --instant
    stream.play(1_000_000_000)
    assert late_counts(meter) == {}


@pytest.mark.parametrize("hold", ["pause", "freeze"])
def test_what_was_held_back_is_not_late(
    metered: Make, meter: Meter, fake_timer: Any, hold: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = metered((10, b"head"), (20, b"a"), (1_000_000_000, b"b"))
    fake_timer.run(1_010)
    monkeypatch.setattr(stream_module, "now_ns", lambda: 500_000_000)
    if hold == "pause":  # by a client that does not read
        stream.pause()
        fake_timer.run(400_000_000)
        stream.resume()
    else:
        stream.freeze(1_015)
        fake_timer.run(400_000_000)
        stream.thaw(500_000_000)
    fake_timer.now_ns = 500_000_000
    fake_timer.run(600_000_000)
    assert stream.sent == 2
    assert sum(late_counts(meter).values()) <= 2
    assert max(late_counts(meter)) == 50_000
