import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ssetape.errors import CaptureError
from ssetape.format.values import Chunk, End, Response
from ssetape.replay import body_framing
from ssetape.replay.faults.fault import RESET
from ssetape.replay.pacing import Pace, Pacer
from ssetape.replay.pieces import Abort, Piece, body_pieces

Make = Callable[..., Any]

MS = 1_000_000
CHUNKS = [(0.001, b"a"), (0.002, b"bc")]


def pieces_of(capture: Any, *, http_1_0: bool = False, pace: Pace | None = None) -> list[Piece]:
    response = capture.response
    head = body_framing.head(response, http_1_0=http_1_0, client_closes=False)
    pacer = Pacer(pace or Pace())
    found = [(Pacer(pace or Pace()).due_ns(response.t_s), head.wire)]
    found += body_pieces(capture.parts(), response.t_s, head, pacer)
    assert found[0][1] == head.wire
    return found


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
    assert [data for _, data in found[1:]] == [b"a", b"bc", b"" if length == 3 else Abort.CLOSE]


def test_a_body_without_chunks_or_length_ends_with_the_connection(capture: Make) -> None:
    found = pieces_of(capture(CHUNKS), http_1_0=True)
    assert [data for _, data in found[1:]] == [b"a", b"bc", b""]


SPECIFICATION = Path(__file__).resolve().parents[2] / "docs" / "capture-format.md"
_, _, REASONS = SPECIFICATION.read_text("utf-8").partition(
    "| `reason` | the exchange ended because"
)
INCOMPLETE = [*re.findall(r"^\| `(\w+)` \|", REASONS.partition("## ")[0], re.MULTILINE)[1:], "odd"]


def test_the_specification_names_the_reasons() -> None:
    assert {"client_closed", "proxy_shutdown", "tab_closed", "recorder_stopped"} < {*INCOMPLETE}
    assert "complete" not in INCOMPLETE


@pytest.mark.parametrize("end", INCOMPLETE)
def test_what_did_not_end_well_is_cut_at_that_moment(capture: Make, end: str) -> None:
    assert pieces_of(capture(CHUNKS, end=end, end_s=0.005))[-1] == (5 * MS, Abort.CLOSE)


def test_what_was_interrupted_is_cut_after_its_last_chunk(capture: Make) -> None:
    assert pieces_of(capture(CHUNKS, end=None))[-1] == (2 * MS, Abort.CLOSE)


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
    head = body_framing.head(response, http_1_0=False, client_closes=False)
    found: list[Piece] = []
    with pytest.raises(CaptureError):
        found.extend(body_pieces(opened.parts(), response.t_s, head, Pacer(Pace())))
    assert [data for _, data in found] == [b"1\r\na\r\n", b"2\r\nbc\r\n"]


def test_an_end_that_is_a_reset_is_one() -> None:
    parts = [Chunk(1.0, b"a"), End(2.0, RESET)]
    head = body_framing.head(
        Response(0.0, 200, "OK", "HTTP/1.1", []), http_1_0=False, client_closes=False
    )
    assert list(body_pieces(parts, 0.0, head, Pacer(Pace())))[-1] == (2_000_000_000, Abort.RESET)
