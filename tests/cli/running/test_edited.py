import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import kinds
import pytest
from hypothesis import given

import ssetape
from ssetape.capture import Capture
from ssetape.cli.running.edited import Edit, write
from ssetape.editing.changing import Changes
from ssetape.editing.choosing import Drop
from ssetape.errors import EditError
from ssetape.format.values import Chunk, End
from ssetape.replay import exchange, faults, pacing

Write = Callable[..., Path]

CHUNKS = [
    (0.5, b"id: 1\ndata: a\n\ndata: b\n\n"),
    (1.5, b"data: c\n\n"),
    (2.0, b"data: [DONE]\n\n"),
]


def edit(path: Path, **fields: Any) -> Edit:
    usual = {"changes": Changes(), "others": [], "pace": pacing.Pace(), "scenario": None}
    return Edit(**{**usual, "headers": [], **fields})


@pytest.fixture
def edited(capture_file: Write, tmp_path: Path) -> Callable[..., Capture]:
    """Edits a capture, given as bytes or in parts, and opens the result."""

    def run(content: Any = CHUNKS, *, like: Any = None, **fields: Any) -> Capture:
        path = capture_file(content, **(like or {}))
        write(Capture(path), edit(path, **fields), tmp_path / "new.ssetape")
        return ssetape.open(tmp_path / "new.ssetape")

    return run


@given(content=kinds.captures())
def test_what_is_not_changed_is_as_it_was(
    content: bytes, capture_file: Write, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = capture_file(content)
    new = tmp_path_factory.mktemp("edited") / "new.ssetape"
    write(Capture(path), edit(path, words=["nothing"]), new)
    before, after = ssetape.open(path), ssetape.open(new)
    for (t_s, code, *values), (other_s, other_code, *others) in zip(
        before.records(), after.records(), strict=True
    ):
        assert (t_s, code) == (other_s, other_code)
        assert values == others
    assert after.request == before.request
    assert after.edited == {
        "from": path.name, "id": "x", "recorder": "tests", "changes": ["nothing"],
    }  # fmt: skip
    assert after.recorder.endswith(" edit")
    assert after.id != before.id
    assert after.started == before.started


# Every fault that a replay can have, each with what it needs.
SPECS = [
    *("cut event=2", "cut byte=20 how=reset", "cut at_s=1", "stall event=1 seconds=3"),
    *("slow factor=2", "jitter seconds=1", "drop event=2", "drop chance=0.5", "duplicate event=1"),
    *("reorder event=1", "corrupt event=1", "corrupt event=2 how=half", "corrupt event=1 how=utf8"),
    *("lose-done", "rechunk size=5", "rechunk random=7", "rechunk inside=crlf", "coalesce"),
    *("coalesce seconds=1", "refuse status=429 retry_after_s=1.5", "slow-head seconds=2"),
    "content-type value=text/plain",
]


def test_every_fault_is_tried() -> None:
    assert {spec.split()[0] for spec in SPECS} == set(faults.FAULTS)


@pytest.mark.parametrize("headers", [kinds.EVENTS, (*kinds.EVENTS, *kinds.GZIP)])
@pytest.mark.parametrize("spec", SPECS)
def test_a_fault_that_is_baked_in_is_what_a_replay_would_send(
    spec: str, headers: Any, edited: Callable[..., Capture], capture_file: Write
) -> None:
    import gzip

    body = gzip.compress(b"".join(data for _, data in CHUNKS), mtime=0)
    cut = [(0.5, body[:30]), (1.5, body[30:])]
    chunks = CHUNKS if len(headers) == 1 else cut
    like = {"headers": headers, "head_s": 0.25, "end_s": 2.5}
    path = capture_file(chunks, **like)
    capture = Capture(path)
    assert capture.response is not None
    play = exchange.Play(
        capture, capture.response, pacing.Pace(), lambda how, make: make(capture.parts()), ""
    )
    asked = exchange.ClientRequest("GET", "/stream")
    replayed: Any = faults.Scenario([faults.parse(spec)], 5).apply(asked, play)
    made = edited(chunks, like=like, scenario=faults.Scenario([faults.parse(spec)], 5))
    assert made.response is not None
    if isinstance(replayed, exchange.Say):
        assert made.response.status == replayed.status
        assert made.response.headers == replayed.headers
        assert [chunk.data for chunk in made.chunks()] == [replayed.body]
        return
    assert made.response.headers == replayed.response.headers
    assert made.response.t_s == pytest.approx(replayed.response.t_s, abs=1e-6)
    for part, other in zip(made.parts(), replayed.played(None, iter), strict=True):
        assert part.t_s == pytest.approx(other.t_s, abs=1e-6)
        if isinstance(part, Chunk):
            assert part.data == other.data
        elif isinstance(part, End):
            assert part.reason == other.reason


def test_a_stall_without_an_end_is_none_for_a_capture(
    edited: Callable[..., Capture], tmp_path: Path
) -> None:
    with pytest.raises(EditError, match="give the fault its `seconds`"):
        edited(scenario=faults.Scenario([faults.parse("stall event=1")]))
    assert list(tmp_path.iterdir()) == []


def test_the_pace_is_that_of_a_replay(edited: Callable[..., Capture]) -> None:
    made = edited(like={"head_s": 0.25}, pace=pacing.Pace(speed=2, max_gap_s=0.5))
    assert made.response is not None
    times = [made.response.t_s, *(part.t_s for part in made.parts())]
    assert times == [0.125, 0.25, 0.5, 0.75, 0.75]


def test_an_encoded_body_is_decoded_only_where_its_messages_change(
    edited: Callable[..., Capture],
) -> None:
    import gzip

    body = gzip.compress(b"data: a\n\ndata: b\n\n", mtime=0)
    like = {"headers": [*kinds.EVENTS, *kinds.GZIP]}
    as_sent = edited([(0.5, body)], like=like, pace=pacing.Pace(speed=2))
    assert [chunk.data for chunk in as_sent.chunks()] == [body]
    made = edited([(0.5, body)], like=like, changes=Changes(drops=(Drop.parse("event=1"),)))
    assert [chunk.data for chunk in made.chunks()] == [b"data: b\n\n"]
    assert made.response is not None
    assert made.response.headers == list(kinds.EVENTS)
    assert made.response.decoded_headers == list(kinds.GZIP)


def test_headers_are_set_at_their_place_or_left_out(edited: Callable[..., Capture]) -> None:
    like = {"headers": [("A", "1"), ("B", "2"), ("a", "3")]}
    made = edited(like=like, headers=[("a", "9"), ("b", None), ("C", "4")])
    assert made.response is not None
    assert made.response.headers == [("a", "9"), ("C", "4")]


def test_a_content_length_goes_where_the_length_changes(edited: Callable[..., Capture]) -> None:
    like = {"headers": [*kinds.EVENTS, ("Content-Length", "47")]}
    made = edited(like=like, changes=Changes(until_s=1.0))
    assert made.response is not None
    assert made.response.headers == list(kinds.EVENTS)
    kept = edited(like=like, pace=pacing.Pace(speed=2))
    assert kept.response is not None
    assert len(kept.response.headers) == 2


def test_what_is_masked_stays_marked(edited: Callable[..., Capture], capture_file: Write) -> None:
    key = b"masked-0123456789ab"
    lines = capture_file([(0.5, b"data: a\n\ndata: " + key + b"\n\n")]).read_bytes().splitlines()
    lines[2] = lines[2][:-1] + b', {"masked": [[15, 34, "key"]]}]'
    made = edited(b"\n".join([*lines, b""]), changes=Changes(drops=(Drop.parse("event=1"),)))
    (record,) = [record for record in made.records() if record[1] == "<"]
    assert record[2:] == [b"data: " + key + b"\n\n", {"masked": [[6, 25, "key"]]}]


def test_captures_of_two_kinds_are_not_appended(
    edited: Callable[..., Capture], capture_file: Write
) -> None:
    socket = Capture(capture_file(kind="websocket", status=101, headers=[]))
    with pytest.raises(EditError, match="only captures of one kind can be appended"):
        edited(others=[socket])


def test_a_websocket_is_paced_cut_and_appended_and_has_no_faults(
    capture_file: Write, tmp_path: Path
) -> None:
    lines = capture_file(kind="websocket", status=101, headers=[], end=None).read_bytes()
    lines += b'[1.0, ">", "a"]\n[2.0, "<b", "/w==", {"dropped": true}]\n'
    lines += b'[3.0, "end", {"reason": "complete"}]\n'
    capture = Capture(capture_file(lines))
    new = tmp_path / "new.ssetape"
    write(capture, edit(new, others=[capture], pace=pacing.Pace(speed=2)), new)
    made = ssetape.open(new)
    assert [(m.t_s, m.data, m.dropped) for m in made.messages()] == [
        (0.5, b"a", False), (1.0, b"\xff", True), (2.0, b"a", False), (2.5, b"\xff", True),
    ]  # fmt: skip
    assert made.end is not None
    assert made.end.t_s == 3.0
    with pytest.raises(EditError, match="faults are for responses over HTTP"):
        write(capture, edit(new, scenario=faults.Scenario([faults.parse("coalesce")])), new)
    assert ssetape.open(new).id == made.id


def test_an_interrupted_capture_stays_so(edited: Callable[..., Capture]) -> None:
    made = edited(like={"end": None}, pace=pacing.Pace(speed=2))
    assert made.end is None
    assert made.problems == []


def test_what_a_client_got_is_not_said_of_an_edited_capture(edited: Callable[..., Capture]) -> None:
    client = {"t": 3.0, "reason": "fault_cut", "events": 1, "chunks": 1, "bytes": 9}
    fields = {"altered": True, "faults": ["cut event=1"], "client": client, "guessed": True}
    end = json.dumps([2.5, "end", {"reason": "complete", **fields}]).encode() + b"\n"
    found = edited(CHUNKS, like={"end": None, "tail": end}).end
    assert found is not None
    assert (found.altered, found.faults, found.client) == (False, (), None)
