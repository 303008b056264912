import gzip
import threading
from pathlib import Path
from typing import Any

import pytest
from h2.events import StreamEnded
from http2_peers import Http2Client, Http2Exchange, Http2Origin
from mitmproxy import http
from proxies import (
    Client,
    Exchange,
    Handler,
    Mitmdump,
    Origin,
    captures,
    ended_capture,
    fetch,
    in_process,
)

from ssetape.addon.record import SsetapeRecord
from ssetape.recording import recording

EVENTS = [b"da", b"ta: one\n\n", b"data: two\n\n"]
PAGE = [b"<p>", b"x" * 5000, b"</p>"]
# Compressed once: the result has the time in it.
CODED = gzip.compress(b"text")
PLAIN = "Content-Type: text/plain"


def answer(chunks: list[bytes], *fields: str) -> Handler:
    def handler(exchange: Exchange) -> None:
        exchange.head(*(fields or ("X-Nothing: 1",)))
        for data in chunks:
            exchange.chunk(data)
        exchange.end()

    return handler


def names(folder: Path, url: str) -> list[str]:
    return [path.name for path in folder.glob(f"*{url.rpartition('/')[2]}-*")]


class Bodies:
    """Another addon, loaded after ours: what its `response` hook finds."""

    def __init__(self) -> None:
        self.found: dict[str, bytes | None] = {}

    def response(self, flow: http.HTTPFlow) -> None:
        assert flow.response
        self.found[flow.request.pretty_url] = flow.response.raw_content


@pytest.mark.parametrize("field", [PLAIN, "X-Nothing: 1", "Content-Type: application/octet-stream"])
def test_a_stream_without_its_label_is_let_through_and_recorded_whole(
    field: str, mitmdump: Mitmdump, origin: Origin
) -> None:
    seen = threading.Semaphore(0)

    def handler(exchange: Exchange) -> None:
        exchange.head(field)
        for data in EVENTS:
            exchange.chunk(data)
            assert seen.acquire(timeout=5)  # held back, it would never come
        exchange.end()

    url = origin.serve(handler)
    with Client(mitmdump.port, url) as client:
        client.head()
        received = []
        for data in client.chunks():
            received.append(data)
            seen.release()
    assert received == EVENTS
    capture = mitmdump.capture(url)
    assert [chunk.data for chunk in capture.chunks()] == EVENTS
    assert [event.data for event in capture.events()] == ["one", "two"]
    times = [chunk.t_s for chunk in capture.chunks()]
    assert capture.response is not None
    assert capture.response.t_s <= times[0] < times[1] < times[2]
    assert capture.end is not None
    assert (capture.end.reason, capture.end.chunks) == ("complete", 3)


def test_compressed_ones_are_recognized_too(mitmdump: Mitmdump, origin: Origin) -> None:
    body = gzip.compress(b"".join(EVENTS))
    chunks = [body[:12], body[12:]]
    url = origin.serve(answer(chunks, PLAIN, "Content-Encoding: gzip"))
    assert b"".join(fetch(mitmdump.port, url)) == body
    assert [event.data for event in mitmdump.capture(url).events()] == ["one", "two"]


def test_json_that_is_none_is_recorded_where_the_request_asked_for_a_stream(
    mitmdump: Mitmdump, origin: Origin
) -> None:
    url = origin.serve(answer(EVENTS, "Content-Type: application/json"))
    assert fetch(mitmdump.port, url, method="POST", body=b'{"stream": true}') == EVENTS
    assert [chunk.data for chunk in mitmdump.capture(url).chunks()] == EVENTS


def test_a_stream_that_is_cut_says_so(mitmdump: Mitmdump, origin: Origin) -> None:
    def handler(exchange: Exchange) -> None:
        exchange.head(PLAIN)
        exchange.chunk(EVENTS[0] + EVENTS[1])

    url = origin.serve(handler)
    with Client(mitmdump.port, url) as client:
        client.head()
        client.read_to_the_end()
    end = mitmdump.capture(url).end
    assert end is not None
    assert (end.reason, end.chunks) == ("upstream_cut", 1)


def test_anything_else_passes_unrecorded_and_others_find_its_body(
    confdir: Path, origin: Origin, tmp_path: Path
) -> None:
    others = Bodies()
    page = origin.serve(answer(PAGE, PLAIN))
    short = origin.serve(answer([b"d"], PLAIN))
    empty = origin.serve(answer([], PLAIN))
    coded = origin.serve(answer([CODED], PLAIN, "Content-Encoding: gzip"))
    with in_process(confdir, SsetapeRecord(), others, tape_dir=str(tmp_path)) as port:
        assert fetch(port, page) == PAGE
        assert fetch(port, short) == [b"d"]
        assert fetch(port, empty) == []
        assert fetch(port, coded) == [CODED]
    assert others.found == {
        page: b"".join(PAGE),
        short: b"d",
        empty: b"",
        coded: CODED,
    }
    assert captures(tmp_path) == []


@pytest.mark.parametrize(
    "options", [{"tape_peek": False}, {"tape_filter": "~u nothing"}], ids=["off", "filtered out"]
)
def test_what_is_not_looked_into_is_left_to_mitmproxy(
    options: dict[str, Any], confdir: Path, origin: Origin, tmp_path: Path
) -> None:
    streamed = []

    class Watch:
        def response(self, flow: http.HTTPFlow) -> None:
            assert flow.response
            streamed.append(flow.response.stream)

    url = origin.serve(answer(EVENTS, PLAIN))
    with in_process(confdir, SsetapeRecord(), Watch(), tape_dir=str(tmp_path), **options) as port:
        assert b"".join(fetch(port, url)) == b"".join(EVENTS)
    assert streamed == [False]
    assert captures(tmp_path) == []


def test_of_bodies_that_mitmproxy_would_not_keep_nothing_is_kept(
    confdir: Path, origin: Origin, tmp_path: Path
) -> None:
    others = Bodies()
    url = origin.serve(answer(PAGE, PLAIN))
    addons = (SsetapeRecord(), others)
    with in_process(confdir, *addons, tape_dir=str(tmp_path), stream_large_bodies="1k") as port:
        assert fetch(port, url) == PAGE
    assert others.found == {url: None}


def test_a_long_body_is_let_go_once_its_first_bytes_have_decided(
    confdir: Path, origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = Bodies()
    longer, short = ([b"x" * 50, b"y" * size] for size in (51, 50))
    monkeypatch.setattr("ssetape.addon.recorder.peek.KEPT_LIMIT_BYTES", 100)
    urls = [origin.serve(answer(chunks, PLAIN)) for chunks in (longer, short)]
    with in_process(confdir, SsetapeRecord(), others, tape_dir=str(tmp_path)) as port:
        assert [fetch(port, url) for url in urls] == [longer, short]
    assert others.found == {urls[0]: None, urls[1]: b"".join(short)}


def test_with_all_what_was_looked_into_is_recorded_chunk_by_chunk(
    confdir: Path, origin: Origin, tmp_path: Path
) -> None:
    bodies = [PAGE, [b"d"], [CODED[:5], CODED[5:]]]
    fields = [(PLAIN,), (PLAIN,), (PLAIN, "Content-Encoding: gzip")]
    urls = [origin.serve(answer(body, *each)) for body, each in zip(bodies, fields, strict=True)]
    options = {"tape_dir": str(tmp_path), "tape_all": True}
    with in_process(confdir, SsetapeRecord(), **options) as port:
        for url, body in zip(urls, bodies, strict=True):
            assert fetch(port, url) == body
        found = [ended_capture(tmp_path, url) for url in urls]
    assert [[chunk.data for chunk in capture.chunks()] for capture in found] == bodies
    assert [capture.end and capture.end.reason for capture in found] == ["complete"] * 3


def test_a_folder_that_cannot_be_made_does_not_hold_the_stream_back(
    confdir: Path, origin: Origin, tmp_path: Path
) -> None:
    in_its_place = tmp_path / "tapes"
    in_its_place.write_text("a file")
    url = origin.serve(answer(EVENTS, PLAIN))
    with in_process(confdir, SsetapeRecord(), tape_dir=str(in_its_place)) as port:
        assert fetch(port, url) == EVENTS
    assert not recording.live


@pytest.mark.parametrize(
    ("fields", "options"),
    [
        (["Content-Type: application/x-ndjson"], {}),
        (["Content-Type: application/vnd.amazon.eventstream"], {}),
        ([PLAIN, "X-Vercel-AI-Data-Stream: v1"], {}),
        (["Content-Type: audio/mpeg"], {"tape_types": "multipart/*, audio/*"}),
        (["Content-Type: application/json; charset=UTF-8"], {"tape_types": "application/json"}),
    ],
)
def test_labelled_streams_of_other_kinds_are_recorded(
    fields: list[str], options: dict[str, Any], confdir: Path, origin: Origin, tmp_path: Path
) -> None:
    chunks = [b'{"a": 1}\n', b"\x00\xff", b'0:"text"\n']
    url = origin.serve(answer(chunks, *fields))
    with in_process(confdir, SsetapeRecord(), tape_dir=str(tmp_path), **options) as port:
        assert fetch(port, url) == chunks
        capture = ended_capture(tmp_path, url)
    assert [chunk.data for chunk in capture.chunks()] == chunks


def test_http2_is_looked_into_too_and_an_empty_frame_is_not_the_end(
    mitmdump: Mitmdump, http2_origin: Http2Origin
) -> None:
    def handler(exchange: Http2Exchange) -> None:
        exchange.head(("content-type", "text/plain"))
        exchange.data(EVENTS[0])
        exchange.data(b"")
        exchange.data(EVENTS[1], end_stream=True)

    url = http2_origin.serve(handler)
    with Http2Client(mitmdump.port, http2_origin.authority) as client:
        client.get(url)
        assert [client.data(), client.data()] == EVENTS[:2]
        client.event(StreamEnded)
    assert [chunk.data for chunk in mitmdump.capture(url).chunks()] == EVENTS[:2]
