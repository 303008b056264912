import json
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import ssetape
from ssetape.capture import Capture
from ssetape.errors import CaptureError, SsetapeError
from ssetape.format.plain_blocks import Plain
from ssetape.format.values import Close, End, Message, Trailers

Make = Callable[..., Any]

CHUNKS = [(0.5, b"data: a\n\nda"), (1.0, b"ta: b\xc3"), (1.5, b"\xa9\n\n")]


def test_a_capture_gives_what_was_recorded(capture: Make) -> None:
    opened: Capture = capture(
        CHUNKS,
        method="POST",
        url="http://origin.test/a?key=MASKED",
        body=b"\0body",
        masked_query=["key"],
        headers=[("Content-Type", "text/event-stream"), ("x", "\xff"), ("x", "2")],
        head_s=0.25,
        trailers=[("T", "1")],
        end_s=2.0,
    )
    assert (opened.id, opened.kind, opened.recorder) == ("x", "http", "tests")
    assert opened.started == "2026-11-23T09:30:12.123456Z"
    request = opened.request
    assert (request.method, request.url) == ("POST", "http://origin.test/a?key=MASKED")
    assert (request.http_version, request.headers) == ("HTTP/1.1", [("host", "origin.test")])
    assert (request.body, request.masked_query) == (b"\0body", ("key",))
    response = opened.response
    assert response is not None
    assert (response.t_s, response.status, response.reason) == (0.25, 200, "OK")
    assert response.http_version == "HTTP/1.1"
    assert response.headers == [
        ("Content-Type", "text/event-stream"),
        ("x", "\xff"),
        ("x", "2"),
    ]
    assert list(opened.chunks()) == CHUNKS
    assert [p.headers for p in opened.parts() if isinstance(p, Trailers)] == [[("T", "1")]]
    end = opened.end
    assert end is not None
    assert (end.t_s, end.reason, end.error) == (2.0, "complete", None)
    assert (end.chunks, end.size_bytes) == (3, sum(len(data) for _, data in CHUNKS))
    assert opened.problems == []


@pytest.mark.parametrize("odd", [None, 5, "Chrome", ["page"], True])
def test_only_an_object_says_that_it_was_tapped(odd: Any, capture: Make) -> None:
    tapped = {"browser": "Chrome/156.0.8078.108", "target": "page", "later": [1]}
    assert capture(tapped=tapped).tapped == tapped
    assert capture(tapped=odd).tapped == capture().tapped == {}


def test_it_is_opened_by_any_kind_of_path(capture_file: Callable[..., Path]) -> None:
    path = capture_file(CHUNKS)
    for name in (path, str(path), os.fspath(path)):
        assert ssetape.open(name).path == path


def test_an_exchange_without_a_response_has_none(capture: Make) -> None:
    opened = capture(status=None, end="error")
    assert opened.response is None
    assert list(opened.chunks()) == []
    assert list(opened.events()) == []
    assert [type(part) for part in opened.parts()] == [End]
    assert capture([(0.5, b"a")], status=None).response is None


def test_an_interrupted_recording_has_no_end_and_is_good_so_far(capture: Make) -> None:
    opened = capture(CHUNKS, end=None, tail=b'[2.0, "<", "da')
    assert opened.end is None
    assert list(opened.chunks()) == CHUNKS
    assert len(opened.problems) == 1
    assert opened.problems[0].startswith("line 6 is torn after 14 bytes")
    # It is about the last reading, not all there ever were.
    list(opened.chunks())
    assert len(opened.problems) == 1


def test_the_good_part_of_a_damaged_file_is_given_first(capture: Make) -> None:
    opened = capture(CHUNKS, end=None, tail=b'garbage\n[3.0, "end", {"reason": "complete"}]\n')
    found: list[Any] = []
    with pytest.raises(CaptureError, match="line 6: expected a record"):
        found.extend(opened.chunks())
    assert found == CHUNKS


@pytest.mark.parametrize(
    ("head", "evidence"),
    [
        (None, "head.status: expected a number, found None"),
        ([], "head.status: expected a number, found []"),
        ({}, "head.status: expected a number, found None"),
        ({"status": "200"}, "head.status: expected a number, found '200'"),
        ({"status": True}, "head.status: expected a number, found True"),
        ({"status": 200, "headers": 5}, "head.headers: expected a list of pairs, found 5"),
    ],
)
def test_a_head_that_is_none_is_refused(capture: Make, head: object, evidence: str) -> None:
    line = json.dumps([0.1, "head", head]).encode() + b"\n"
    opened = capture(status=None, end=None, tail=line)
    with pytest.raises(CaptureError) as raised:
        _ = opened.response
    assert evidence in str(raised.value)
    assert isinstance(raised.value, SsetapeError)


def test_trailers_that_are_none_are_refused(capture: Make) -> None:
    opened = capture(end=None, tail=b'[1, "trailers"]\n')
    with pytest.raises(CaptureError, match="trailers: expected a list of pairs, found None"):
        list(opened.parts())


@pytest.mark.parametrize("fields", [{}, {"reason": 5, "error": 5, "chunks": "x", "bytes": 1.5}])
def test_an_end_of_odd_fields_is_still_an_end(capture: Make, fields: dict[str, Any]) -> None:
    line = json.dumps([2, "end", fields]).encode() + b"\n"
    end = capture(end=None, tail=line).end
    assert end is not None
    assert (end.t_s, end.error, end.chunks, end.size_bytes) == (2, None, None, None)


def test_records_give_codes_that_nobody_knows_yet(capture: Make) -> None:
    opened = capture(end=None, tail=b'[1, ">>", "up"]\n[2, "later", {"a": 1}]\n')
    assert list(opened.records())[1:] == [[1, ">>", "up"], [2, "later", {"a": 1}]]
    assert list(opened.chunks()) == []


MESSAGES = b"""[0.5, ">", "hi"]
[0.6, "<", "caf\xc3\xa9", {"injected": true, "later": 1}]
[0.7, "<b", "AP8=", {"dropped": true}]
[0.8, ">b", "/w==", {"type": "text"}]
[0.9, "<", "", 5]
[1.0, "end", {"reason": "complete", "close": {"code": 1001, "reason": "bye", "by": "client"}}]
"""


def test_a_websocket_gives_its_messages(capture: Make) -> None:
    opened: Capture = capture(kind="websocket", status=101, end=None, tail=MESSAGES)
    assert list(opened.messages()) == [
        Message(0.5, True, True, b"hi"),
        Message(0.6, False, True, "café".encode(), injected=True),
        Message(0.7, False, False, b"\0\xff", dropped=True),
        Message(0.8, True, True, b"\xff"),
        Message(0.9, False, True, b""),
    ]
    assert [message.text for message in opened.messages()] == ["hi", "café", None, None, ""]
    assert opened.response is not None
    assert opened.response.status == 101
    assert opened.end is not None
    assert opened.end.close == Close(1001, "bye", by_client=True)
    for give in (opened.chunks, opened.events):
        with pytest.raises(CaptureError, match="which has messages instead of chunks and events"):
            list(give())


def test_anything_else_has_no_messages(capture: Make) -> None:
    with pytest.raises(CaptureError, match="expected kind 'websocket', found 'http'"):
        list(capture(CHUNKS).messages())


@pytest.mark.parametrize("close", ["null", "5", "{}", '{"code": "1000"}', '{"code": true}'])
def test_a_close_that_says_nothing_is_none(close: str, capture: Make) -> None:
    line = b'[1, "end", {"reason": "complete", "close": %b}]\n' % close.encode()
    opened = capture(kind="websocket", end=None, tail=line)
    assert opened.end.close is None


def test_a_capture_being_written_can_be_read_again(capture_file: Callable[..., Path]) -> None:
    path = capture_file(CHUNKS, end=None)
    opened = ssetape.open(path)
    assert len(list(opened.chunks())) == 3
    with path.open("ab") as file:
        file.write(b'[2, "<", "more"]\n')
    assert len(list(opened.chunks())) == 4


def test_a_file_that_is_gone_is_a_capture_error(capture_file: Callable[..., Path]) -> None:
    path = capture_file(CHUNKS)
    opened = ssetape.open(path)
    path.unlink()
    with pytest.raises(CaptureError, match="cannot open it: No such file"):
        list(opened.chunks())
    with pytest.raises(CaptureError, match="cannot open it: No such file"):
        _ = opened.end


def test_opening_and_asking_for_head_and_end_reads_no_body(
    capture_file: Callable[..., Path],
) -> None:
    path = capture_file([(0.5, b"x" * 1_000_000)] * 20)
    tracemalloc.start()
    try:
        opened = ssetape.open(path)
        assert opened.response is not None
        assert opened.end is not None
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak_bytes < 5_000_000  # of 20 MB


def test_ends_are_the_same_when_read_at_once(
    capture_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = capture_file([(0.5, b"data: x\n\n")], head_s=0.25)
    late, early = Capture(path), Capture(path, with_ends=True)
    assert late.response is not None
    assert late.end is not None
    expected = late.response, late.end
    monkeypatch.setattr("ssetape.format.reader.open_file", None)
    assert (early.response, early.end) == expected


def test_damage_is_told_when_ends_are_asked_for_and_not_before(
    capture_file: Callable[..., Path],
) -> None:
    opened = Capture(capture_file(status=None, end=None, tail=b"damage\n"), with_ends=True)
    with pytest.raises(CaptureError, match="line 2: expected a record"):
        _ = opened.response
    assert opened.end is None


def test_problems_of_all_readings_are_kept_each_once(capture: Make) -> None:
    opened: Capture = capture(CHUNKS, end=None, tail=b'[2.0, "<", "torn')
    first = opened.chunks()
    assert len(list(opened.chunks())) == 3
    assert len(opened.problems) == 1
    next(first)  # a reading that began before and ends behind it
    assert len(list(first)) == 2
    assert len(list(opened.records())) == 4
    (problem,) = opened.problems
    assert "is torn" in problem


def test_what_a_whole_reading_has_passed_needs_no_other(
    capture: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    for read in (Capture.records, Capture.blocks):
        opened: Capture = capture(CHUNKS, head_s=0.25)
        list(read(opened))
        with monkeypatch.context() as patch:
            patch.setattr("ssetape.format.reader.open_file", None)
            assert opened.response is not None
            assert opened.end is not None
            assert (opened.response.t_s, opened.end.reason) == (0.25, "complete")


def test_blocks_are_the_records(capture: Make) -> None:
    plain = [(float(n), b"data: %d\n\n" % n) for n in range(30_000)]
    opened: Capture = capture([*plain, (1e9, b"\xff")])
    found = []
    kinds = set()
    for block in opened.blocks():
        kinds.add(type(block))
        found += block.records() if isinstance(block, Plain) else block
    assert kinds == {Plain, list}
    assert found == list(opened.records())
