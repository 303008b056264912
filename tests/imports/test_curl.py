import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.errors import SourceError
from ssetape.imports import curl
from ssetape.imports._exchange import Given
from ssetape.samples.server import SampleServer
from ssetape.samples.streams import STREAMS

Import = Callable[..., list[Any]]

needs_curl = pytest.mark.skipif(not shutil.which("curl"), reason="no curl here")


def trace_of(tmp_path: Path, *words: str) -> bytes:
    path = tmp_path / "trace.txt"
    command = ["curl", "-sN", "--trace", str(path), "-o", str(tmp_path / "out"), *words]
    subprocess.run(command, check=False, timeout=60)
    return path.read_bytes()


@pytest.mark.programs
@needs_curl
def test_a_trace_of_a_real_curl_has_the_streams_chunks_and_times(
    imported: Import, tmp_path: Path
) -> None:
    with SampleServer() as server:
        url = f"{server.url}/streams/tour"
        data = trace_of(tmp_path, "--trace-time", url)
    assert curl.recognises(data[:1000], "trace.txt")
    (capture,) = imported(curl, data)
    assert (capture.request.method, capture.request.url) == ("GET", url)
    assert dict(capture.request.headers)["Accept"] == "*/*"
    assert capture.response.http_version == "HTTP/1.1"
    scripted = STREAMS["tour"]
    chunks = list(capture.chunks())
    assert b"".join(chunk.data for chunk in chunks) == scripted.body
    # One read of the connection may have had several chunks, and none came before its time.
    assert 1 < len(chunks) <= len(scripted.pieces)
    assert chunks[-1].t_s >= scripted.pieces[-1].t_s - 0.01
    assert capture.end.is_complete
    assert (capture.imported["times"], capture.imported["bytes"]) == ("chunks", "exact")


@pytest.mark.programs
@needs_curl
def test_without_trace_time_there_are_no_times_and_a_body_sent_is_kept(
    imported: Import, tmp_path: Path
) -> None:
    with SampleServer() as server:
        url = f"{server.url}/conversation"
        message = '{"message": "Hello"}'
        data = trace_of(tmp_path, "-d", message, "-H", "Content-Type: application/json", url)
    (capture,) = imported(curl, data)
    assert (capture.request.method, capture.request.body) == ("POST", message.encode())
    assert capture.imported["times"] == "none"
    assert {chunk.t_s for chunk in capture.chunks()} == {0.0}


@pytest.mark.programs
@needs_curl
def test_a_trace_that_stops_within_the_body_has_no_complete_end(
    imported: Import, tmp_path: Path
) -> None:
    with SampleServer() as server:
        data = trace_of(tmp_path, "--trace-time", f"{server.url}/streams/tour")
    whole = list(imported(curl, data)[0].chunks())
    cut = data[: data.rindex(b"<= Recv data")]
    (capture,) = imported(curl, cut[: cut.rindex(b"\n") + 1])
    assert capture.end.reason == "unknown"
    assert "ends before the body" in capture.end.error
    found = [chunk.data for chunk in capture.chunks()]
    assert found
    assert found == [chunk.data for chunk in whole][: len(found)]


@pytest.mark.programs
@needs_curl
@pytest.mark.parametrize("words", [[], ["--trace-time"]])
def test_a_trace_may_have_the_body_in_between(words: list[str], imported: Import) -> None:
    with SampleServer() as server:
        command = ["curl", "-sN", "--trace", "-", *words, f"{server.url}/streams/tour"]
        data = subprocess.run(command, check=True, timeout=60, capture_output=True).stdout
    (capture,) = imported(curl, data)
    assert b"".join(chunk.data for chunk in capture.chunks()) == STREAMS["tour"].body


def test_a_body_in_between_may_look_like_a_trace(imported: Import) -> None:
    def block(kind: str, content: bytes) -> bytes:
        rows = [content[at : at + 16] for at in range(0, len(content), 16)]
        head = f"{kind}, {len(content)} bytes (0x{len(content):x})\n".encode()
        return head + b"".join(b"%04x: %b \n" % (0, row.hex(" ").encode()) for row in rows)

    head = b"HTTP/1.0 200 OK\r\n", b"content-type: text/event-stream\r\n", b"\r\n"
    bodies = b"data: one\n\n0000: 61 62 \ndata: t", b"wo\n\n"
    data = block("=> Send header", b"GET / HTTP/1.0\r\nHost: a.test\r\n\r\n")
    data += b"".join(block("<= Recv header", line) for line in head)
    data += b"".join(block("<= Recv data", body) + body for body in bodies)
    data += b"== Info: Closing connection\n"
    (capture,) = imported(curl, data)
    assert tuple(chunk.data for chunk in capture.chunks()) == bodies


@needs_curl
def test_a_trace_in_ascii_is_refused_with_the_reason(tmp_path: Path) -> None:
    with SampleServer() as server:
        path = tmp_path / "trace.txt"
        url = f"{server.url}/streams/minimal"
        subprocess.run(["curl", "-sN", "--trace-ascii", str(path), url], check=True, timeout=60)
    with pytest.raises(SourceError, match="--trace-ascii writes dots for line feeds; use --trace"):
        list(curl.read(path.read_bytes(), "x", Given()))


def hexed(data: bytes) -> bytes:
    rows = []
    for start in range(0, len(data), 16):
        row = data[start : start + 16]
        text = bytes(byte if 32 <= byte < 127 else 46 for byte in row)
        pairs = " ".join(f"{byte:02x}" for byte in row)
        rows.append(f"{start:04x}: {pairs:<48}".encode() + text)
    return b"\n".join(rows)


def block(stamp: str, what: str, data: bytes) -> bytes:
    return f"{stamp} {what}, {len(data)} bytes (0x{len(data):x})\n".encode() + hexed(data) + b"\n"


def test_parallel_transfers_over_http2_past_midnight(imported: Import) -> None:
    def first(stamp: str, what: str, data: bytes) -> bytes:
        return block(f"{stamp} [0-0]", what, data)

    def second(stamp: str, what: str, data: bytes) -> bytes:
        return block(f"{stamp} [1-0]", what, data)

    head = b"HTTP/2 200 \r\n", b"content-type: text/event-stream\r\n", b"\r\n"
    trace = b"23:59:59.000000 [0-0] == Info: SSL connection using TLSv1.3 / X\n"
    for send, path in ((first, b"/a"), (second, b"/b")):
        request = b"GET " + path + b" HTTP/2\r\nHost: h.test\r\n\r\n"
        trace += send("23:59:59.000000", "=> Send header", request)
    for send in (first, second):
        for line in head:
            trace += send("23:59:59.500000", "<= Recv header", line)
    trace += second("23:59:59.750000", "<= Recv data", b"data: b\n\n")
    trace += first("00:00:00.250000", "<= Recv data", b"data: a\n\n")
    one, two = imported(curl, trace)
    assert [one.request.url, two.request.url] == ["https://h.test/a", "https://h.test/b"]
    assert one.response.http_version == "HTTP/2.0"
    assert one.response.t_s == pytest.approx(0.5)
    assert [(c.t_s, c.data) for c in one.chunks()] == [(pytest.approx(1.25), b"data: a\n\n")]
    assert [(c.t_s, c.data) for c in two.chunks()] == [(pytest.approx(0.75), b"data: b\n\n")]


def test_lines_with_times_are_a_stream(imported: Import) -> None:
    text = b"1795599012.000000 data: one\n1795599012.500000 \n1795599013.250000 data: two\n"
    assert curl.recognises(text, "x")
    (capture,) = imported(curl, text)
    assert [(c.t_s, c.data) for c in capture.chunks()] == [
        (0.0, b"data: one\n"),
        (0.5, b"\n"),
        (1.25, b"data: two\n"),
    ]
    assert capture.imported["bytes"] == "line ends assumed"


@given(cut=st.integers(0, 2000), at=st.integers(0, 2000), junk=st.binary(max_size=8))
def test_whatever_stands_in_a_trace_nothing_else_goes_wrong(
    cut: int, at: int, junk: bytes, hostile: Callable[..., None]
) -> None:
    trace = block("10:00:00.000000", "=> Send header", b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
    for line in (b"HTTP/1.1 200 OK\r\n", b"Transfer-Encoding: chunked\r\n", b"\r\n"):
        trace += block("10:00:00.500000", "<= Recv header", line)
    trace += block("10:00:01.000000", "<= Recv data", b"9\r\ndata: a\n\n\r\n0\r\n\r\n")
    at %= len(trace)
    hostile(curl, trace[:at] + junk + trace[at + len(junk) :])
    hostile(curl, trace[: cut % len(trace)])


@pytest.mark.parametrize("has_empty_line", [True, False])
@pytest.mark.parametrize("status", [100, 103])
def test_an_interim_head_is_not_the_response(
    status: int, has_empty_line: bool, imported: Import
) -> None:
    heads = [b"HTTP/1.1 %d Interim\r\n" % status, b"Link: </a>\r\n"]
    heads += [b"\r\n"] if has_empty_line else []
    heads += [b"HTTP/1.1 200 OK\r\n", b"Content-Type: text/event-stream\r\n", b"\r\n"]
    asked = b"GET /s HTTP/1.1\r\nHost: a.test\r\n\r\n"
    blocks = [("=> Send header", asked)]
    blocks += [("<= Recv header", head) for head in heads]
    blocks += [("<= Recv data", b"data: a\n\n")]
    lines = []
    for kind, data in blocks:
        lines.append(f"09:30:12.000000 {kind}, {len(data)} bytes (0x{len(data):x})\n")
        for at in range(0, len(data), 16):
            lines.append(f"{at:04x}: {data[at : at + 16].hex(' ')} .\n")
    (capture,) = imported(curl, "".join(lines).encode())
    assert capture.response.status == 200
    assert capture.response.headers == [("Content-Type", "text/event-stream")]
    assert [event.data for event in capture.events()] == ["a"]
