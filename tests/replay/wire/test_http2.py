import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from h2 import events
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from hyperframe.frame import GoAwayFrame
from proxies import server_context

from ssetape.replay.answers.answerer import Answerer
from ssetape.replay.exchange import ClientRequest, Later, Say
from ssetape.replay.pacing import Pace
from ssetape.replay.running import running
from ssetape.replay.shelf import Shelf
from ssetape.replay.wire import allowance
from ssetape.replay.wire import http2 as http2_module
from ssetape.replay.wire.http1 import Http1Connection
from ssetape.replay.wire.http2 import PREFACE, Http2Connection
from ssetape.replay.wire.service import Service
from ssetape.replay.wire.websocket import Strictness

Make = Callable[..., Any]

CHUNKS = [(0.001, b"data: a\n\nda"), (0.002, b"ta: caf\xc3"), (0.003, b"\xa9\n\n")]
HEADERS = [("Content-Type", "text/event-stream"), ("Connection", "x-hop"), ("X-Hop", "1")]
MS = 1_000_000


class Wired:
    """A client of HTTP/2, wired to a connection without socket or clock."""

    def __init__(self, captures: list[Any], timer: Any, transport: Any, crew: Any = None) -> None:
        self.timer, self.transport = timer, transport
        self.lines: list[str] = []
        service = Service(
            answerer=Answerer(Shelf(captures), Pace()),
            timer=timer,
            strictness=Strictness.LOOSE,
            log=self.lines.append,
            crew=crew,
        )
        self.control = service.control
        self.connection: Any = Http1Connection(service)
        self.client = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
        self._taken = 0
        transport.set_protocol = lambda protocol: setattr(self, "connection", protocol)
        self.connection.connection_made(transport)
        self.client.initiate_connection()

    def exchange(self) -> list[events.Event]:
        """Send what the client has, play all that is due, give what the client gets to see."""
        data = self.client.data_to_send()
        for start in range(0, len(data), 200):  # what is taken in one go, without an event loop
            self.connection.data_received(data[start : start + 200])
        self.timer.run()
        written = self.transport.written[self._taken :]
        self._taken = len(self.transport.written)
        return self.client.receive_data(written)

    def ask(self, path: str = "/stream", method: str = "GET", body: bytes | None = None) -> int:
        stream_id = self.client.get_next_available_stream_id()
        fields = [(":method", method), (":path", path), (":scheme", "http"), (":authority", "a")]
        self.client.send_headers(stream_id, fields, end_stream=body is None)
        if body is not None:
            self.client.send_data(stream_id, body, end_stream=True)
        return stream_id


@pytest.fixture
def wired(fake_timer: Any, fake_transport: Any) -> Callable[..., Wired]:
    return lambda *captures: Wired(list(captures), fake_timer, fake_transport)


def frames(found: list[events.Event], stream_id: int) -> list[Any]:
    """Status, data and how it ended, of one stream."""
    said: list[Any] = []
    for event in found:
        if getattr(event, "stream_id", None) != stream_id:
            continue
        if isinstance(event, events.ResponseReceived):
            said.append(dict(event.headers))
        elif isinstance(event, events.DataReceived):
            said.append(event.data)
        elif isinstance(event, events.StreamReset):
            said.append(event.error_code)
    return said


def test_each_chunk_is_a_frame(capture: Make, wired: Make) -> None:
    w = wired(capture(CHUNKS, headers=HEADERS))
    stream_id = w.ask()
    head, *data = frames(w.exchange(), stream_id)
    assert head == {":status": "200", "content-type": "text/event-stream"}
    assert data == [*(chunk for _, chunk in CHUNKS), b""]
    assert isinstance(w.connection, Http2Connection)
    assert w.control.served()[0]["outcome"] == "complete"


def test_many_at_once_on_one_connection(capture: Make, wired: Make) -> None:
    w = wired(capture(CHUNKS))
    ids = [w.ask() for _ in range(100)]
    found = w.exchange()
    for stream_id in ids:
        assert frames(found, stream_id)[1:-1] == [chunk for _, chunk in CHUNKS]
    again = w.ask()
    assert len(frames(w.exchange(), again)) == 5


@pytest.mark.parametrize("end", ["upstream_cut", None])
def test_a_cut_is_a_reset_of_its_stream_alone(end: str | None, capture: Make, wired: Make) -> None:
    whole = capture(CHUNKS, url="http://x/whole")
    w = wired(capture(CHUNKS, end=end), whole)
    cut, other = w.ask(), w.ask("/whole")
    found = w.exchange()
    assert frames(found, cut)[-1] == ErrorCodes.INTERNAL_ERROR
    assert frames(found, cut)[1:-1] == [chunk for _, chunk in CHUNKS]
    assert frames(found, other)[-1] == b""
    assert not w.transport.closed
    assert {fields["outcome"] for fields in w.control.served()} == {"cut", "complete"}


def test_what_has_no_body_ends_with_its_head(capture: Make, wired: Make) -> None:
    w = wired(capture(CHUNKS), capture([], url="http://x/empty", status=204))
    head, missing, empty = w.ask(method="HEAD"), w.ask("/none", "HEAD"), w.ask("/empty")
    found = w.exchange()
    assert b"".join(frames(found, head)[1:]) == b""
    assert frames(found, missing)[0][":status"] == "404"
    assert b"".join(frames(found, missing)[1:]) == b""
    assert frames(found, empty)[0][":status"] == "204"


def test_a_body_is_read_and_a_miss_explained(capture: Make, wired: Make) -> None:
    one = capture([(0.0, b"one")], method="POST", body=b"1")
    two = capture([(0.0, b"two")], method="POST", body=b"2", started="2026-11-24T00:00:00.0Z")
    w = wired(one, two)
    first, second, miss = w.ask("/stream", "POST", b"2"), w.ask("/stream", "POST", b"1"), w.ask()
    found = w.exchange()
    assert frames(found, first)[1] == b"two"
    assert frames(found, second)[1] == b"one"
    assert b"ssetape_miss" in frames(found, miss)[1]


def test_a_slow_reader_waits_for_itself_and_gets_all(capture: Make, wired: Make) -> None:
    chunks = [(0.001 * n, bytes([n]) * 30_000) for n in range(1, 30)]
    w = wired(capture(chunks))
    slow, other = w.ask(), None
    got = b""
    found = w.exchange()
    got += b"".join(frames(found, slow)[1:])
    assert len(got) == 65_535  # all that it has room for
    other = w.ask("/none")
    assert frames(w.exchange(), other)[0][":status"] == "404"
    for _ in range(100):
        for event in found:
            if isinstance(event, events.DataReceived):
                w.client.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        found = w.exchange()
        got += b"".join(each for each in frames(found, slow) if isinstance(each, bytes))
        if any(isinstance(event, events.StreamEnded) for event in found):
            break
    assert got == b"".join(data for _, data in chunks)


def test_a_client_that_resets_its_stream_is_told_of(capture: Make, wired: Make) -> None:
    w = wired(capture([(0.0, b"a"), (600.0, b"b")]))
    stream_id = w.ask()
    w.connection.data_received(w.client.data_to_send())
    w.client.reset_stream(stream_id)
    w.exchange()
    assert w.control.served()[0]["outcome"] == "left"
    w.connection.connection_lost(None)


def test_raw_bytes_in_a_path_are_what_the_recorder_makes_of_them(
    capture: Make, wired: Make
) -> None:
    w = wired(capture(CHUNKS, url="http://origin.test/caf%C3%A9?q=%E6%97%A5"))
    stream_id = w.ask("/café?q=日")
    assert frames(w.exchange(), stream_id)[0][":status"] == "200"
    assert "(" not in w.lines[0]


def test_a_malformed_request_ends_its_stream_and_not_the_others(capture: Make, wired: Make) -> None:
    w = wired(capture(CHUNKS))
    w.client.config.validate_outbound_headers = False
    w.client.config.normalize_outbound_headers = False
    good = w.ask()
    bad = w.client.get_next_available_stream_id()
    fields = [(":method", "GET"), (":scheme", "http"), (":authority", "a"), ("X-A", "1")]
    w.client.send_headers(bad, fields, end_stream=True)
    also_good = w.ask()
    found = w.exchange()
    assert frames(found, bad) == [ErrorCodes.PROTOCOL_ERROR]
    for stream_id in good, also_good:
        assert frames(found, stream_id)[1:-1] == [chunk for _, chunk in CHUNKS]
    assert any("malformed" in line for line in w.lines)
    assert not w.transport.closed


@pytest.mark.parametrize("extended", [False, True])
def test_a_tunnel_is_refused_as_a_stream(capture: Make, wired: Make, extended: bool) -> None:
    w = wired(capture(CHUNKS))
    w.client.config.validate_outbound_headers = False
    good = w.ask()
    tunnel = w.client.get_next_available_stream_id()
    fields = [(":method", "CONNECT"), (":authority", "a.test:443")]
    if extended:  # RFC 8441
        fields += [(":scheme", "http"), (":path", "/ws"), (":protocol", "websocket")]
    w.client.send_headers(tunnel, fields)
    found = w.exchange()
    assert frames(found, good)[1:-1] == [chunk for _, chunk in CHUNKS]
    refused = frames(found, tunnel)
    assert refused == [ErrorCodes.PROTOCOL_ERROR] or refused[0][":status"] == "501"
    assert not w.transport.closed


def test_a_client_that_goes_away_without_an_error_gets_its_answers(
    capture: Make, wired: Make
) -> None:
    w = wired(capture(CHUNKS, method="POST"), capture(CHUNKS))
    one = w.ask()
    fields = [(":method", "POST"), (":path", "/stream"), (":scheme", "http"), (":authority", "a")]
    two = w.client.get_next_available_stream_id()
    w.client.send_headers(two, fields)
    w.client._prepare_for_sending([GoAwayFrame(0)])
    w.client.send_data(two, b"x", end_stream=True)
    found = w.exchange()
    for stream_id in one, two:
        assert frames(found, stream_id)[1:-1] == [chunk for _, chunk in CHUNKS]
    assert w.transport.closed


def test_a_client_that_only_sends_no_more_gets_its_answers(capture: Make, wired: Make) -> None:
    w = wired(capture(CHUNKS))
    stream_id = w.ask()
    w.connection.data_received(w.client.data_to_send())
    assert w.connection.eof_received()
    found = w.exchange()
    assert frames(found, stream_id)[1:-1] == [chunk for _, chunk in CHUNKS]
    assert w.transport.closed


def test_what_is_not_http_2_is_refused(capture: Make, wired: Make) -> None:
    w = wired(capture(CHUNKS))
    w.connection.data_received(PREFACE + b"\0\0\1\0\0\0\0\0\0x")
    assert w.transport.closed
    assert "does not speak HTTP/2" in w.lines[-1]


def test_a_preface_may_come_in_pieces(capture: Make, wired: Make) -> None:
    w = wired(capture(CHUNKS))
    stream_id = w.ask()
    data = w.client.data_to_send()
    for byte in data[:-1]:
        w.connection.data_received(bytes([byte]))
    w.connection.data_received(data[-1:])
    assert len(frames(w.exchange(), stream_id)) == 5


def test_bodies_of_all_requests_together_are_bounded(
    capture: Make, wired: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http2_module, "BODIES_LIMIT_BYTES", 10)
    w = wired(capture(CHUNKS, method="POST"))
    ids = []
    for _ in range(2):
        stream_id = w.client.get_next_available_stream_id()
        fields = [(":method", "POST"), (":path", "/stream"), (":scheme", "http")]
        w.client.send_headers(stream_id, [*fields, (":authority", "a")])
        w.client.send_data(stream_id, b"123456")
        ids.append(stream_id)
    found = w.exchange()
    assert frames(found, ids[0]) == []
    assert frames(found, ids[1])[0][":status"] == "413"


def test_real_clients_over_tls_and_without(capture: Make, tmp_path: Path) -> None:
    opened = capture(CHUNKS)
    expected = [data for _, data in CHUNKS]
    tls = server_context(tmp_path, ["h2", "http/1.1"])

    async def get(url: str, **options: Any) -> None:
        async with httpx.AsyncClient(trust_env=False, timeout=60, **options) as client:
            for _ in range(2):
                async with client.stream("GET", f"{url}/stream") as response:
                    version = "HTTP/1.1" if options.get("http1", True) else "HTTP/2"
                    assert response.http_version == version
                    assert [data async for data in response.aiter_raw()] == expected

    with running([opened]) as server:
        asyncio.run(get(server.url, http1=False, http2=True))  # by prior knowledge
        asyncio.run(get(server.url))

    class OnlyHttp2(ssl.SSLContext):
        def set_alpn_protocols(self, alpn_protocols: list[str]) -> None:
            super().set_alpn_protocols(["h2"])

    context = OnlyHttp2(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with running([opened], tls=tls) as server:
        assert server.url.startswith("https://")
        asyncio.run(get(server.url, http1=False, http2=True, verify=context))
        asyncio.run(get(server.url, verify=False))


# --- clients that mean harm --------------------------------------------------------------------


def frame(kind: int, flags: int, stream_id: int, data: bytes = b"") -> bytes:
    head = len(data).to_bytes(3, "big") + bytes([kind, flags])
    return head + stream_id.to_bytes(4, "big") + data


FRAMES = {
    "ping": frame(6, 0, 0, b"\0" * 8),
    "settings": frame(4, 0, 0),
    "priority": frame(2, 0, 1, b"\0\0\0\0\x10"),
    "window update": frame(8, 0, 0, b"\0\0\0\1"),
    "window update of a stream": frame(8, 0, 1, b"\0\0\0\1"),
    "empty data": frame(0, 0, 1),
    "unknown": frame(0x77, 0, 0),
}


def ended_with(w: Wired) -> list[Any]:
    found = w.exchange()
    return [e.error_code for e in found if isinstance(e, events.ConnectionTerminated)]


@pytest.fixture
def timeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """The allowance does not grow with the time that a test takes."""
    monkeypatch.setattr(allowance, "PER_S", 0)


@pytest.mark.usefixtures("timeless")
@pytest.mark.parametrize("kind", FRAMES)
def test_a_flood_of_frames_that_ask_for_nothing_is_ended(
    kind: str, capture: Make, wired: Make
) -> None:
    w = wired(capture(CHUNKS))
    fields = [(":method", "POST"), (":path", "/"), (":scheme", "http"), (":authority", "a")]
    w.client.send_headers(1, fields)  # its body does not come
    w.connection.data_received(w.client.data_to_send())
    for _ in range(3 * allowance.LIMIT):
        w.connection.data_received(FRAMES[kind])
    assert w.transport.closed
    assert "cut off a client of HTTP/2" in w.lines[-1]
    assert ended_with(w) == [ErrorCodes.ENHANCE_YOUR_CALM]


@pytest.mark.usefixtures("timeless")
def test_a_client_that_resets_more_than_it_reads_is_ended(capture: Make, wired: Make) -> None:
    w = wired(capture(CHUNKS))
    for _ in range(3 * allowance.LIMIT):
        w.client.reset_stream(w.ask())
        if w.transport.closed:
            break
        w.connection.data_received(w.client.data_to_send())
    assert abs(len(w.control.served()) - allowance.LIMIT) < 5
    assert ended_with(w) == [ErrorCodes.ENHANCE_YOUR_CALM]


def test_a_client_that_reads_may_reset_and_update_its_windows_for_ever(
    capture: Make, wired: Make
) -> None:
    w = wired(capture(CHUNKS))
    for _ in range(allowance.LIMIT):
        stream_id = w.ask()
        found = w.exchange()
        assert frames(found, stream_id)[-1] == b""
        for _ in range(3):
            w.client.increment_flow_control_window(1)
        w.client.reset_stream(w.ask())
        w.exchange()
    assert not w.transport.closed


def test_an_idle_connection_is_told_goodbye(capture: Make, wired: Make) -> None:
    w = wired(capture([*CHUNKS, (900.0, b"data: late\n\n")]))
    w.ask()
    w.connection.data_received(w.client.data_to_send())
    assert w.connection.is_playing
    w.exchange()
    assert not w.connection.is_playing
    w.connection.expire("nothing came")
    assert w.transport.closed
    assert ended_with(w) == [ErrorCodes.NO_ERROR]


class Crew:
    """Others who answer when the test has them do so."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[Say], None]] = []

    def asked(self, asked: ClientRequest) -> Later | None:
        return Later(self.waiting.append) if asked.target.startswith("/_ssetape/") else None

    def say(self, body: bytes) -> None:
        self.waiting.pop(0)(Say(200, body, "done"))


def test_what_others_have_to_answer_holds_up_no_other_stream(
    capture: Make, fake_timer: Any, fake_transport: Any
) -> None:
    crew = Crew()
    wired = Wired([capture(CHUNKS)], fake_timer, fake_transport, crew)
    paused = wired.ask("/_ssetape/pause", "POST", b"")
    wired.ask()
    ended = [e for e in wired.exchange() if isinstance(e, events.StreamEnded)]
    assert [event.stream_id for event in ended] == [paused + 2]
    assert wired.connection.owes
    crew.say(b"{}")
    received = wired.exchange()
    data = [
        (e.stream_id, e.data) for e in received if isinstance(e, events.DataReceived) and e.data
    ]
    assert data == [(paused, b"{}")]
    assert not wired.connection.owes


def test_a_client_of_http_2_that_has_left_gets_no_answer_of_others(
    capture: Make, fake_timer: Any, fake_transport: Any
) -> None:
    crew = Crew()
    wired = Wired([capture(CHUNKS)], fake_timer, fake_transport, crew)
    wired.ask("/_ssetape/pause", "POST", b"")
    wired.exchange()
    fake_transport.close()
    before = fake_transport.written
    crew.say(b"{}")
    assert fake_transport.written == before
