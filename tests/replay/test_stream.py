from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ssetape.errors import CaptureError, SsetapeError
from ssetape.replay import stream as stream_module
from ssetape.replay.pieces import Abort, Piece
from ssetape.replay.stream import Stream, StreamState

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
