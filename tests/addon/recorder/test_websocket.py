import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from mitmproxy import http
from mitmproxy.test import tflow
from proxies import TIMEOUT_S, Mitmdump, captures, in_context, in_process, wait_until
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.sync.server import ServerConnection, serve

from ssetape.addon.record import SsetapeRecord
from ssetape.capture import Capture
from ssetape.recording import recording
from ssetape.replay.running import serving


@contextmanager
def server(handler: Callable[[ServerConnection], None]) -> Iterator[str]:
    """A WebSocket server; gives its URL."""
    with serve(handler, "127.0.0.1", 0) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield f"ws://127.0.0.1:{running.socket.getsockname()[1]}/socket"
        running.shutdown()
        thread.join(TIMEOUT_S)


def echo(connection: ServerConnection) -> None:
    for message in connection:
        connection.send(message)


def through(port: int, url: str, **options: Any) -> ClientConnection:
    return connect(url, proxy=f"http://127.0.0.1:{port}", **options)


def the_capture(folder: Path) -> Capture:
    """The only capture in a folder, once it has ended."""

    def found() -> Capture | None:
        return next((capture for capture in captures(folder) if capture.end), None)

    capture = wait_until(found, "a capture that ended")
    assert capture is not None
    assert len(captures(folder)) == 1
    return capture


@pytest.fixture
def port(confdir: Path, tmp_path: Path) -> Iterator[int]:
    """A proxy that records into `tmp_path`."""
    with in_process(confdir, SsetapeRecord(), tape_dir=str(tmp_path)) as listening:
        yield listening


def test_what_was_recorded_is_replayed_to_the_same_client(port: int, tmp_path: Path) -> None:
    def talk(client: ClientConnection) -> list[str | bytes]:
        heard: list[str | bytes] = []
        for message in MESSAGES:
            client.send(message)
            heard.append(client.recv(TIMEOUT_S))
        client.send("stop")
        with pytest.raises(ConnectionClosed) as caught:
            client.recv(TIMEOUT_S)
        assert caught.value.rcvd is not None
        return [*heard, f"{caught.value.rcvd.code} {caught.value.rcvd.reason}"]

    def echo_until_stop(connection: ServerConnection) -> None:
        for message in connection:
            if message == "stop":
                connection.close(4002, "stopped")
                return
            connection.send(message)

    with server(echo_until_stop) as url, through(port, url) as client:
        original = talk(client)
    capture = the_capture(tmp_path)
    with (
        serving([capture]) as replay,
        connect(f"{replay.replace('http', 'ws')}/socket", proxy=None) as client,
    ):
        assert talk(client) == original
    assert original == [*MESSAGES, "4002 stopped"]


MESSAGES: list[str | bytes] = [
    "hello",
    b"\x00\xff",
    "",
    b"",
    "caf\u00e9\n\u2028",
    b"text",
    "x" * 9000,
]


def as_bytes(message: str | bytes) -> bytes:
    return message.encode() if isinstance(message, str) else message


@pytest.mark.parametrize("compression", ["deflate", None])
def test_messages_of_both_sides_are_recorded_in_order_to_the_byte(
    compression: str | None, port: int, tmp_path: Path
) -> None:
    with server(echo) as url:
        options = {"Authorization": "Bearer s3cret"}
        client = through(
            port, f"{url}?token=t", compression=compression, additional_headers=options
        )
        with client:
            for message in MESSAGES:
                client.send(message)
                assert client.recv(TIMEOUT_S) == message
            client.send(["frag", "ment", "s"])
            assert client.recv(TIMEOUT_S) == "fragments"
            client.close(4001, "bye")
        capture = the_capture(tmp_path)
    assert capture.kind == "websocket"
    assert capture.request.url == f"{url}?token=MASKED"
    assert ("Authorization", "Bearer MASKED") in capture.request.headers
    assert capture.response is not None
    assert capture.response.status == 101
    expected = [
        (from_client, isinstance(message, str), as_bytes(message))
        for message in [*MESSAGES, "fragments"]
        for from_client in (True, False)
    ]
    found = list(capture.messages())
    assert [(m.from_client, m.is_text, m.data) for m in found] == expected
    times = [0.0, capture.response.t_s, *(m.t_s for m in found)]
    assert times == sorted(times)
    end = capture.end
    assert end is not None
    assert (end.reason, end.chunks) == ("complete", len(expected))
    assert end.t_s >= times[-1]
    assert end.close is not None
    assert (end.close.code, end.close.reason, end.close.by_client) == (4001, "bye", True)


def test_a_close_by_the_server_is_the_server_s(port: int, tmp_path: Path) -> None:
    with server(lambda connection: connection.close(1011, "broken")) as url:
        with through(port, url) as client, pytest.raises(ConnectionClosed):
            client.recv(TIMEOUT_S)
        end = the_capture(tmp_path).end
    assert end is not None
    assert end.reason == "complete"
    assert end.close is not None
    assert (end.close.code, end.close.reason, end.close.by_client) == (1011, "broken", False)


def test_a_server_that_is_gone_without_a_word_has_cut_it(port: int, tmp_path: Path) -> None:
    def vanish(connection: ServerConnection) -> None:
        connection.recv(TIMEOUT_S)
        connection.socket.shutdown(2)

    with server(vanish) as url:
        with through(port, url) as client:
            client.send("go")
            with pytest.raises(ConnectionClosed) as closed:
                client.recv(TIMEOUT_S)
        capture = the_capture(tmp_path)
    # What mitmproxy tells the client is not what happened: the documentation says so.
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1000
    assert [message.text for message in capture.messages()] == ["go"]
    assert_cut(capture, "upstream_cut", by_client=False)


def test_a_client_that_is_gone_without_a_word_has_closed_it(port: int, tmp_path: Path) -> None:
    codes: list[int | None] = []

    def note_the_end(connection: ServerConnection) -> None:
        with pytest.raises(ConnectionClosed) as closed:
            connection.recv(TIMEOUT_S)
        codes.append(closed.value.rcvd and closed.value.rcvd.code)

    with server(note_the_end) as url:
        with through(port, url) as client:
            client.socket.shutdown(2)
        wait_until(lambda: codes, "the server to see the end")
        capture = the_capture(tmp_path)
    assert codes == [1000]
    assert_cut(capture, "client_closed", by_client=True)


def assert_cut(capture: Capture, reason: str, *, by_client: bool) -> None:
    assert capture.end is not None
    assert capture.end.reason == reason
    assert capture.end.close is not None
    assert (capture.end.close.code, capture.end.close.by_client) == (1006, by_client)


def test_a_proxy_that_is_stopped_ends_it_and_one_that_is_killed_leaves_every_message(
    confdir: Path, tmp_path: Path
) -> None:
    for number, reason in ((signal.SIGTERM, "proxy_shutdown"), (signal.SIGKILL, None)):
        folder = tmp_path / number.name
        proxy = Mitmdump(confdir, folder)
        try:
            with server(echo) as url:
                with through(proxy.port, url, close_timeout=1) as client:
                    client.send("one")
                    assert client.recv(TIMEOUT_S) == "one"
                    proxy.stop(number)
                (capture,) = captures(folder)
        finally:
            proxy.stop(signal.SIGKILL)
        assert [m.text for m in capture.messages()] == ["one", "one"]
        assert (capture.end.reason if capture.end else None) == reason


class Others:
    """Another addon: what it finds in mitmproxy's list of messages."""

    def __init__(self) -> None:
        self.newest: list[bytes] = []
        self.longest = 0

    def websocket_message(self, flow: http.HTTPFlow) -> None:
        assert flow.websocket is not None
        self.newest.append(flow.websocket.messages[-1].content)
        self.longest = max(self.longest, len(flow.websocket.messages))


def send_many(port: int, url: str, count: int) -> None:
    with through(port, url, compression=None) as client:

        def send() -> None:
            for number in range(count):
                client.send(b"%d" % number)

        sender = threading.Thread(target=send)
        sender.start()
        for number in range(count):
            assert client.recv(TIMEOUT_S) == b"%d" % number
        sender.join(TIMEOUT_S)


@pytest.mark.parametrize("is_first", [True, False])
def test_mitmproxy_keeps_the_last_message_alone_and_other_addons_see_each(
    is_first: bool, confdir: Path, tmp_path: Path
) -> None:
    others = Others()
    addons = [SsetapeRecord(), others] if is_first else [others, SsetapeRecord()]
    with server(echo) as url, in_process(confdir, *addons, tape_dir=str(tmp_path)) as port:
        send_many(port, url, 3000)
        capture = the_capture(tmp_path)
    assert others.longest <= 2
    assert len(others.newest) == 6000
    messages = list(capture.messages())
    for from_client in (True, False):
        found = [message.data for message in messages if message.from_client is from_client]
        assert found == [b"%d" % number for number in range(3000)]


@pytest.mark.parametrize(
    "options",
    [{"tape_websocket": False}, {"tape_filter": "~u nothing"}],
    ids=["switched off", "filtered out"],
)
def test_what_is_not_recorded_is_left_to_mitmproxy(
    options: dict[str, Any], confdir: Path, tmp_path: Path
) -> None:
    others = Others()
    addon = SsetapeRecord()
    settings = {"tape_dir": str(tmp_path), "tape_all": True, **options}
    with server(echo) as url, in_process(confdir, addon, others, **settings) as port:
        send_many(port, url, 3)
        wait_until(lambda: others.longest == 6, "all messages in the list")
    assert captures(tmp_path) == []
    assert len(addon._moments) == 0
    assert not addon._begun


# Flows that no peer can make


@contextmanager
def a_flow(folder: Path) -> Iterator[tuple[SsetapeRecord, http.HTTPFlow]]:
    flow = tflow.twebsocketflow()
    assert flow.websocket is not None
    flow.websocket.messages.clear()
    addon = SsetapeRecord()
    with in_context(addon, tape_dir=str(folder)):
        addon.request(flow)
        addon.responseheaders(flow)
        addon.response(flow)
        addon.websocket_start(flow)
        yield addon, flow


def say(addon: SsetapeRecord, flow: http.HTTPFlow, message: Any) -> None:
    assert flow.websocket is not None
    flow.websocket.messages.append(message)
    addon.websocket_message(flow)


def test_text_that_is_not_utf_8_is_kept_and_marks_too(tmp_path: Path) -> None:
    from mitmproxy.websocket import WebSocketMessage

    with a_flow(tmp_path) as (addon, flow):
        say(addon, flow, WebSocketMessage(1, True, b"\xff"))
        say(addon, flow, WebSocketMessage(1, False, b"a", dropped=True))
        say(addon, flow, WebSocketMessage(2, False, b"b", injected=True))
        addon.websocket_end(flow)
    first, second, third = the_capture(tmp_path).messages()
    assert (first.is_text, first.data, first.text) == (True, b"\xff", None)
    assert (second.dropped, second.injected) == (True, False)
    assert (third.dropped, third.injected, third.is_text) == (False, True, False)
    assert len(addon._moments) == 0
    assert not addon._begun
    assert not recording.live


def test_a_file_that_cannot_be_written_on_harms_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from mitmproxy.websocket import WebSocketMessage

    with a_flow(tmp_path) as (addon, flow):
        os.close(recording.live[flow.id].writer._fd)
        recording.live[flow.id].writer._fd = os.open(os.devnull, os.O_RDONLY)
        say(addon, flow, WebSocketMessage(1, True, b"a"))
        say(addon, flow, WebSocketMessage(1, True, b"b"))
        addon.websocket_end(flow)
        assert flow.websocket is not None
        assert len(flow.websocket.messages) == 2  # as it would be without the recorder
    assert "stopped recording GET" in caplog.text
    assert not recording.live


def test_a_folder_that_cannot_be_made_harms_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "tapes").write_text("a file")
    with a_flow(tmp_path / "tapes") as (addon, flow):
        addon.websocket_end(flow)
    assert "cannot record GET" in caplog.text
    assert not recording.live
