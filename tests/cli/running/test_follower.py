"""A capture followed as it is recorded."""

import time
from collections.abc import Callable
from typing import Any

from ssetape.cli.running.follower import Follower
from ssetape.recording import mask_finished

Start = Callable[..., Any]
Feed = Callable[[Any, bytes], None]

SECRET = b"sk-ant-a1B2c3D4e5F6g7H8i9J0"


def test_it_is_followed_as_it_grows(start: Start, feed: Feed) -> None:
    recording = start()
    follower = Follower(recording)
    happenings, more = follower.read()
    assert [happening["happened"] for happening in happenings] == ["started"]
    assert not more
    feed(recording, b"data: on")
    assert follower.read() == ([], False)
    feed(recording, b"e\n\nid: 7\nevent: note\ndata: \xff\xf0\x9f\x8e\xac\n\n")
    (one, two), _ = follower.read()
    assert (one["data"], two["data"], two["event"], two["id"]) == ("one", "\ufffd🎬", "note", "7")
    assert one["t_first"] < one["t"]
    assert (follower.events, follower.last, follower.ended) == (2, "\ufffd🎬", False)
    recording.finish(time.perf_counter(), "client_closed")
    (end,), _ = follower.read()
    assert (end["happened"], end["end"]) == ("ended", "client_closed")
    assert (end["chunks"], end["bytes"]) == (2, recording.writer.size_bytes)
    assert follower.ended


def test_a_line_that_is_half_written_is_waited_for(start: Start) -> None:
    recording = start()
    follower = Follower(recording)
    follower.read()
    with recording.writer.path.open("ab") as file:
        file.write(b'[0.5,"<","data: wh')
        file.flush()
        assert follower.read() == ([], False)
        file.write(b'ole\\n\\n"]\n')
    (event,), _ = follower.read()
    assert (event["data"], event["t"]) == ("whole", 0.5)


def test_much_is_read_in_pieces(start: Start, feed: Feed) -> None:
    recording = start()
    follower = Follower(recording)
    for _ in range(200):
        feed(recording, b"data: %b\n\n" % (b"x" * 1000))
    pieces = 0
    more = True
    while more:
        _, more = follower.read()
        pieces += 1
    assert (follower.events, pieces) == (200, 4)


def test_a_stream_that_cannot_be_decoded_is_still_followed_to_its_end(
    start: Start, feed: Feed
) -> None:
    recording = start(content_type="application/vnd.amazon.eventstream")
    follower = Follower(recording)
    feed(recording, b"this is no frame of an AWS event stream")
    recording.finish(time.perf_counter(), "complete")
    happenings, _ = follower.read()
    assert [happening["happened"] for happening in happenings] == ["started", "ended"]


def test_a_capture_that_somebody_removed_ends_all_the_same(start: Start) -> None:
    recording = start()
    follower = Follower(recording)
    recording.writer.path.unlink()
    assert follower.read() == ([], False)
    recording.finish(time.perf_counter(), "complete")
    assert follower.read()[0][0]["end"] == "complete"


def test_a_capture_that_is_masked_meanwhile_is_followed_on(start: Start, feed: Feed) -> None:
    recording = start(mask=True)
    follower = Follower(recording)
    feed(recording, b"data: %b\n\n" % SECRET)
    assert [happening["happened"] for happening in follower.read()[0]] == ["started", "event"]
    feed(recording, b"data: two\n\n")
    recording.finish(time.perf_counter(), "complete")
    mask_finished.settle()
    content = recording.writer.path.read_bytes()
    assert b"masked-" in content
    assert SECRET not in content
    two, end = follower.read()[0]
    assert (two["data"], end["happened"], follower.events) == ("two", "ended", 2)


def test_lines_are_told_as_events_are(start: Start, feed: Feed) -> None:
    recording = start(content_type="application/x-ndjson")
    follower = Follower(recording)
    feed(recording, b'{"a":1}\n{"a"')
    started, one = follower.read()[0]
    assert (started["happened"], one["happened"], one["event"]) == ("started", "event", "")
    assert (one["data"], follower.events, follower.last) == ('{"a":1}', 1, '{"a":1}')
    feed(recording, b":2}")
    recording.finish(time.perf_counter(), "complete")
    two, end = follower.read()[0]
    assert (two["data"], end["happened"], follower.events) == ('{"a":2}', "ended", 2)


def test_messages_of_a_websocket_are_told_with_their_direction(start: Start) -> None:
    recording = start(kind="websocket")
    follower = Follower(recording)
    recording.message(time.perf_counter(), b"hi", True, True, {})
    recording.message(time.perf_counter(), b"\0", False, False, {})
    _, sent, received = follower.read()[0]
    assert (sent["from"], sent["type"], sent["data"]) == ("client", "text", "hi")
    assert (received["from"], received["base64"], follower.last) == ("server", "AA==", "00")
