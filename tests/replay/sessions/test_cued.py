from collections.abc import Callable
from typing import Any

import pytest

from ssetape.capture import Capture
from ssetape.replay import body_framing
from ssetape.replay.exchange import Play
from ssetape.replay.pacing import Pace
from ssetape.replay.pieces import Abort, Wait
from ssetape.replay.sessions.cued import Cued, CuedPieces, pieces_of
from ssetape.replay.sessions.cues import Cue
from ssetape.replay.sessions.runs import Asked, Run

Open = Callable[..., Capture]
S = 1_000_000_000
RPC = b'data: {"jsonrpc":"2.0","id":%d,"result":{}}\n\n'


def played(
    capture: Open,
    chunks: list[tuple[float, bytes]],
    *cues: Cue,
    pace: Pace | None = None,
    rpc_ids: dict[int, Any] | None = None,
    **fields: Any,
) -> tuple[CuedPieces, Run]:
    """A stream that was asked at 0, and its client's run."""
    found = capture(chunks, **fields)
    assert found.response is not None
    run = Run(1, "")
    cued = Cued(run, cues, rpc_ids or {}, {cue.index: f"POST /{cue.index}" for cue in cues})
    answer = Play(
        found, found.response, pace or Pace(), lambda how, play: play(found.parts()), "", cued
    )
    head, _ = body_framing.bare_head(found.response)
    pieces = pieces_of(answer, head, b"head", None, 0)
    assert isinstance(pieces, CuedPieces)
    assert next(pieces)[1] == b"head"
    return pieces, run


def rest(pieces: CuedPieces) -> list[tuple[int, object]]:
    """What comes until it waits or ends, the moments in ms."""
    result = []
    for due_ns, data in pieces:
        if isinstance(data, Wait):
            break
        result.append((due_ns // 1_000_000, data))
    return result


CHUNKS = [(0.5, b"data: hello\n\n"), (3.0, b"data: one\n\n"), (5.0, b"data: two\n\n")]


@pytest.mark.parametrize(
    ("pace", "hello_ms", "after_ms"),
    [(Pace(), 500, 1000), (Pace(speed=4), 125, 250), (Pace(instant=True), 0, 0)],
)
def test_a_chunk_comes_as_long_after_the_request_as_recorded(
    capture: Open, pace: Pace, hello_ms: int, after_ms: int
) -> None:
    pieces, run = played(capture, CHUNKS, Cue(1, 2.0), Cue(2, 4.0), pace=pace)
    assert rest(pieces) == [(hello_ms, b"data: hello\n\n")]
    assert pieces.waits_for == ["POST /1", "POST /2"]
    run.note(1, Asked(60 * S, None))
    assert rest(pieces) == [(60_000 + after_ms, b"data: one\n\n")]
    run.note(2, Asked(90 * S, None))
    assert rest(pieces) == [(90_000 + after_ms, b"data: two\n\n"), (90_000 + after_ms, b"")]


def test_a_request_that_has_not_come_holds_up_no_other(capture: Open) -> None:
    pieces, run = played(capture, CHUNKS, Cue(1, 2.0), Cue(2, 4.0))
    run.note(2, Asked(0, None))
    assert [data for _, data in rest(pieces)] == [b"data: hello\n\n", b"data: two\n\n"]
    run.note(1, Asked(10 * S, None))
    assert [data for _, data in rest(pieces)][:1] == [b"data: one\n\n"]


def test_answers_of_json_rpc_follow_their_own_request(capture: Open) -> None:
    chunks = [(3.0, RPC % 8), (3.1, RPC % 7)]
    cues = Cue(1, 2.0), Cue(2, 2.5)
    pieces, run = played(capture, chunks, *cues, rpc_ids={1: 7, 2: 8})
    run.note(1, Asked(0, 70))
    assert rest(pieces) == [(1100, RPC % 70)]
    run.note(2, Asked(5 * S, 80))
    assert rest(pieces)[0] == (5500, RPC % 80)
    assert pieces.waits_for == []


def test_a_call_that_is_made_again_is_answered_again(capture: Open) -> None:
    pieces, run = played(
        capture, [(3.0, RPC % 7)], Cue(1, 2.0), rpc_ids={1: 7}, end="client_closed"
    )
    for number in 1, 2, 3:
        run.note(1, Asked(number * S, number))
        assert rest(pieces) == [((number + 1) * 1000, RPC % number)]
    assert pieces.waits_for == []  # the client has to leave, as the recorded one did


def test_an_event_stays_whole(capture: Open) -> None:
    chunks = [(1.0, b"data: on"), (3.0, b"e\n\n"), (4.0, b"data: two\n\n")]
    pieces, _ = played(capture, chunks, Cue(1, 2.0))
    assert rest(pieces) == [(1000, b"data: on"), (3000, b"e\n\n")]


def test_asked_anew_it_gives_what_comes_next_by_now(capture: Open) -> None:
    changes: list[None] = []
    pieces, run = played(capture, CHUNKS, Cue(1, 2.0), Cue(2, 4.0))
    pieces.on_change = lambda: changes.append(None)
    assert next(pieces) == pieces.again() == (S // 2, b"data: hello\n\n")
    assert next(pieces)[1] is Wait.FOR_REQUEST
    run.note(1, Asked(0, None))
    assert changes == [None]
    assert pieces.again() == (S, b"data: one\n\n")
    pieces.close()
    assert not run.listeners


def test_a_cut_stays_a_cut_and_waits_too(capture: Open) -> None:
    pieces, run = played(capture, [], Cue(1, 2.0), end="upstream_cut", end_s=3.0)
    assert rest(pieces) == []
    assert pieces.waits_for == ["POST /1"]
    run.note(1, Asked(7 * S, None))
    assert rest(pieces) == [(8000, Abort.CLOSE)]


def test_the_head_comes_first_whenever_requests_come(capture: Open) -> None:
    found = capture(CHUNKS)
    run = Run(1, "", asked={1: [Asked(0, None)]})
    cued = Cued(run, (Cue(1, 2.0),), {}, {1: "POST /1"})
    answer = Play(
        found, found.response, Pace(instant=True), lambda how, play: play(found.parts()), "", cued
    )
    assert found.response is not None
    pieces = pieces_of(answer, body_framing.bare_head(found.response)[0], b"head", None, 0)
    assert isinstance(pieces, CuedPieces)
    assert next(pieces) == pieces.again() == (0, b"head")
    assert next(pieces)[1] == b"data: hello\n\n"
