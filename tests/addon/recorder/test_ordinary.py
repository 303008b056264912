import gzip
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from mitmproxy import http
from mitmproxy.test import tflow, tutils
from proxies import (
    Client,
    Cut,
    Exchange,
    Handler,
    Origin,
    captures,
    ended_capture,
    fetch,
    in_context,
    in_process,
)

from ssetape.addon.record import SsetapeRecord
from ssetape.addon.recorder import ordinary
from ssetape.capture import Capture
from ssetape.recording import recording as recordings
from ssetape.replay.running import serving

PAGE = b"<!doctype html><title>\xff\xc3\xa9</title>"
CODED = gzip.compress(b'{"models": []}')


def sized(
    data: bytes, *fields: str, status: str = "200 OK", then: Callable[[], object] | None = None
) -> Handler:
    def handler(exchange: Exchange) -> None:
        exchange.head(*fields, f"Content-Length: {len(data)}", status=status, chunked=False)
        if then is not None:
            then()
        exchange.send(data)

    return handler


def get(port: int, url: str, method: str = "GET", body: bytes = b"") -> tuple[int, bytes]:
    with Client(port, url, method=method, body=body) as client:
        client.head()
        length = 0 if method == "HEAD" else int(client.headers.get("content-length", "0"))
        return client.status, client.read(length)


def test_a_page_and_what_belongs_to_it_are_recorded_and_replay_offline(
    confdir: Path, origin: Origin, tmp_path: Path
) -> None:
    wait = lambda: time.sleep(0.05)  # noqa: E731
    page = origin.serve(sized(PAGE, "Content-Type: text/html", then=wait), "page")
    models = origin.serve(
        sized(CODED, "Content-Type: application/json", "Content-Encoding: gzip"), "models"
    )
    gone = origin.serve(sized(b"no such chat", status="404 Not Found"), "gone")
    posted = origin.serve(sized(b"{}", "Content-Type: application/json"), "posted")
    asked = origin.serve(sized(b"", "Access-Control-Allow-Origin: *"), "asked")

    def chunked(exchange: Exchange) -> None:
        exchange.head("Content-Type: application/json")
        exchange.chunk(b'{"a":')
        exchange.chunk(b"1}")
        exchange.end()

    pieces = origin.serve(chunked, "pieces")
    wanted = {
        ("GET", page): (200, PAGE),
        ("GET", models): (200, CODED),
        ("GET", gone): (404, b"no such chat"),
        ("POST", posted): (200, b"{}"),
        ("OPTIONS", asked): (200, b""),
        ("HEAD", page): (200, b""),
    }

    def ask_all(port: int, base: str) -> dict[tuple[str, str], tuple[int, bytes]]:
        return {
            (method, url): get(
                port, url.replace(origin.url, base), method, b"q" if method == "POST" else b""
            )
            for method, url in wanted
        }

    addon = SsetapeRecord()
    with in_process(confdir, addon, tape_dir=str(tmp_path), tape_all=True) as port:
        assert ask_all(port, origin.url) == wanted
        assert b"".join(fetch(port, pieces)) == b'{"a":1}'
        recorded = ended_capture(tmp_path, page)
        ended_capture(tmp_path, pieces)
    assert len(addon._moments) == 0
    assert not addon._begun
    assert not recordings.live
    found = captures(tmp_path)
    assert sorted((c.request.method, c.request.url) for c in found) == sorted(
        [*wanted, ("GET", pieces)]
    )
    for capture in found:
        assert len(list(capture.chunks())) <= 1
    posts = [c for c in found if c.request.method == "POST"]
    assert [c.request.body for c in posts] == [b"q"]

    recorded = next(c for c in found if (c.request.method, c.request.url) == ("GET", page))
    (chunk,) = recorded.chunks()
    assert recorded.response is not None
    assert recorded.end is not None
    assert recorded.end.is_complete
    # The head when it came, the body when it was whole.
    assert 0 <= recorded.response.t_s <= chunk.t_s - 0.04
    assert chunk.t_s == recorded.end.t_s

    with serving(found) as url:
        replay_port = int(url.rpartition(":")[2])
        got = {}
        for method, asked_url in wanted:
            body = b"q" if method == "POST" else b""
            path = asked_url.removeprefix(origin.url)
            with Client(replay_port, url + path, method=method, body=body, direct=True) as client:
                client.head()
                length = 0 if method == "HEAD" else int(client.headers.get("content-length", "0"))
                got[method, asked_url] = client.status, client.read(length)
        assert got == wanted


def test_without_the_option_ordinary_responses_leave_no_capture(
    confdir: Path, origin: Origin, tmp_path: Path
) -> None:
    url = origin.serve(sized(PAGE, "Content-Type: text/html"))
    with in_process(confdir, SsetapeRecord(), tape_dir=str(tmp_path)) as port:
        assert get(port, url) == (200, PAGE)
    assert captures(tmp_path) == []


def test_streams_are_recorded_once_and_as_streams(
    confdir: Path, origin: Origin, tmp_path: Path
) -> None:
    events = [b"data: a\n\n", b"data: b\n\n"]

    def handler(exchange: Exchange) -> None:
        exchange.head("Content-Type: text/plain" if "plain" in exchange.target else "")
        for data in events:
            exchange.chunk(data)
        exchange.end()

    def labelled(exchange: Exchange) -> None:
        exchange.head()
        for data in events:
            exchange.chunk(data)
        exchange.end()

    urls = [origin.serve(handler, "plain"), origin.serve(labelled, "events")]
    with in_process(confdir, SsetapeRecord(), tape_dir=str(tmp_path), tape_all=True) as port:
        for url in urls:
            assert fetch(port, url) == events
            ended_capture(tmp_path, url)
    found = captures(tmp_path)
    assert len(found) == 2
    assert all([chunk.data for chunk in capture.chunks()] == events for capture in found)


def test_text_that_was_looked_into_and_is_not_a_stream_is_recorded_chunk_by_chunk(
    confdir: Path, origin: Origin, tmp_path: Path
) -> None:
    def handler(exchange: Exchange) -> None:
        exchange.head("Content-Type: text/plain")
        exchange.chunk(b"hel")
        exchange.chunk(b"lo")
        exchange.end()

    url = origin.serve(handler)
    with in_process(confdir, SsetapeRecord(), tape_dir=str(tmp_path), tape_all=True) as port:
        assert fetch(port, url) == [b"hel", b"lo"]
        capture = ended_capture(tmp_path, url)
    assert [chunk.data for chunk in capture.chunks()] == [b"hel", b"lo"]


def test_what_mitmproxy_streams_is_recorded_as_it_comes(
    confdir: Path, origin: Origin, tmp_path: Path
) -> None:
    data = b"x" * 200_000
    url = origin.serve(sized(data, "Content-Type: image/png"))
    options = {"tape_all": True, "stream_large_bodies": "1k"}
    with in_process(confdir, SsetapeRecord(), tape_dir=str(tmp_path), **options) as port:
        assert get(port, url) == (200, data)
        capture = ended_capture(tmp_path, url)
    assert b"".join(chunk.data for chunk in capture.chunks()) == data


def test_what_was_streamed_past_the_recorder_is_left_out_and_the_log_says_so(
    confdir: Path, origin: Origin, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def handler(exchange: Exchange) -> None:
        exchange.head("Content-Type: image/png")
        for _ in range(4):
            exchange.chunk(b"x" * 1000)
        exchange.end()

    url = origin.serve(handler)
    options = {"tape_all": True, "stream_large_bodies": "1k"}
    with in_process(confdir, SsetapeRecord(), tape_dir=str(tmp_path), **options) as port:
        assert b"".join(fetch(port, url)) == b"x" * 4000
    assert f"did not record GET {url}: its body was streamed past the recorder" in caplog.text
    assert captures(tmp_path) == []


def test_a_response_that_fails_midway_is_recorded_as_cut(
    confdir: Path, origin: Origin, tmp_path: Path
) -> None:
    def handler(exchange: Exchange) -> None:
        exchange.head("Content-Type: application/json", "Content-Length: 100", chunked=False)
        exchange.send(b"{")

    url = origin.serve(handler)
    with in_process(confdir, SsetapeRecord(), tape_dir=str(tmp_path), tape_all=True) as port:
        with Client(port, url) as client:
            try:
                assert client.head() == 502  # mitmproxy's own words for it
            except Cut:
                pass
        capture = ended_capture(tmp_path, url)
    assert capture.end is not None
    assert (capture.end.reason, capture.end.chunks) == ("upstream_cut", 0)
    assert capture.response is not None
    assert capture.response.status == 200


def record_flow(folder: Path, response: http.Response) -> list[Capture]:
    flow = tflow.tflow(resp=response)
    addon = SsetapeRecord()
    with in_context(addon, tape_dir=str(folder), tape_all=True):
        addon.request(flow)
        addon.responseheaders(flow)
        addon.response(flow)
    return captures(folder)


def test_a_304_is_recorded_as_it_is(tmp_path: Path) -> None:
    (capture,) = record_flow(tmp_path, tutils.tresp(status_code=304, content=b""))
    assert capture.response is not None
    assert capture.response.status == 304
    assert list(capture.chunks()) == []


def test_an_upgrade_to_another_protocol_is_left_out_and_the_log_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    upgrade = http.Headers(upgrade="h2c")
    response = tutils.tresp(status_code=101, content=b"", headers=upgrade)
    assert record_flow(tmp_path, response) == []
    assert (
        "did not record GET http://address:22/path: another protocol follows (h2c)" in caplog.text
    )


def test_a_body_past_the_limit_is_left_out_and_the_log_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(ordinary, "BODY_LIMIT_BYTES", 10)
    assert len(record_flow(tmp_path, tutils.tresp(content=b"x" * 10))) == 1
    assert len(record_flow(tmp_path, tutils.tresp(content=b"x" * 11))) == 1
    assert "its body has 11 bytes, more than 10" in caplog.text


def test_a_folder_that_cannot_be_made_harms_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    in_its_place = tmp_path / "tapes"
    in_its_place.write_text("a file")
    record_flow(in_its_place, tutils.tresp())
    assert "cannot record GET" in caplog.text
    assert not recordings.live
