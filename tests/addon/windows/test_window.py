"""What mitmproxy's windows are given, by the addon and through mitmweb's own interface."""

import json
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from mitmproxy import ctx, exceptions, http, io
from mitmproxy.addons.view import View
from proxies import (
    TIMEOUT_S,
    Client,
    Exchange,
    Mitmdump,
    Origin,
    captures,
    fetch,
    in_context,
    wait_until,
)
from websockets.sync.client import connect
from websockets.sync.server import ServerConnection, serve

from ssetape.addon import flow_recording, flows, window
from ssetape.addon.windows import kept
from ssetape.format.writer import CaptureWriter
from ssetape.recording import reasons, recording

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def all_end() -> Iterator[None]:
    """Ends the recordings that a test has begun: other tests look at all that are live."""
    before = set(recording.live)
    yield
    for flow_id in recording.live.keys() - before:
        recording.live[flow_id].finish(0.0, reasons.COMPLETE)


def begin(flow: http.HTTPFlow, folder: Path) -> flow_recording.FlowRecording:
    writer = CaptureWriter.create(folder, "x", {"ssetape": 1})
    begun = flow_recording.FlowRecording(flow.id, "GET x", writer, 0.0)
    flow_recording.begun(flow, begun, 0.25)
    return begun


@pytest.mark.parametrize(
    ("has_view", "options", "keeps"),
    [
        (True, {}, True),
        (True, {"tape_show": "0"}, False),
        (False, {}, False),
        (False, {"save_stream_file": "somewhere"}, True),
    ],
)
def test_something_is_kept_where_somebody_looks(
    has_view: bool,
    options: dict[str, str],
    keeps: bool,
    stream: Callable[..., http.HTTPFlow],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    addon = window.SsetapeWindow()
    monkeypatch.setattr(window.Refresh, "__init__", lambda self, update: None)
    monkeypatch.setattr(window.Refresh, "mark", lambda self, kept: None)
    monkeypatch.setattr(window.Refresh, "stop", lambda self: None)
    with in_context(addon, tape_show=options.get("tape_show", "16m")):
        ctx.options.add_option("save_stream_file", str, options.get("save_stream_file", ""), "")
        if has_view:
            ctx.master.addons.add(View())
        addon.running()
        try:
            flow = stream()
            begun = begin(flow, tmp_path)
            assert (begun.watcher is not None) == keeps
            assert flow.response is not None
            assert (flow.response.raw_content is not None) == keeps
            ordinary = stream()
            assert ordinary.response is not None
            ordinary.response.content = b"{}"
            other = begin(ordinary, tmp_path)
            assert other.watcher is None
            for each in (begun, other):
                each.finish(1.0, "complete")
            assert flow.id not in kept.live
        finally:
            addon.done()
    later = begin(stream(), tmp_path)
    assert later.watcher is None
    later.finish(1.0, "complete")


def test_a_stream_is_updated_on_when_the_script_is_loaded_again(
    stream: Callable[..., http.HTTPFlow], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []

    class Loads:
        """In place of `Refresh`: which updates are asked for."""

        looked = None

        def __init__(self, update: object) -> None:
            self.marked: list[object] = []
            self.mark = self.marked.append
            made.append(self)

        def stop(self) -> None:
            self.marked.clear()

    monkeypatch.setattr(window, "Refresh", Loads)
    begun = None
    for _ in range(3):
        addon = window.SsetapeWindow()
        with in_context(addon):
            ctx.master.addons.add(View())
            addon.running()
            begun = begun or begin(stream(), tmp_path)
            begun.chunk(1.0, b"x")
            assert [len(each.marked) for each in made] == [*[0] * (len(made) - 1), 1]
            addon.done()
    assert begun is not None
    begun.finish(2.0, "complete")


@pytest.mark.parametrize("size", ["much", "-5", ""])
def test_a_size_that_is_none_is_refused(size: str) -> None:
    refused = pytest.raises(exceptions.OptionsError, match=f"tape_show '{size}': expected a size")
    with in_context(window.SsetapeWindow()), refused:
        ctx.options.update(tape_show=size)


def test_the_bound_is_one_for_a_script_that_is_loaded_again(
    stream: Callable[..., http.HTTPFlow], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(window.Refresh, "__init__", lambda self, update: None)
    monkeypatch.setattr(window.Refresh, "mark", lambda self, kept: None)
    monkeypatch.setattr(window.Refresh, "stop", lambda self: None)
    seen = []
    for _ in range(30):
        addon = window.SsetapeWindow()
        with in_context(addon, tape_show="160k"):
            ctx.master.addons.add(View())
            addon.running()
            seen.append(stream())
            begun = begin(seen[-1], tmp_path)
            for number in range(15):
                begun.chunk(float(number), b"x" * 1000)
            begun.finish(20.0, "complete")
            addon.done()
    kept_bytes = sum(len(flow.response.raw_content or b"") for flow in seen if flow.response)
    assert kept_bytes < 160 * 1024 + 30 * 4096


# --- through mitmweb --------------------------------------------------------------------------


class Mitmweb:
    """A mitmweb that records, and what its page is given."""

    def __init__(self, confdir: Path, folder: Path, *scripts: Path) -> None:
        with socket.socket() as one, socket.socket() as two:
            one.bind(("127.0.0.1", 0))
            two.bind(("127.0.0.1", 0))
            self.port, self.web_port = one.getsockname()[1], two.getsockname()[1]
        given = [f"confdir={confdir}", f"tape_dir={folder}", "web_open_browser=false"]
        has_password = (
            "web_password"
            in subprocess.run(
                [str(Path(sys.executable).with_name("mitmweb")), "--options"],
                capture_output=True,
                text=True,
            ).stdout
        )
        if has_password:
            given.append("web_password=x")
        words = [str(Path(sys.executable).with_name("mitmweb"))]
        words += ["--listen-host", "127.0.0.1", "-p", str(self.port)]
        words += ["--web-port", str(self.web_port)]
        for script in (ROOT / "addon" / "record.py", *scripts):
            words += ["-s", str(script)]
        for option in given:
            words += ["--set", option]
        self.process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    def ask(self, path: str) -> Any:
        url = f"http://127.0.0.1:{self.web_port}{path}{'&' if '?' in path else '?'}token=x"
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:
            return json.loads(answer.read())

    def is_there(self) -> bool:
        try:
            self.ask("/flows")
            with socket.create_connection(("127.0.0.1", self.port), 1):
                return True
        except OSError:
            return False

    def flow(self, path: str) -> Any:
        found = [flow for flow in self.ask("/flows") if flow["request"]["path"] == path]
        return found[0] if found and "response" in found[0] else None

    def text(self, path: str, view: str = "auto", message: str = "response") -> Any:
        """The text of a response, or of each message."""
        found = self.ask(
            f"/flows/{self.flow(path)['id']}/{message}/content/{quote(view, safe='')}.json"
        )
        return [_text(each) for each in found] if isinstance(found, list) else _text(found)


def _text(content: Any) -> str:
    if "text" in content:
        return str(content["text"])
    return "\n".join("".join(text for _, text in line) for line in content["lines"])


@contextmanager
def mitmweb(confdir: Path, folder: Path, *scripts: Path) -> Iterator[Mitmweb]:
    running = Mitmweb(confdir, folder, *scripts)
    try:
        wait_until(running.is_there, "mitmweb")
        yield running
    finally:
        running.process.terminate()
        running.process.communicate(timeout=TIMEOUT_S)


@pytest.mark.programs
def test_mitmweb_shows_events_with_their_times_while_they_come(
    confdir: Path, tmp_path: Path, origin: Origin
) -> None:
    go_on = threading.Event()

    def twenty(exchange: Exchange) -> None:
        exchange.head("content-type: text/event-stream")
        for number in range(20):
            if number == 10:
                go_on.wait(TIMEOUT_S)
            exchange.chunk(b"id: %d\ndata: event %d\n\n" % (number, number))
        exchange.end()

    def cut(exchange: Exchange) -> None:
        exchange.head("content-type: text/event-stream")
        exchange.chunk(b"data: one\n\n")

    url = origin.serve(twenty, "twenty")
    path = "/" + url.split("/", 3)[3]
    with mitmweb(confdir, tmp_path) as window:
        with Client(window.port, url) as client:
            client.head()
            for _ in range(10):
                client.chunk()

            def half() -> bool:
                return window.flow(path) is not None and "event 9" in window.text(path)

            wait_until(half, "half of the events")
            text = window.text(path)
            assert text.endswith("going on")
            assert "event 10" not in text
            assert window.flow(path)["response"]["contentHash"] is not None
            before = window.flow(path)["response"]["contentHash"]
            go_on.set()
            for _ in client.chunks():
                pass
        (capture,) = ended(tmp_path, 1)
        lines = window.text(path).splitlines()
        assert len(lines) == 23
        assert window.flow(path)["response"]["contentHash"] != before
        assert lines[-1].endswith("complete")
        shown = [float(line.split()[0]) for line in lines[2:-1]]
        assert shown == [round(event.t_s, 3) for event in capture.events()]
        chunks = window.text(path, "Event stream, chunks").splitlines()
        assert len(chunks) == 23
        assert chunks[2].endswith("B  id: 0\\ndata: event 0\\n\\n")
        cut_url = origin.serve(cut, "cut")
        with Client(window.port, cut_url) as client:
            client.head()
            client.read_some()
        ended(tmp_path, 2)
        cut_path = "/" + cut_url.split("/", 3)[3]
        wait_until(lambda: "upstream_cut" in window.text(cut_path), "the end")


@pytest.mark.programs
def test_a_failing_view_leaves_traffic_and_capture_whole(
    confdir: Path, tmp_path: Path, origin: Origin
) -> None:
    breaks = tmp_path / "breaks.py"
    breaks.write_text(
        "import sys\n"
        "def request(flow):\n"
        "    window = sys.modules['ssetape.addon.windows.window']\n"
        "    text = sys.modules['ssetape.addon.windows.stream_text']\n"
        "    def broken(*_, **__): raise RuntimeError('made on purpose')\n"
        "    window.SsetapeWindow._changed = broken\n"
        "    text.Reading = broken\n"
    )

    def five(exchange: Exchange) -> None:
        exchange.head("content-type: text/event-stream")
        for number in range(5):
            exchange.chunk(b"data: %d\n\n" % number)
        exchange.end()

    url = origin.serve(five, "five")
    path = "/" + url.split("/", 3)[3]
    with mitmweb(confdir, tmp_path / "tapes", breaks) as window:
        chunks = fetch(window.port, url)
        assert chunks == [b"data: %d\n\n" % number for number in range(5)]
        (capture,) = ended(tmp_path / "tapes", 1)
        assert [chunk.data for chunk in capture.chunks()] == chunks
        assert "cannot be shown (RuntimeError('made on purpose'" in window.text(path)
        assert window.flow(path)["response"]["contentLength"] == len(chunks[0])  # until it failed


@pytest.mark.programs
def test_mitmdump_writes_bodies_and_times_into_its_flow_file(
    confdir: Path, tmp_path: Path, origin: Origin
) -> None:
    def five(exchange: Exchange) -> None:
        exchange.head("content-type: text/event-stream")
        for number in range(5):
            exchange.chunk(b"data: %d\n\n" % number)
        exchange.end()

    file = tmp_path / "flows"
    url = origin.serve(five, "five")
    with Mitmdump(confdir, tmp_path / "tapes", f"save_stream_file={file}") as mitmdump:
        fetch(mitmdump.port, url)
        capture = mitmdump.capture(url)
    with file.open("rb") as opened:
        (flow,) = io.FlowReader(opened).stream()
    assert isinstance(flow, http.HTTPFlow)
    assert flow.response is not None
    assert flow.response.content == b"".join(chunk.data for chunk in capture.chunks())
    record = flow.metadata[flows.RECORDED]
    times = [(round(t_s, 6), size) for t_s, size in record["chunks"]]
    assert times == [(chunk.t_s, len(chunk.data)) for chunk in capture.chunks()]
    assert record["end"]["reason"] == "complete"


def ended(folder: Path, count: int) -> list[Any]:
    def found() -> list[Any] | None:
        done = [capture for capture in captures(folder) if capture.end]
        return done if len(done) == count else None

    all_of_them = wait_until(found, f"{count} captures that ended")
    assert all_of_them is not None
    return all_of_them


@pytest.mark.programs
def test_mitmweb_shows_when_each_message_of_a_websocket_came(confdir: Path, tmp_path: Path) -> None:
    def echo(connection: ServerConnection) -> None:
        for message in connection:
            connection.send(message)

    with serve(echo, "127.0.0.1", 0) as server, mitmweb(confdir, tmp_path) as window:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        url = f"ws://127.0.0.1:{server.socket.getsockname()[1]}/socket"
        with connect(url, proxy=f"http://127.0.0.1:{window.port}") as client:
            for text in ("one", "two"):
                client.send(text)
                client.recv(TIMEOUT_S)
            wait_until(lambda: len(window.text("/socket", message="messages")) == 4, "messages")
        (capture,) = ended(tmp_path, 1)
        shown = window.text("/socket", message="messages")
        server.shutdown()
        thread.join(TIMEOUT_S)
    rows = [text.split("\n") for text in shown]
    assert [data for _, data in rows] == ["one", "one", "two", "two"]
    assert [float(row.split()[0]) for row, _ in rows] == [
        round(message.t_s, 3) for message in capture.messages()
    ]
