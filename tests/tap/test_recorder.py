import logging
from pathlib import Path
from typing import Any

import pytest

import ssetape
from ssetape.format.values import Request, Response
from ssetape.recording import mask_finished, reasons, recording
from ssetape.recording.unrecorded import unrecorded
from ssetape.tap.actions import Begin, Fail, Finish, Pass, Warn, WriteChunk, WriteMessage
from ssetape.tap.recorder import Recorder

REQUEST = Request("GET", "https://a.test/stream?key=s3cret", "HTTP/2.0", [("Cookie", "sid=s3cret")])
RESPONSE = Response(
    0.5,
    200,
    "",
    "HTTP/2.0",
    [("content-type", "text/event-stream")],
    decoded_headers=[("content-encoding", "br")],
)


def begin(**fields: Any) -> Begin:
    known: dict[str, Any] = {"id": "1", "request": REQUEST, "response": RESPONSE}
    known |= {"sent_s": 100.0, "started_ns": 1_700_000_000_000_000_000, "target": "worker"}
    return Begin(**{**known, **fields})


def test_a_capture_says_where_it_is_from(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    recorder = Recorder(tmp_path, "Chrome/156.0", mask=True)
    with caplog.at_level(logging.INFO, "ssetape"):
        recorder.write(begin())
        for now_s, data in ((100.75, b"data: 1\n\n"), (100.7, b"data: 2\n\n")):
            recorder.write(WriteChunk("1", now_s, data))
        recorder.write(Finish("1", 101.0, reasons.TAB_CLOSED, {"error": "gone"}))
    mask_finished.settle()
    (path,) = tmp_path.iterdir()
    assert path.name.startswith("stream-20231114-221320-")
    capture = ssetape.open(path)
    assert capture.tapped == {"browser": "Chrome/156.0", "target": "worker", "chunks": "reads"}
    assert capture.recorder == f"ssetape/{ssetape.__version__} Chrome/156.0"
    assert "s3cret" not in path.read_text() + caplog.text
    assert capture.response is not None
    assert capture.response.decoded_headers == [("content-encoding", "br")]
    # Times never decrease, whatever order they are told in.
    assert [chunk.t_s for chunk in capture.chunks()] == [0.75, 0.75]
    assert capture.end is not None
    assert (capture.end.t_s, capture.end.reason, capture.end.error) == (1.0, "tab_closed", "gone")
    assert not recording.live
    assert "recording GET https://a.test/stream?key=MASKED to" in caplog.text


def test_without_masking_all_is_kept(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, "Chrome/156.0", mask=False)
    recorder.write(begin(kind="websocket"))
    recorder.write(WriteMessage("1", 100.6, b"hi", True, True))
    recorder.write(Finish("1", 101.0, reasons.COMPLETE))
    (path,) = tmp_path.iterdir()
    assert path.read_text().count("s3cret") == 2
    (message,) = ssetape.open(path).messages()
    assert (message.data, message.from_client, message.is_text) == (b"hi", True, True)


def test_a_folder_that_is_none_is_said_and_harms_no_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    recorder = Recorder(tmp_path / "file", "Chrome/156.0", mask=True)
    recorder.write(begin())
    recorder.write(WriteChunk("1", 100.75, b"x"))
    recorder.write(Finish("1", 101.0, reasons.COMPLETE))
    recorder.write(Warn("by the way"))
    assert "cannot record GET https://a.test/stream?key=MASKED: " in caplog.text
    assert "by the way" in caplog.text


def test_what_is_not_recorded_is_counted_and_a_failure_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    unrecorded.clear()
    recorder = Recorder(tmp_path, "Chrome/156.0", mask=True)
    recorder.write(Pass("application/json", 200, is_excluded=False))
    recorder.write(Pass("application/json", 200, is_excluded=True))
    for _ in range(2):
        recorder.write(Fail("https://user:pass@a.test:8443/x?key=1", "net::ERR_CONNECTION_REFUSED"))
    lines = unrecorded.lines("--all")
    unrecorded.clear()
    assert lines == [
        "1 response came that does not stream (JSON 200): --all records it",
        "1 response came that the filter excludes",
        "no answer (x2) from a.test:8443: connection refused; check that the server runs, and the "
        "port",
    ]
    assert caplog.text.count("no answer from a.test:8443") == 1
    assert list(tmp_path.iterdir()) == []
