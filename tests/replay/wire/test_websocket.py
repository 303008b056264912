import asyncio
import contextlib
import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from wsproto import ConnectionType, WSConnection, events

import ssetape
from ssetape.replay.answers.answerer import Answerer
from ssetape.replay.exchange import ClientRequest
from ssetape.replay.pacing import Pace
from ssetape.replay.running import serving
from ssetape.replay.server import ReplayServer
from ssetape.replay.shelf import Shelf
from ssetape.replay.wire import websocket as websocket_module
from ssetape.replay.wire.service import Service
from ssetape.replay.wire.websocket import WebSocketConnection, WebSocketState
from ssetape.replay.wire.websocket_client import Strictness

CLOSED = {"reason": "complete", "close": {"code": 4001, "reason": "enough", "by": "server"}}


@pytest.fixture
def tape(tmp_path: Path) -> Callable[..., Any]:
    """Gives a capture of a WebSocket with these records."""

    def write(*records: list[Any], end: dict[str, Any] | None = CLOSED, **head: Any) -> Any:
        request = {"method": "GET", "url": "wss://chat.test/socket?v=1", "headers": []}
        request["http_version"] = "HTTP/1.1"
        header = {"ssetape": 1, "id": "x", "kind": "websocket", "started": "", "request": request}
        opened = {"status": 101, "reason": "", "http_version": "HTTP/1.1", "headers": [], **head}
        lines: list[Any] = [header, [0.01, "head", opened], *records]
        if end is not None:
            lines.append([records[-1][0] if records else 0.01, "end", end])
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.ssetape"
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return ssetape.open(path)

    return write


@contextlib.contextmanager
def opened(
    capture: Any, pace: Pace | None = None, strict: bool = False, **options: Any
) -> Iterator[ClientConnection]:
    strictness = Strictness.STRICT if strict else Strictness.LOOSE
    with (
        serving([capture], pace, strictness) as url,
        connect(f"{url.replace('http', 'ws')}/socket?v=1", proxy=None, **options) as client,
    ):
        yield client


def closing(client: ClientConnection) -> tuple[int, str]:
    with pytest.raises(ConnectionClosed) as caught:
        client.recv(timeout=60)
    received = caught.value.rcvd
    return (received.code, received.reason) if received else (1006, "")


def test_messages_types_order_and_close_are_as_recorded(tape: Callable[..., Any]) -> None:
    capture = tape(
        [0.02, "<", "hello é"], [0.03, ">", "question"], [0.05, "<b", "AP8="], [0.06, "<", "bye"]
    )
    with opened(capture) as client:
        assert client.recv(timeout=60) == "hello é"
        with pytest.raises(TimeoutError):
            client.recv(timeout=0.2)  # it waits for the client
        client.send("another question")
        assert client.recv(timeout=60) == b"\0\xff"
        assert client.recv(timeout=60) == "bye"
        assert closing(client) == (4001, "enough")


def test_an_answer_comes_no_earlier_than_recorded(tape: Callable[..., Any]) -> None:
    capture = tape([0.02, ">", "q"], [0.32, "<", "a"])
    with opened(capture) as client:
        time.sleep(0.1)
        started_s = time.monotonic()
        client.send("q")
        assert client.recv(timeout=60) == "a"
        assert time.monotonic() - started_s >= 0.3


def test_strict_closes_where_the_client_says_something_else(tape: Callable[..., Any]) -> None:
    records = [0.02, ">", "same"], [0.03, ">", "recorded"], [0.04, "<", "never"]
    with opened(tape(*records), Pace(instant=True), strict=True) as client:
        client.send("same")
        client.send("recorsed")
        code, reason = closing(client)
    assert code == 1008
    assert reason == "client message 2 differs from the recorded one at byte 5"
    with opened(tape(*records), Pace(instant=True), strict=True) as client:
        client.send(b"same")
        assert closing(client)[1].endswith("is binary, expected text")


def test_what_was_not_closed_is_cut(tape: Callable[..., Any]) -> None:
    close = {"code": 1006, "reason": "", "by": "server"}
    for end in (None, {"reason": "upstream_cut"}, {"reason": "upstream_cut", "close": close}):
        with opened(tape([0.02, "<", "a"], end=end)) as client:
            assert client.recv(timeout=60) == "a"
            assert closing(client)[0] == 1006


def test_a_client_that_closed_it_is_waited_for(tape: Callable[..., Any]) -> None:
    end = {"reason": "complete", "close": {"code": 1000, "reason": "", "by": "client"}}
    with opened(tape([0.02, "<", "a"], end=end)) as client:
        assert client.recv(timeout=60) == "a"
        client.close(1000, "done")
        assert client.close_code == 1000


def test_the_subprotocol_and_other_headers_are_those_recorded(tape: Callable[..., Any]) -> None:
    headers = [["Sec-WebSocket-Protocol", "chat.v2"], ["X-Session", "7"], ["Upgrade", "websocket"]]
    capture = tape([0.02, "<", "a"], headers=headers)
    with opened(capture, subprotocols=["chat.v1", "chat.v2"]) as client:
        assert client.subprotocol == "chat.v2"
        assert client.response is not None
        assert client.response.headers["X-Session"] == "7"
    with opened(capture, subprotocols=None) as client:
        assert client.subprotocol is None


def test_a_ping_is_answered(tape: Callable[..., Any]) -> None:
    with opened(tape([0.02, ">", "q"])) as client:
        assert client.ping().wait(60)


def test_a_miss_is_told_and_a_get_is_no_request_for_a_websocket(tape: Callable[..., Any]) -> None:
    with serving([tape([0.02, "<", "a"])]) as url:
        with pytest.raises(InvalidStatus) as caught:
            connect(f"{url.replace('http', 'ws')}/other", proxy=None)
        assert caught.value.response.status_code == 404
        answer = raw(url, b"GET /socket?v=1 HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"asked GET, captured WebSocket" in answer
        answer = raw(url, b"GET /socket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 400 ")


def test_a_large_message_is_refused(
    tape: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket_module, "MESSAGE_LIMIT_BYTES", 1000)
    with opened(tape([0.02, ">", "q"])) as client:
        client.send("x" * 1001)
        assert closing(client)[0] == 1009


@pytest.mark.parametrize(
    "frame", [b"\xff" * 20, b"\x81\x01x", b"\x81\x82\0\0\0\0\xff\xff", b"\x89\xff" + b"\0" * 8]
)
def test_frames_that_are_none_end_the_connection(frame: bytes, tape: Callable[..., Any]) -> None:
    with serving([tape([0.02, ">", "q"])]) as url:
        received = raw(url, HANDSHAKE, frame)
        assert received.startswith(b"HTTP/1.1 101 ")
        with opened(tape([0.02, "<", "a"])) as client:  # and nothing else suffers
            assert client.recv(timeout=60) == "a"


HANDSHAKE = (
    b"GET /socket?v=1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def raw(url: str, *parts: bytes) -> bytes:
    """Send bytes, each part after something has come back, and give all that comes."""
    where = urlsplit(url)
    received = b""
    with socket.create_connection((where.hostname or "", where.port or 0), timeout=60) as sock:
        sock.sendall(parts[0])
        for part in parts[1:]:
            received += sock.recv(65536)
            sock.sendall(part)
        sock.shutdown(socket.SHUT_WR) if len(parts) == 1 else None
        with contextlib.suppress(ConnectionError):
            while data := sock.recv(65536):
                received += data
    return received


def test_many_messages_do_not_starve_the_others(tape: Callable[..., Any]) -> None:
    capture = tape(*([0.02, "<", f"m{number}"] for number in range(3000)))
    with opened(capture, Pace(instant=True)) as client:
        assert [client.recv(timeout=60) for _ in range(3000)] == [f"m{n}" for n in range(3000)]
    assert ReplayServer([capture]).shelf.unusable == []


# --- where a connection stands ---------------------------------------------------------------


class Wired:
    """A client of a replayed WebSocket, with no socket between them and no clock."""

    def __init__(self, capture: Any, timer: Any, transport: Any) -> None:
        self.timer, self.transport = timer, transport
        self.lines: list[str] = []
        answerer = Answerer(Shelf([capture]), Pace())
        self.service = Service(answerer, timer, Strictness.LOOSE, self.lines.append)
        self.service.transports.add(transport)
        self.client = WSConnection(ConnectionType.CLIENT)
        request = self.client.send(events.Request("chat.test", "/socket?v=1"))
        lines = request.decode().split("\r\n")[1:-2]
        headers = [tuple(line.encode().split(b": ", 1)) for line in lines]
        asked = ClientRequest("GET", "/socket?v=1", [("Upgrade", "websocket")], b"")
        play: Any = answerer.answer(asked)
        self.connection = WebSocketConnection(play, self.service, headers, b"/socket?v=1", 0)
        self.states = [self.connection._state]
        move = self.connection._move
        self.connection._move = lambda state: (move(state), self.states.append(state))
        self.connection.connection_made(transport)
        self._taken = 0

    def at(self, ms: float) -> list[str]:
        """The kinds of events that the client gets to see until then."""
        self.timer.run(ms * 1_000_000)
        written = self.transport.written[self._taken :]
        self._taken += len(written)
        if written:  # nothing would be the end
            self.client.receive_data(written)
        return [type(event).__name__ for event in self.client.events()]


@pytest.fixture
def wired(fake_timer: Any, fake_transport: Any, tape: Callable[..., Any]) -> Callable[..., Wired]:
    return lambda *records, **options: Wired(tape(*records, **options), fake_timer, fake_transport)


NO_END = {"reason": "complete", "close": {"code": 1000, "reason": "", "by": "client"}}


def test_a_connection_opens_then_the_client_closes_it(wired: Callable[..., Wired]) -> None:
    w = wired([0.02, "<", "a"], end=NO_END)
    assert w.at(9) == []
    assert w.at(10) == ["AcceptConnection"]
    assert w.at(1_000) == ["TextMessage"]
    w.connection.data_received(w.client.send(events.CloseConnection(1000)))
    assert w.transport.closed
    assert w.at(1_000) == ["CloseConnection"]
    assert w.states == [WebSocketState.OPENING, WebSocketState.OPEN, WebSocketState.CLOSED]
    w.connection.data_received(b"more")
    w.connection.connection_lost(None)
    assert w.service.transports == set()
    assert w.lines == []


def test_a_connection_that_the_server_closes_waits_for_the_client(
    wired: Callable[..., Wired],
) -> None:
    w = wired([0.02, "<", "a"])
    late = b"\x81\x81\0\0\0\0x"  # sent before the client has seen the close

    async def go() -> None:
        assert w.at(20)[-2:] == ["TextMessage", "CloseConnection"]
        w.connection.data_received(late)
        assert not w.transport.closed
        w.connection.data_received(w.client.send(events.CloseConnection(4001)))

    asyncio.run(go())
    assert w.transport.closed
    assert w.states == [
        WebSocketState.OPENING,
        WebSocketState.OPEN,
        WebSocketState.CLOSING,
        WebSocketState.CLOSED,
    ]


def test_a_client_may_leave_in_any_state(wired: Callable[..., Wired]) -> None:
    w = wired([0.02, "<", "a"])
    w.connection.connection_lost(None)
    assert w.at(1_000) == []
    assert w.states == [WebSocketState.OPENING, WebSocketState.CLOSED]
    with pytest.raises(AssertionError, match=r"WebSocketState\.CLOSED to WebSocketState\.OPEN"):
        w.connection._move(WebSocketState.OPEN)


def test_however_often_a_client_is_slow_the_timer_has_its_connection_once(
    wired: Callable[..., Wired],
) -> None:
    w = wired([0.02, "<", "a"], [0.5, "<", "b"], end=NO_END)
    w.at(20)
    for _ in range(5):
        w.connection.pause_writing()
        w.connection.resume_writing()
    assert len(w.timer._heap) == 1
    w.connection.pause_writing()
    assert w.at(600) == []
    w.connection.resume_writing()
    assert w.at(600) == ["TextMessage"]


def test_the_last_of_many_pings_is_answered_once_the_client_reads(
    wired: Callable[..., Wired],
) -> None:
    w = wired([0.02, ">", "q"])
    w.at(10)
    w.connection.pause_writing()
    for number in range(100):
        w.connection.data_received(w.client.send(events.Ping(b"%d" % number)))
    assert w.at(20) == []
    before = len(w.transport.written)
    w.connection.resume_writing()
    assert w.transport.written[before:].endswith(b"99")
    assert w.at(20) == ["Pong"]
    assert w.connection.is_playing


def test_what_comes_before_the_answer_to_the_handshake_waits(wired: Callable[..., Wired]) -> None:
    w = wired([0.02, ">", "q"])
    assert not w.connection.takes
    w.at(10)
    assert w.connection.takes


def counted(url: str) -> dict[str, float]:
    """The metrics of a server once no stream is open, by name with labels."""
    while True:
        text = httpx.get(f"{url}/_ssetape/metrics").raise_for_status().text
        lines = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
        found = {name: float(value) for name, _, value in lines}
        if not found["ssetape_streams_open"]:
            return found
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("end", "outcome"), [(CLOSED, "complete"), (None, "cut"), ({"reason": "upstream_cut"}, "cut")]
)
def test_a_websocket_is_counted_as_a_stream(
    tape: Callable[..., Any], end: dict[str, Any] | None, outcome: str
) -> None:
    capture = tape([0.02, "<", "one"], [0.03, "<", "two"], end=end)
    with serving([capture]) as url:
        with connect(f"{url.replace('http', 'ws')}/socket?v=1", proxy=None) as client:
            assert [client.recv(), client.recv()] == ["one", "two"]
            with pytest.raises(ConnectionClosed):
                client.recv()
        found = counted(url)
    assert found["ssetape_streams_begun_total"] == 1
    assert found[f'ssetape_streams_ended_total{{outcome="{outcome}"}}'] == 1
    assert found["ssetape_chunks_total"] == 2
    assert found["ssetape_sent_bytes_total"] >= len("onetwo")
    assert found["ssetape_lateness_seconds_count"] >= 3


def test_a_client_that_leaves_a_websocket_is_counted(tape: Callable[..., Any]) -> None:
    with serving([tape([0.02, "<", "one"], [60.0, "<", "two"])]) as url:
        with connect(f"{url.replace('http', 'ws')}/socket?v=1", proxy=None) as client:
            assert client.recv() == "one"
        found = counted(url)
    assert found['ssetape_streams_ended_total{outcome="left"}'] == 1
