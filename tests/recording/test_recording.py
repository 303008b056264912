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


class Watcher:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []

    def came(self, t_s: float, data: bytes) -> None:
        self.told.append((t_s, data))

    def message_came(self, t_s: float) -> None:
        self.told.append((t_s,))

    def ended(self, t_s: float, reason: str, details: dict[str, object]) -> None:
        self.told.append((t_s, reason, details))


def test_a_watcher_is_told_of_what_is_written_and_let_go_at_the_end(recording: Recording) -> None:
    recording.watcher = watcher = Watcher()
    recording.chunk(100.5, b"data: x\n\n")
    recording.message(100.75, b"hi", False, True, {})
    recording.altered = True
    recording.finish(101.0, reasons.UPSTREAM_CUT, error="gone")
    recording.chunk(102.0, b"late")
    details = {"error": "gone", "altered": True}
    assert watcher.told == [(0.5, b"data: x\n\n"), (0.75,), (1.0, reasons.UPSTREAM_CUT, details)]
    assert recording.watcher is None


def test_a_watcher_is_told_of_a_write_that_failed(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(t_s: float, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    recording.watcher = watcher = Watcher()
    monkeypatch.setattr(recording.writer, "chunk", full)
    recording.chunk(100.5, b"lost")
    ((t_s, reason, details),) = watcher.told
    assert (t_s, reason) == (0.5, reasons.WRITE_FAILED)
    assert "No space left" in str(details)


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
