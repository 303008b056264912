import socket
import struct
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ssetape.errors import CaptureError, SsetapeError
from ssetape.format.values import Chunk, End, Response
from ssetape.replay import framing
from ssetape.replay import stream as stream_module
from ssetape.replay.faults.fault import RESET
from ssetape.replay.pacing import Pace, Pacer
from ssetape.replay.stream import Cut, Piece, Stream, body_pieces, close_with_reset

Make = Callable[..., Any]

MS = 1_000_000
CHUNKS = [(0.001, b"a"), (0.002, b"bc")]


def pieces_of(capture: Any, *, http_1_0: bool = False, pace: Pace | None = None) -> list[Piece]:
    response = capture.response
    head = framing.head(response, http_1_0=http_1_0, client_closes=False)
    pacer = Pacer(pace or Pace())
    found = [(Pacer(pace or Pace()).due_ns(response.t_s), head.wire)]
    found += body_pieces(capture.parts(), response.t_s, head, pacer)
    assert found[0][1] == head.wire
    return found


# --- what goes on the wire, and when ---------------------------------------------------------


def test_head_chunks_and_end_come_at_their_moments(capture: Make) -> None:
    found = pieces_of(capture(CHUNKS, head_s=0.0005, end_s=0.004, trailers=[("T", "1")]))
    assert [due_ns for due_ns, _ in found] == [MS // 2, MS, 2 * MS, 4 * MS]
    assert [data for _, data in found[1:]] == [
        b"1\r\na\r\n",
        b"2\r\nbc\r\n",
        b"0\r\nT: 1\r\n\r\n",
    ]


@pytest.mark.parametrize("length", [3, 5])
def test_a_body_with_a_length_ends_with_nothing_more_or_is_cut(capture: Make, length: int) -> None:
    found = pieces_of(capture(CHUNKS, headers=[("content-length", str(length))]))
    assert [data for _, data in found[1:]] == [b"a", b"bc", b"" if length == 3 else Cut.CLOSE]


def test_a_body_without_chunks_or_length_ends_with_the_connection(capture: Make) -> None:
    found = pieces_of(capture(CHUNKS), http_1_0=True)
    assert [data for _, data in found[1:]] == [b"a", b"bc", b""]


@pytest.mark.parametrize("end", ["error", "client_closed", "anything"])
def test_what_did_not_end_well_is_cut_at_that_moment(capture: Make, end: str) -> None:
    assert pieces_of(capture(CHUNKS, end=end, end_s=0.005))[-1] == (5 * MS, Cut.CLOSE)


def test_what_was_interrupted_is_cut_after_its_last_chunk(capture: Make) -> None:
    assert pieces_of(capture(CHUNKS, end=None))[-1] == (2 * MS, Cut.CLOSE)


def test_a_chunk_of_no_bytes_does_not_end_the_body(capture: Make) -> None:
    found = pieces_of(capture([(0.001, b"a"), (0.002, b""), (0.003, b"b")]))
    wire = b"".join(data or b"" for _, data in found[1:])
    assert wire == b"1\r\na\r\n1\r\nb\r\n0\r\n\r\n"


def test_no_more_bytes_are_sent_than_the_head_promises(capture: Make) -> None:
    # The rest would be a second response, and a capture is a file from anywhere.
    found = pieces_of(capture([(0.001, b"abcdef")], headers=[("content-length", "3")]))
    assert b"".join(data or b"" for _, data in found[1:]) == b"abc"
    assert found[-1][1] == b""


def test_the_pace_changes_moments_alone(capture: Make) -> None:
    opened = capture(CHUNKS, end_s=0.004)
    as_recorded = pieces_of(opened)
    for pace in (Pace(instant=True), Pace(speed=2), Pace(max_gap_s=0.0005)):
        found = pieces_of(opened, pace=pace)
        assert [data for _, data in found] == [data for _, data in as_recorded]
    assert {due_ns for due_ns, _ in pieces_of(opened, pace=Pace(instant=True))} == {0}


def test_a_damaged_capture_gives_its_good_part_first(capture: Make) -> None:
    opened = capture(CHUNKS, end=None, tail=b"garbage\n")
    response = opened.response
    head = framing.head(response, http_1_0=False, client_closes=False)
    found: list[Piece] = []
    with pytest.raises(CaptureError):
        found.extend(body_pieces(opened.parts(), response.t_s, head, Pacer(Pace())))
    assert [data for _, data in found] == [b"1\r\na\r\n", b"2\r\nbc\r\n"]


# --- playing ---------------------------------------------------------------------------------


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
    p = play((0, b"a"), (10, Cut.CLOSE), (20, b"never"))
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


def test_a_reset_is_asked_for_with_a_linger_of_nothing(fake_transport: Any) -> None:
    with socket.socket() as sock:
        fake_transport.sock = sock
        close_with_reset(fake_transport)
        linger = sock.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)
    assert struct.unpack("ii", linger) == (1, 0)


def test_a_cut_may_be_a_reset(play: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    reset = []
    monkeypatch.setattr(stream_module, "close_with_reset", reset.append)
    p = play((0, b"a"), (10, Cut.RESET))
    p.timer.run()
    assert reset == [p.transport]
    assert p.transport.closed


def test_an_end_that_is_a_reset_is_one() -> None:
    parts = [Chunk(1.0, b"a"), End(2.0, RESET)]
    head = framing.head(
        Response(0.0, 200, "OK", "HTTP/1.1", []), http_1_0=False, client_closes=False
    )
    assert list(body_pieces(parts, 0.0, head, Pacer(Pace())))[-1] == (2_000_000_000, Cut.RESET)
