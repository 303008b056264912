import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

import ssetape
from ssetape.format.values import Response
from ssetape.format.writer import CaptureWriter
from ssetape.recording import reasons
from ssetape.recording import recording as recordings
from ssetape.recording.recording import Recording


@pytest.fixture
def recording(tmp_path: Path) -> Iterator[Recording]:
    request = {"method": "GET", "url": "http://x/", "http_version": "HTTP/1.1", "headers": []}
    writer = CaptureWriter.create(tmp_path, "x", {"request": request})
    yield (made := Recording("id", "GET http://x/", writer, 100.0))
    made.finish(made.last_s, reasons.UNKNOWN)


def test_what_it_is_given_is_in_the_file_at_its_moment(recording: Recording) -> None:
    assert recordings.live == {"id": recording}
    recording.head(Response(0.25, 200, "OK", "HTTP/1.1", [("a", "b")]))
    recording.chunk(100.5, b"data: x\n\n")
    recording.trailers(100.75, [("c", "d")], {})
    before = recordings.finished[reasons.TAB_CLOSED]
    recording.finish(101.0, reasons.TAB_CLOSED, error="gone")
    assert recordings.live == {}
    assert recordings.finished[reasons.TAB_CLOSED] == before + 1
    capture = ssetape.open(recording.writer.path)
    assert [(chunk.t_s, chunk.data) for chunk in capture.chunks()] == [(0.5, b"data: x\n\n")]
    assert capture.end is not None
    assert (capture.end.t_s, capture.end.reason, capture.end.error) == (1.0, "tab_closed", "gone")


def test_it_ends_once_and_takes_nothing_after_its_end(recording: Recording) -> None:
    recording.finish(101.0, reasons.COMPLETE)
    recording.finish(102.0, reasons.UNKNOWN)
    recording.chunk(103.0, b"late")
    recording.message(103.0, b"late", False, True, {})
    recording.trailers(103.0, [], {})
    records = list(ssetape.open(recording.writer.path).records())
    assert [record[1] for record in records] == ["end"]
    assert recording.reason == reasons.COMPLETE


def test_a_failing_write_ends_it_when_the_last_bytes_came(
    recording: Recording, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    recording.chunk(100.5, b"good")

    def full(t_s: float, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(recording.writer, "chunk", full)
    with caplog.at_level(logging.ERROR):
        recording.chunk(101.5, b"lost")
    assert "No space left on device" in caplog.text
    capture = ssetape.open(recording.writer.path)
    assert capture.end is not None
    assert (capture.end.t_s, capture.end.reason) == (1.5, reasons.WRITE_FAILED)


def test_all_that_are_open_are_ended(recording: Recording) -> None:
    recordings.finish_all(reasons.PROXY_SHUTDOWN)
    assert recording.reason == reasons.PROXY_SHUTDOWN
