"""HTTP archives: read back by the importer, which reads those of browsers."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.capture import Capture
from ssetape.exports import har
from ssetape.imports import har as har_import
from ssetape.imports._exchange import Given
from ssetape.imports._write import write
from ssetape.sse import EventStreamParser

Write = Callable[..., Path]
EVENTS = [(1.0, b"id: 7\ndata: a\n\n"), (2.5, b"event: x\ndata: b\ndata: c\n\n")]


def entries(data: bytes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(data)["log"]["entries"]
    return found


def test_events_are_where_chrome_looks_for_them(
    capture_file: Write, written: Callable[..., Any]
) -> None:
    capture = Capture(capture_file(EVENTS, head_s=0.5, end_s=3.0, body=b"\xff", method="POST"))
    data, problem = written(har, capture)
    assert problem == ""
    [entry] = entries(data)
    started = 1795426212.123456
    assert entry["_eventSourceMessages"] == [
        {"time": pytest.approx(started + 1), "eventName": "message", "eventId": "7", "data": "a"},
        {"time": pytest.approx(started + 2.5), "eventName": "x", "eventId": "7", "data": "b\nc"},
    ]
    assert entry["timings"] == {
        "blocked": -1, "dns": -1, "connect": -1, "ssl": -1, "send": 0, "wait": 500, "receive": 2500,
    }  # fmt: skip
    assert (entry["time"], entry["_resourceType"]) == (3000, "fetch")
    assert entry["request"]["postData"] == {"mimeType": "", "text": "/w==", "encoding": "base64"}
    assert entry["response"]["content"]["text"].startswith("id: 7\n")
    assert entry["response"]["_error"] is None


def test_a_request_s_body_is_decoded(capture_file: Write, written: Callable[..., Any]) -> None:
    coding = [("content-encoding", "gzip")]
    body = gzip.compress(b'{"q":"\xc3\xa9"}')
    path = capture_file(EVENTS, method="POST", body=body, request_headers=coding)
    data, _ = written(har, Capture(path))
    asked = entries(data)[0]["request"]
    assert asked["postData"]["text"] == '{"q":"é"}'
    assert asked["bodySize"] == len(body)


# What the format's specification asks of an entry.
FIELDS = {
    "": {"startedDateTime", "time", "request", "response", "cache", "timings"},
    "request": {
        *("method", "url", "httpVersion", "cookies", "headers", "queryString"),
        *("headersSize", "bodySize"),
    },
    "response": {
        *("status", "statusText", "httpVersion", "cookies", "headers", "content"),
        *("redirectURL", "headersSize", "bodySize"),
    },
    "timings": {"send", "wait", "receive"},
}


@pytest.mark.parametrize("status", [200, None])
def test_every_field_that_is_asked_for_is_there(
    status: int | None, capture_file: Write, written: Callable[..., Any]
) -> None:
    data, _ = written(har, Capture(capture_file([], status=status, end="connect_failed")))
    log = json.loads(data)["log"]
    assert log["version"] == "1.2"
    assert log["creator"].keys() >= {"name", "version"}
    for place, names in FIELDS.items():
        found = log["entries"][0][place] if place else log["entries"][0]
        assert found.keys() >= names


def test_a_compressed_body_is_decoded(capture_file: Write, written: Callable[..., Any]) -> None:
    headers = [("content-type", "text/event-stream"), ("content-encoding", "gzip")]
    path = capture_file([(1, gzip.compress(b"data: a\n\n"))], headers=headers)
    [entry] = entries(written(har, Capture(path))[0])
    assert entry["response"]["content"]["text"] == "data: a\n\n"
    assert [each["data"] for each in entry["_eventSourceMessages"]] == ["a"]
    data, problem = written(har, Capture(capture_file([(1, b"no gzip at all")], headers=headers)))
    assert "not gzip" in problem
    assert len(entries(data)) == 1


def test_messages_of_a_websocket(socket: Capture, written: Callable[..., Any]) -> None:
    [entry] = entries(written(har, socket)[0])
    found = [(m["type"], m["opcode"], m["data"]) for m in entry["_webSocketMessages"]]
    assert found == [("send", 1, "hi"), ("receive", 1, "café"), ("receive", 2, "AP8=")]
    assert entry["request"]["queryString"] == [{"name": "k", "value": "1"}]
    data = har_import.read(json.dumps({"log": {"entries": [entry]}}).encode(), "x", Given())
    [found_again] = data
    assert [m.data for m in found_again.messages] == [b"hi", "café".encode(), b"\x00\xff"]
    assert [round(m.t_s, 3) for m in found_again.messages] == [0.2, 0.5, 0.75]


@pytest.mark.parametrize(
    ("end", "reason"),
    [("upstream_cut", "upstream_cut"), ("client_closed", "client_closed"), ("odd", "unknown"),
     (None, "unknown"), ("complete", "complete")],
)  # fmt: skip
def test_an_end_that_was_no_end_is_an_error(
    end: str | None, reason: str, capture_file: Write, written: Callable[..., Any]
) -> None:
    data, _ = written(har, Capture(capture_file(EVENTS, end=end)))
    [found] = har_import.read(data, "x", Given())
    assert found.end.reason == reason


def test_what_a_browser_decoded_has_the_headers_that_were_sent_and_comes_back(
    capture_file: Write, written: Callable[..., Any], tmp_path: Path
) -> None:
    browser = {"browser": "Chrome/156.0.8078.108", "target": "worker"}
    kept, coding = (
        ("content-type", "text/event-stream"),
        [("content-encoding", "br"), ("content-length", "9")],
    )
    fields: dict[str, Any] = {"headers": [kept], "decoded": coding}
    path = capture_file(EVENTS, tapped={**browser, "chunks": "reads"}, **fields)
    data, problem = written(har, Capture(path))
    assert problem == ""
    [entry] = entries(data)
    sent = [(each["name"], each["value"]) for each in entry["response"]["headers"]]
    assert sent == [kept, *coding]
    assert entry["response"]["content"]["size"] == sum(len(chunk) for _, chunk in EVENTS)
    [found] = har_import.read(data, "x", Given())
    again = Capture(write(found, tmp_path, "x.har", "har", 0, mask=True))
    assert again.response is not None
    assert (again.response.headers, again.response.decoded_headers) == ([kept], coding)
    # Whether chunks are the browser's reads is lost.
    assert (again.tapped, again.imported["bytes"]) == (browser, "decoded")
    assert [chunk.data for chunk in again.chunks()] == [chunk for _, chunk in EVENTS]


@pytest.mark.parametrize("tapped", [None, "x", 5, [], {}, {"browser": 5, "later": "x"}])
def test_archives_of_others_are_imported_as_ever(
    tapped: Any, capture_file: Write, written: Callable[..., Any]
) -> None:
    headers = [("content-type", "text/event-stream"), ("content-encoding", "gzip")]
    path = capture_file([(1, gzip.compress(b"data: a\n\n"))], headers=headers)
    [entry] = entries(written(har, Capture(path))[0])
    assert "_tapped" not in entry
    entry["_tapped"] = tapped
    data = json.dumps({"log": {"entries": [entry]}}).encode()
    [found] = har_import.read(data, "x", Given())
    assert (found.response.headers, found.response.decoded_headers) == (headers[:1], [])
    assert (found.bytes, found.tapped) == ("decoded", {})


BLOCKS = st.lists(
    st.sampled_from(
        ["data: é\n\n", "event: y\ndata: 1\ndata: 2\n\n", "id: 3\ndata:\n\n", ": c\n\n"]
    ),
    min_size=1,
    max_size=6,
)


@given(BLOCKS, st.lists(st.floats(0.001, 50), min_size=6, max_size=6))
def test_what_is_exported_is_imported_again(
    capture_file: Write, written: Callable[..., Any], blocks: list[str], gaps: list[float]
) -> None:
    t_s = 0.0
    chunks = []
    for block, gap in zip(blocks, gaps, strict=False):
        t_s = round(t_s + gap, 6)
        chunks.append((t_s, block.encode()))
    capture = Capture(capture_file(chunks))
    [found] = har_import.read(written(har, capture)[0], "x", Given())
    body = b"".join(chunk.data for chunk in found.chunks)
    assert body == "".join(blocks).encode()
    assert found.request.url == capture.request.url
    events = list(capture.events())
    if events:
        parser = EventStreamParser()
        again = [(chunk.t_s, event) for chunk in found.chunks for event in parser.feed(chunk.data)]
        assert [event.data for _, event in again] == [event.data for event in events]
        for (found_s, _), event in zip(again, events, strict=True):
            assert found_s == pytest.approx(event.t_s, abs=0.00001)


def test_several_captures_and_damage(capture_file: Write, written: Callable[..., Any]) -> None:
    broken = Capture(capture_file(EVENTS, end=None, tail=b"{}\n"))
    good = Capture(capture_file(EVENTS, started="never"))
    data, problem = written(har, good, broken, good)
    assert [entry["startedDateTime"][:4] for entry in entries(data)] == ["1970", "1970"]
    assert "expected a record" in problem
    assert entries(written(har)[0]) == []


@pytest.mark.parametrize("fields", [{}, {"kind": "websocket", "status": 101, "headers": []}])
def test_an_edited_capture_says_so_there_and_back(
    fields: dict[str, Any], capture_file: Write, written: Callable[..., Any], tmp_path: Path
) -> None:
    edited = {"from": "a.ssetape", "id": "x", "recorder": "r", "changes": ["speed 2"]}
    lines = capture_file([(1, b"data: a\n\n")], **fields).read_bytes()
    mark = b'{"ssetape": 1, "edited": %b,' % json.dumps(edited).encode()
    content = lines.replace(b'{"ssetape": 1,', mark)
    data, _ = written(har, Capture(capture_file(content)))
    [found] = har_import.read(data, "x", Given())
    assert Capture(write(found, tmp_path, "x.har", "har", 0, mask=True)).edited == edited
