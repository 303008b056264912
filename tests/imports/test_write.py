import json
import math
from pathlib import Path
from typing import Any

import pytest

import ssetape
from ssetape.errors import SourceError
from ssetape.format.values import Chunk, Close, End, Message, Request, Response
from ssetape.imports import _write
from ssetape.imports._exchange import Imported

KEY = "sk-ant-a1B2c3D4e5F6g7H8i9J0"


def imported(**fields: Any) -> Imported:
    request = Request("GET", "https://a.test/b?q=1", "HTTP/1.1", [("authorization", "Bearer x")])
    response = Response(0.1, 200, "OK", "HTTP/1.1", [("content-type", "text/event-stream")])
    base = {"request": request, "response": response, "end": End(2.0, "complete")}
    return Imported(**{**base, "times": "chunks", "bytes": "exact", **fields})


def write(found: Imported, folder: Path, mask: bool = True) -> Any:
    path = _write.write(found, folder, "a.har", "har", 1_700_000_000 * 10**9, mask)
    return ssetape.open(path)


def test_a_capture_says_where_it_is_from(tmp_path: Path) -> None:
    capture = write(imported(chunks=[Chunk(0.5, b"data: x\n\n")], notes=["odd"]), tmp_path)
    assert capture.imported == {
        "from": "a.har",
        "format": "har",
        "times": "chunks",
        "bytes": "exact",
        "started": "file",
        "notes": ["odd"],
    }
    assert capture.started == "2023-11-14T22:13:20.000000Z"
    assert capture.path.name.startswith("a.test-20231114-221320-")
    assert capture.request.masked_headers == ("authorization",)


def test_secrets_are_masked_unless_they_are_wanted(tmp_path: Path) -> None:
    chunks = [Chunk(0.5, f"data: {KEY[:9]}".encode()), Chunk(0.6, f"{KEY[9:]}\n\n".encode())]
    masked = write(imported(chunks=chunks), tmp_path)
    assert KEY[9:].encode() not in masked.path.read_bytes()
    assert list(write(imported(chunks=chunks), tmp_path, mask=False).chunks()) == chunks


def test_times_never_fall(tmp_path: Path) -> None:
    chunks = [Chunk(0.05, b"a"), Chunk(0.7, b"b"), Chunk(0.3, b"c")]
    capture = write(imported(chunks=chunks, end=End(0.2, "complete")), tmp_path)
    assert [chunk.t_s for chunk in capture.chunks()] == [0.1, 0.7, 0.7]
    assert capture.end.t_s == 0.7


def test_how_a_websocket_was_closed_is_kept(tmp_path: Path) -> None:
    messages = [Message(0.5, True, True, b"hi"), Message(0.6, False, False, b"\xff")]
    end = End(1.0, "complete", close=Close(4000, "bye", True))
    capture = write(imported(kind="websocket", messages=messages, end=end), tmp_path)
    assert list(capture.messages()) == messages
    assert capture.end.close == Close(4000, "bye", True)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -1e12, 1e300])
def test_times_that_are_none_are_refused_and_leave_no_file(bad: float, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="expected seconds"):
        write(imported(chunks=[Chunk(bad, b"a")]), tmp_path)
    with pytest.raises(SourceError, match="expected a time from 1970 to 2150"):
        write(imported(started_ns=-5), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_any_url_is_written_as_ascii(tmp_path: Path) -> None:
    request = Request("GET", "http://é/\ud800 [", "", [])
    capture = write(imported(request=request), tmp_path)
    assert json.loads(capture.path.read_bytes().splitlines()[0])["request"]["url"].isascii()


def test_streams_are_told_from_the_rest() -> None:
    assert _write.is_streamed(imported())
    assert _write.is_streamed(imported(kind="websocket"))
    page = Response(0.1, 200, "OK", "", [("content-type", "text/html")])
    assert not _write.is_streamed(imported(response=page))


@pytest.mark.parametrize("file_ns", [-1, 2**63, 10**30])
def test_a_file_from_a_date_that_is_none_starts_at_none(file_ns: int, tmp_path: Path) -> None:
    path = _write.write(imported(started_ns=None), tmp_path, "a", "sse", file_ns, False)
    assert ssetape.open(path).started == "1970-01-01T00:00:00.000000Z"
