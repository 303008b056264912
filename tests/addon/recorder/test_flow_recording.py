import contextlib
import gc
import logging
import os
import shutil
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from mitmproxy import http
from mitmproxy.test import tflow
from proxies import (
    EVENT_STREAM,
    TIMEOUT_S,
    Client,
    Cut,
    Exchange,
    Mitmdump,
    Origin,
    captures,
    ended_capture,
    fetch,
    in_context,
    in_process,
    wait_until,
)

from ssetape.addon.record import SsetapeRecord
from ssetape.addon.recorder import flow_recording
from ssetape.addon.recorder.flow_recording import FlowRecording
from ssetape.format.writer import CaptureWriter
from ssetape.recording import mask_finished, reasons
from ssetape.recording import recording as recordings
from ssetape.recording.recording import Recording, finish_all

CHUNKS = [b"data: %d\n\n" % number for number in range(6)]


class Lockstep:
    """An origin's handler that sends a chunk only when the client has had the one before.

    What comes through it has been streamed: held back anywhere, it would never come.
    """

    def __init__(self, chunks: list[bytes]) -> None:
        self._chunks = chunks
        self._seen = threading.Semaphore(0)

    def __call__(self, exchange: Exchange) -> None:
        exchange.head()
        for data in self._chunks:
            exchange.chunk(data)
            if not self._seen.acquire(timeout=5):
                return  # held back: the client finds the response cut
        exchange.end()

    def fetch(self, port: int, url: str) -> list[bytes]:
        """The chunks as the client gets them."""
        received = []
        with Client(port, url) as client:
            client.head()
            for data in client.chunks():
                received.append(data)
                self._seen.release()
        return received


@pytest.fixture(autouse=True)
def _log_of_everything(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


def ours(caplog: pytest.LogCaptureFixture, level: int = logging.ERROR) -> str:
    """What the recorder has logged at this level or above."""
    records = [r for r in caplog.records if r.name == "ssetape" and r.levelno >= level]
    return "\n".join(record.getMessage() for record in records)


# Files that cannot be written


def test_a_folder_that_cannot_be_made_does_not_hold_the_stream_back(
    confdir: Path, origin: Origin, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    in_its_place = tmp_path / "tapes"
    in_its_place.write_text("a file")
    handler = Lockstep(CHUNKS)
    url = origin.serve(handler)
    with in_process(confdir, SsetapeRecord(), tape_dir=str(in_its_place)) as port:
        assert handler.fetch(port, url) == CHUNKS
    assert f"cannot record GET {url}" in ours(caplog)
    assert str(in_its_place) in ours(caplog)
    assert in_its_place.read_text() == "a file"
    assert not recordings.live


def test_a_folder_that_cannot_be_written_to_is_said_in_the_log_of_mitmdump(
    confdir: Path, origin: Origin, tmp_path: Path
) -> None:
    in_its_place = tmp_path / "tapes"
    in_its_place.write_text("a file")
    handler = Lockstep(CHUNKS[:2])
    url = origin.serve(handler)
    with Mitmdump(confdir, in_its_place) as proxy:
        assert b"".join(handler.fetch(proxy.port, url)) == b"".join(CHUNKS[:2])
        proxy.wait_for("cannot record GET")
        assert proxy.process.poll() is None


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of 64 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, text=True)
        problem = mounted.stderr.strip() if mounted.returncode else ""
    except OSError as error:
        problem = str(error)
    if problem:
        pytest.skip(f"a disk to fill needs the right to mount one: {problem}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


# Of a length that no block size is a multiple of: the last write finds only part of its room.
LONG = [b"data: %06d %b\n\n" % (number, b"x" * 991) for number in range(200)]


def test_a_full_disk_ends_the_capture_and_not_the_stream(
    confdir: Path, origin: Origin, tiny_disk: Path, caplog: pytest.LogCaptureFixture
) -> None:
    handler = Lockstep(LONG)
    url = origin.serve(handler)
    with in_process(confdir, SsetapeRecord(), tape_dir=str(tiny_disk)) as port:
        assert handler.fetch(port, url) == LONG
    assert_good_up_to_there(tiny_disk, caplog)


def assert_good_up_to_there(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    (capture,) = captures(folder)
    recorded = [chunk.data for chunk in capture.chunks()]
    assert 10 < len(recorded) < len(LONG)
    assert recorded == LONG[: len(recorded)]
    assert not capture.problems
    assert capture.path.read_bytes().endswith(b"\n")
    # There may be no room for the end either.
    assert capture.end is None or capture.end.reason == "write_failed"
    assert ours(caplog).count("stopped recording") == 1
    assert "the stream itself goes on" in ours(caplog)
    assert str(capture.path) in ours(caplog)
    assert not recordings.live


def test_a_limit_on_the_size_of_files_ends_the_capture_and_not_the_stream(
    confdir: Path, origin: Origin, tmp_path: Path
) -> None:
    handler = Lockstep(LONG)
    url = origin.serve(handler)
    tapes = tmp_path / "tapes"
    # In blocks of 512 bytes.
    limited = ["sh", "-c", 'ulimit -f 90 && exec "$@"', "sh", sys.executable]
    with Mitmdump(confdir, tapes, wrapper=limited) as proxy:
        assert handler.fetch(proxy.port, url) == LONG
        proxy.wait_for("stopped recording GET .* the stream itself goes on")
    (capture,) = captures(tapes)
    recorded = [chunk.data for chunk in capture.chunks()]
    assert 10 < len(recorded) < len(LONG)
    assert recorded == LONG[: len(recorded)]
    assert not capture.problems


@pytest.mark.parametrize("fails_at", ["open", "header", "head", "chunk", "end"])
@pytest.mark.parametrize("partly", [False, True], ids=["refused", "partly written"])
def test_a_write_that_fails_anywhere_does_not_hold_the_stream_back(
    fails_at: str,
    partly: bool,
    confdir: Path,
    origin: Origin,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    marks = {
        "header": b'{"ssetape"',
        "head": b', "head", ',
        "chunk": b"data: 3",
        "end": b', "end", ',
    }
    real_write, real_open = os.write, os.open

    def write(fd: int, data: bytes) -> int:
        if marks.get(fails_at, b"none") in data:
            if not partly:
                raise OSError(28, "No space left on device")
            return real_write(fd, data[: len(data) // 2])
        return real_write(fd, data)

    def open_(path: Any, *args: Any, **kwargs: Any) -> int:
        if fails_at == "open" and str(path).endswith(".ssetape"):
            raise OSError(24, "Too many open files")
        return real_open(path, *args, **kwargs)

    monkeypatch.setattr(os, "write", write)
    monkeypatch.setattr(os, "open", open_)
    handler = Lockstep(CHUNKS)
    url = origin.serve(handler)
    with in_process(confdir, SsetapeRecord(), tape_dir=str(tmp_path)) as port:
        assert handler.fetch(port, url) == CHUNKS
    assert ours(caplog)
    assert not recordings.live
    if fails_at in ("open", "header"):
        assert not list(tmp_path.iterdir())
        return
    (capture,) = captures(tmp_path)
    kept = {"head": 0, "chunk": 3, "end": 6}[fails_at]
    assert [chunk.data for chunk in capture.chunks()] == CHUNKS[:kept]
    assert not capture.problems
    if fails_at == "end":
        assert capture.end is None
    else:
        assert capture.end is not None
        assert capture.end.reason == "write_failed"


@pytest.mark.parametrize("method", ["head", "chunk", "end", "create"])
def test_a_bug_in_the_recorder_loses_no_byte_for_the_client(
    method: str,
    confdir: Path,
    origin: Origin,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("a bug for the test")

    monkeypatch.setattr(CaptureWriter, method, broken)
    handler = Lockstep(CHUNKS)
    url = origin.serve(handler)
    with in_process(confdir, SsetapeRecord(), tape_dir=str(tmp_path)) as port:
        assert handler.fetch(port, url) == CHUNKS
    assert "a bug for the test" in ours(caplog)
    assert not recordings.live


def test_an_error_without_text_is_named_by_its_type(
    confdir: Path,
    origin: Origin,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise NotImplementedError

    for method in ("create", "chunk"):
        with monkeypatch.context() as patch:
            patch.setattr(CaptureWriter, method, broken)
            handler = Lockstep(CHUNKS)
            url = origin.serve(handler)
            with in_process(confdir, SsetapeRecord(), tape_dir=str(tmp_path)) as port:
                assert handler.fetch(port, url) == CHUNKS
    assert ours(caplog).count("NotImplementedError; the stream itself goes on") == 2


def test_a_folder_that_is_removed_meanwhile_is_not_called_complete(
    confdir: Path, origin: Origin, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "tapes"

    def handler(exchange: Exchange) -> None:
        exchange.head("Content-Type: text/event-stream")
        exchange.chunk(CHUNKS[0])
        while not list(folder.glob("*.ssetape")):
            time.sleep(0.01)
        shutil.rmtree(folder)
        exchange.chunk(CHUNKS[1])
        exchange.end()

    url = origin.serve(handler)
    with in_process(confdir, SsetapeRecord(), tape_dir=str(folder)) as port:
        assert b"".join(fetch(port, url)) == b"".join(CHUNKS[:2])
    assert "is gone: it was removed while it was being recorded" in ours(caplog)
    assert not folder.exists()


def test_a_bug_in_the_end_of_a_recording_does_not_leave_the_client_waiting(
    confdir: Path, origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("a bug for the test")

    monkeypatch.setattr(Recording, "finish", broken)
    handler = Lockstep(CHUNKS)
    url = origin.serve(handler)
    try:
        with in_process(confdir, SsetapeRecord(), tape_dir=str(tmp_path)) as port:
            assert handler.fetch(port, url) == CHUNKS
    finally:
        recordings.live.clear()


# Other addons

StreamFunction = Callable[[bytes], Iterable[bytes] | bytes]


class Sets:
    """An addon that puts a stream function into every response."""

    def __init__(self, function: StreamFunction | bool) -> None:
        self.function = function

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        assert flow.response is not None
        flow.response.stream = self.function


def ends_with_more(data: bytes) -> bytes:
    return data or b"data: more\n\n"


def doubled(data: bytes) -> Iterator[bytes]:
    yield data
    yield data


def odd_dropped(nothing: Any) -> StreamFunction:
    return lambda data: nothing if data in CHUNKS[1::2] else data


UPPER = [data.upper() for data in CHUNKS]


@pytest.mark.parametrize(
    ("function", "client_gets", "altered"),
    [
        pytest.param(lambda data: data, CHUNKS, False, id="the same"),
        pytest.param(lambda data: [data], CHUNKS, False, id="the same in a list"),
        pytest.param(lambda data: iter([data[:3], data[3:]]), None, False, id="cut in two"),
        pytest.param(lambda data: data.upper(), UPPER, True, id="changed"),
        pytest.param(odd_dropped([]), CHUNKS[::2], True, id="dropped with a list"),
        pytest.param(odd_dropped(b""), CHUNKS[::2], True, id="dropped with no bytes"),
        pytest.param(odd_dropped([b"", b""]), CHUNKS[::2], True, id="dropped with empty pieces"),
        pytest.param(ends_with_more, [*CHUNKS, b"data: more\n\n"], True, id="more at the end"),
        pytest.param(
            doubled, [data for data in CHUNKS for _ in range(2)], True, id="twice, by a generator"
        ),
    ],
)
def test_what_another_addon_does_to_the_stream_stays_done(
    function: StreamFunction,
    client_gets: list[bytes] | None,
    altered: bool,
    confdir: Path,
    origin: Origin,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def at_once(exchange: Exchange) -> None:
        exchange.head()
        for data in CHUNKS:
            exchange.chunk(data)
        exchange.end()

    url = origin.serve(at_once)
    with (
        in_process(confdir, Sets(function), SsetapeRecord(), tape_dir=str(tmp_path)) as port,
        Client(port, url) as client,
    ):
        client.head()
        received = list(client.chunks())
    assert b"".join(received) == b"".join(client_gets or CHUNKS)
    if client_gets is not None:
        assert received == client_gets
    capture = ended_capture(tmp_path, url)
    # The capture has what the server sent, and says where the client got something else.
    assert [chunk.data for chunk in capture.chunks()] == CHUNKS
    end = list(capture.records())[-1]
    assert end[2]["reason"] == "complete"
    assert end[2].get("altered", False) is altered
    assert ("the client got other bytes" in ours(caplog, logging.INFO)) is altered


@pytest.mark.parametrize("function", [True, lambda data: data], ids=["True", "a function"])
def test_an_addon_that_takes_the_stream_away_is_named_as_the_reason(
    function: StreamFunction | bool,
    confdir: Path,
    origin: Origin,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    handler = Lockstep(CHUNKS)
    url = origin.serve(handler)
    with in_process(confdir, SsetapeRecord(), Sets(function), tape_dir=str(tmp_path)) as port:
        assert handler.fetch(port, url) == CHUNKS
    capture = ended_capture(tmp_path, url)
    assert list(capture.chunks()) == []
    assert capture.end is not None
    assert capture.end.reason == "not_seen"
    assert "another addon replaced the stream function" in ours(caplog)


def test_a_stream_that_was_taken_away_and_then_cut_does_not_pass_for_an_empty_one(
    confdir: Path, origin: Origin, tmp_path: Path
) -> None:
    def cut(exchange: Exchange) -> None:
        exchange.head()
        exchange.chunk(CHUNKS[0])

    url = origin.serve(cut)
    with (
        in_process(confdir, SsetapeRecord(), Sets(True), tape_dir=str(tmp_path)) as port,
        Client(port, url) as client,
    ):
        client.head()
        assert client.chunk() == CHUNKS[0]
        capture = ended_capture(tmp_path, url)
    assert capture.end is not None
    assert capture.end.reason == "not_seen"


class Wraps:
    """An addon, loaded later, that puts its function around the recorder's."""

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        assert flow.response is not None
        inner = flow.response.stream
        assert callable(inner)
        flow.response.stream = lambda data: inner(data)


def test_a_function_around_the_recorders_is_no_hindrance(
    confdir: Path, origin: Origin, tmp_path: Path
) -> None:
    handler = Lockstep(CHUNKS)
    url = origin.serve(handler)
    with in_process(confdir, SsetapeRecord(), Wraps(), tape_dir=str(tmp_path)) as port:
        assert handler.fetch(port, url) == CHUNKS
    capture = ended_capture(tmp_path, url)
    assert [chunk.data for chunk in capture.chunks()] == CHUNKS
    assert capture.end is not None
    assert capture.end.reason == "complete"


def test_a_response_with_a_known_length_keeps_it(
    confdir: Path, origin: Origin, tmp_path: Path
) -> None:
    body = b"".join(CHUNKS)

    def sized(exchange: Exchange) -> None:
        exchange.head(EVENT_STREAM, f"Content-Length: {len(body)}", chunked=False)
        exchange.send(body)

    url = origin.serve(sized)
    with (
        in_process(confdir, SsetapeRecord(), tape_dir=str(tmp_path)) as port,
        Client(port, url) as client,
    ):
        client.head()
        assert client.headers["content-length"] == str(len(body))
        assert client.read(len(body)) == body


# The lists


def event_stream_flow() -> http.HTTPFlow:
    flow = tflow.tflow(resp=True)
    assert flow.response is not None
    flow.response.headers["content-type"] = "text/event-stream"
    flow.response.raw_content = None  # it has yet to come
    return flow


def run_through(addon: SsetapeRecord, flow: http.HTTPFlow) -> None:
    addon.request(flow)
    addon.responseheaders(flow)
    assert flow.response is not None
    assert callable(flow.response.stream)
    flow.response.stream(b"data: x\n\n")
    flow.response.stream(b"")
    addon.response(flow)


def test_a_finished_stream_leaves_nothing_of_its_flow_in_memory(tmp_path: Path) -> None:
    # A proxy runs for weeks, and the requests of chats are large.
    addon = SsetapeRecord()
    with in_context(addon, tape_dir=str(tmp_path)):
        flow = event_stream_flow()
        run_through(addon, flow)
        gone = weakref.ref(flow)
        del flow
        gc.collect()
        assert gone() is None
    assert not recordings.live
    assert len(addon._moments) == 0


def test_requests_that_are_not_recorded_leave_nothing_behind(tmp_path: Path) -> None:
    addon = SsetapeRecord()
    finished = recordings.finished.total()
    with in_context(addon, tape_dir=str(tmp_path)):
        for failed in (False, True):
            flow = tflow.tflow(resp=not failed, err=failed)
            addon.request(flow)
            if failed:
                addon.error(flow)
            else:
                addon.responseheaders(flow)
                addon.response(flow)
    assert len(addon._moments) == 0
    assert not recordings.live
    assert recordings.finished.total() == finished
    assert not list(tmp_path.iterdir())


def test_the_lists_hold_what_runs_and_what_has_ended(
    confdir: Path, origin: Origin, tmp_path: Path
) -> None:
    go_on = threading.Event()

    def waits(exchange: Exchange) -> None:
        exchange.head()
        exchange.chunk(CHUNKS[0])
        assert go_on.wait(TIMEOUT_S)
        exchange.end()

    urls = [origin.serve(waits) for _ in range(3)]
    before = recordings.finished.total()
    with in_process(confdir, SsetapeRecord(), tape_dir=str(tmp_path)) as port:
        clients = [Client(port, url) for url in urls]
        for client in clients:
            client.head()
            assert client.chunk() == CHUNKS[0]
        assert len(recordings.live) == 3
        assert recordings.finished.total() == before
        clients[0].close()
        wait_until(lambda: len(recordings.live) == 2, "the end of the client that left")
        assert recordings.finished.total() == before + 1
        go_on.set()
        for client in clients[1:]:
            assert list(client.chunks()) == []
            client.close()
        wait_until(lambda: not recordings.live, "the ends of the others")
        assert recordings.finished.total() == before + 3


def test_a_recording_ends_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    request = {"method": "GET", "url": "http://x/", "http_version": "HTTP/1.1", "headers": []}
    writer = CaptureWriter.create(tmp_path, "x", {"request": request})
    recording = FlowRecording("id", "GET http://x/", writer, time.perf_counter())
    stream = recording.stream_function(None)
    assert stream(b"data: x\n\n") == b"data: x\n\n"
    finish_all(reasons.PROXY_SHUTDOWN)
    recording.finish(time.perf_counter(), reasons.CLIENT_CLOSED)
    # Bytes that come after the end go on, and are not written.
    assert stream(b"data: late\n\n") == b"data: late\n\n"
    assert list(stream(b"")) == []
    (capture,) = captures(tmp_path)
    assert [chunk.data for chunk in capture.chunks()] == [b"data: x\n\n"]
    assert [record[1] for record in capture.records()].count("end") == 1
    assert capture.end is not None
    assert capture.end.reason == "proxy_shutdown"
    assert not recordings.live
    assert not ours(caplog)


def test_no_descriptor_stays_open(confdir: Path, origin: Origin, tmp_path: Path) -> None:
    def cut(exchange: Exchange) -> None:
        exchange.head()

    with in_process(confdir, SsetapeRecord(), tape_dir=str(tmp_path)) as port:
        for handler in (cut, Lockstep([])):
            url = origin.serve(handler)
            with Client(port, url) as client, contextlib.suppress(Cut):
                client.head()
                client.chunk()
            ended_capture(tmp_path, url)
        mask_finished.settle()
        held = [path for fd in open_descriptors() if (path := target(fd))]
    assert not [path for path in held if path.startswith(str(tmp_path))]


def target(fd: str) -> str | None:
    try:
        return os.readlink(f"/proc/self/fd/{fd}")
    except FileNotFoundError:
        return None  # the one that the folder was listed through


def open_descriptors() -> list[str]:
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        pytest.skip("open descriptors are listed in /proc, which is not here")
    return [fd for fd in os.listdir(folder) if (folder / fd).is_symlink()]


def test_who_fails_when_a_recording_begins_does_not_stop_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[float] = []

    def broken(flow: http.HTTPFlow, recording: FlowRecording, head_s: float) -> None:
        raise RuntimeError("made on purpose")

    def notes(flow: http.HTTPFlow, recording: FlowRecording, head_s: float) -> None:
        told.append(head_s)

    monkeypatch.setattr(flow_recording, "on_begin", [broken, notes])
    flow = tflow.tflow(resp=True)
    recording = FlowRecording(flow.id, "GET x", CaptureWriter.create(tmp_path, "x", {}), 0.0)
    with caplog.at_level(logging.ERROR, "ssetape"):
        flow_recording.begun(flow, recording, 0.25)
    assert told == [0.25]
    assert "made on purpose" in caplog.text
    recording.finish(1.0, reasons.COMPLETE)
