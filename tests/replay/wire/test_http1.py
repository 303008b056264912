import asyncio
import json
import socket
import struct
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from ssetape.replay.answers.answerer import Answerer
from ssetape.replay.exchange import ClientRequest, Later, Say
from ssetape.replay.pacing import Pace
from ssetape.replay.running import serving
from ssetape.replay.shelf import Shelf
from ssetape.replay.wire import http1 as connection_module
from ssetape.replay.wire.http1 import (
    WRITE_LIMIT_BYTES,
    Http1Connection,
    Http1State,
)
from ssetape.replay.wire.request_reader import HEAD_LIMIT_BYTES
from ssetape.replay.wire.service import Service
from ssetape.replay.wire.websocket import Strictness

Make = Callable[..., Any]

GET = b"GET /stream HTTP/1.1\r\nHost: origin.test\r\n\r\n"


class Wired:
    """A connection with no socket under it and no clock: what goes in, and what comes out."""

    def __init__(self, captures: list[Any], timer: Any, transport: Any, crew: Any = None) -> None:
        self.timer, self.transport = timer, transport
        self.lines: list[str] = []
        shelf = Shelf(captures)
        self.service = Service(
            answerer=Answerer(shelf, Pace(instant=True)),
            timer=timer,
            strictness=Strictness.LOOSE,
            log=self.lines.append,
            crew=crew,
        )
        self.connection = Http1Connection(self.service)
        self.connection.connection_made(transport)

    def send(self, data: bytes) -> bytes:
        """Receive `data`, play all that is due, and give what was written because of it."""
        before = len(self.transport.written)
        self.connection.data_received(data)
        self.timer.run()
        written: bytes = self.transport.written
        return written[before:]

    def error(self, data: bytes) -> tuple[int, dict[str, Any]]:
        """The same, for what is answered with an error: its status and body."""
        head, _, body = self.send(data).partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        assert f"content-length: {len(body)}" in lines
        assert "content-type: application/json" in lines
        return int(lines[0].split()[1]), json.loads(body)


@pytest.fixture
def wired(fake_timer: Any, fake_transport: Any) -> Callable[..., Wired]:
    return lambda *captures: Wired(list(captures), fake_timer, fake_transport)


ANSWER = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    b"1\r\na\r\n1\r\nb\r\n0\r\n\r\n"
)
CHUNKS = [(0.1, b"a"), (0.2, b"b")]


def test_a_request_is_answered_by_its_capture(capture: Make, wired: Make) -> None:
    w = wired(capture(CHUNKS))
    assert w.send(GET) == ANSWER
    assert w.send(GET) == ANSWER
    assert not w.transport.closed


def test_each_recorded_chunk_is_written_on_its_own(capture: Make, wired: Make) -> None:
    w = wired(capture(CHUNKS))
    w.send(GET)
    assert w.transport.writes[1:] == [b"1\r\na\r\n", b"1\r\nb\r\n", b"0\r\n\r\n"]


def test_a_request_may_come_in_any_pieces(capture: Make, wired: Make) -> None:
    w = wired(capture(CHUNKS))
    for byte in GET[:-1]:
        assert w.send(bytes([byte])) == b""
    assert w.send(GET[-1:]) == ANSWER


def test_a_slow_reader_is_noticed_at_a_limit_of_bytes(capture: Make, wired: Make) -> None:
    assert wired(capture()).transport.buffer_limit == WRITE_LIMIT_BYTES


def test_a_body_is_compared_with_those_captured(capture: Make, wired: Make) -> None:
    bodies = [b'{"a": 1}', b'{"a": 2}']
    w = wired(*[capture([(0.0, body)], method="POST", body=body) for body in bodies])
    for body in reversed(bodies):
        head = b"POST /stream HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
        assert body in w.send(head + body)
        chunked = b"POST /stream HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        assert body in w.send(chunked + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body))


def test_a_client_that_expects_100_is_told_once(capture: Make, wired: Make) -> None:
    w = wired(capture(CHUNKS, method="POST", body=b"ab"))
    head = b"POST /stream HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
    assert w.send(head) == b"HTTP/1.1 100 \r\n\r\n"
    assert w.send(b"a") == b""
    assert w.send(b"b") == ANSWER


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /stream HTTP/1.0\r\n\r\n",
        b"GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        b"GET /stream HTTP/1.1\r\nHost: x\r\nConnection: Close\r\n\r\n",
        b"GET /stream HTTP/1.1\r\nHost: x\r\nConnection: x, close\r\n\r\n",
    ],
)
def test_some_clients_are_left_after_an_answer(
    capture: Make, wired: Make, request_bytes: bytes
) -> None:
    w = wired(capture(CHUNKS))
    assert b"\r\nconnection: close\r\n" in w.send(request_bytes)
    assert w.transport.closed


@pytest.mark.parametrize("end", ["complete", "upstream_cut", None])
def test_head_is_answered_by_a_get_and_is_over_with_its_head(
    end: str | None, capture: Make, wired: Make
) -> None:
    w = wired(capture([(60.0, b"x")], end=end))
    for _ in range(2):
        answer = w.send(b"HEAD /stream HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert answer.endswith(b"\r\n\r\n")
    assert not w.transport.is_closing()


def test_an_answer_to_head_has_no_body(capture: Make, wired: Make) -> None:
    w = wired(capture([], method="HEAD"))
    answer = w.send(b"HEAD /stream HTTP/1.1\r\nHost: x\r\n\r\n")
    # Whatever follows the head would be taken for the next response.
    assert answer.endswith(b"\r\n\r\n")
    assert answer.count(b"\r\n\r\n") == 1
    assert not w.transport.closed


def test_an_answer_to_head_keeps_its_length_and_is_not_cut(capture: Make, wired: Make) -> None:
    w = wired(capture([], method="HEAD", headers=[("content-length", "5")]))
    answer = w.send(b"HEAD /stream HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b"content-length: 5\r\n" in answer
    assert not w.transport.closed


# --- requests sent ahead ---------------------------------------------------------------------


def test_requests_sent_ahead_do_not_fill_the_memory(capture: Make, wired: Make) -> None:
    w = wired(capture(CHUNKS))
    w.connection.data_received(GET)
    w.connection.data_received(b"x" * HEAD_LIMIT_BYTES)
    assert w.transport.reading
    w.connection.data_received(b"x")
    assert not w.transport.reading


def test_a_slow_reader_holds_back_the_next_answer_too(
    capture: Make, wired: Make, fake_timer: Any
) -> None:
    # What fills the buffer may be the last piece of an answer; the transport says so only once.
    w = wired(capture(CHUNKS))
    write = w.transport.write

    def write_and_fill(data: bytes) -> None:
        write(data)
        if data == b"0\r\n\r\n":
            w.connection.pause_writing()

    w.transport.write = write_and_fill
    assert w.send(GET) == ANSWER
    w.transport.write = write
    assert w.send(GET) == b""
    w.connection.resume_writing()
    fake_timer.run()
    assert w.transport.written == ANSWER + ANSWER


# --- what is not there -----------------------------------------------------------------------


def test_a_miss_explains_itself(capture: Make, wired: Make) -> None:
    opened = capture(CHUNKS, method="POST", url="http://origin.test/v1/chat?a=1", body=b"body")
    w = wired(opened)
    status, body = w.error(b"GET /v1/chats?b=2 HTTP/1.1\r\nHost: x\r\n\r\n")
    differs = [
        "method: asked GET, captured POST",
        "path: asked /v1/chats, captured /v1/chat",
        "query: asked 'b=2', captured 'a=1'",
        "body: asked 0 bytes, captured 4 bytes, and they differ",
    ]
    assert status == 404
    assert body == {
        "error": {
            "type": "ssetape_miss",
            "message": f"ssetape: no capture answers GET /v1/chats?b=2; the nearest is "
            f"{opened.path} ({'; '.join(differs)})",
        },
        "asked": {"method": "GET", "target": "/v1/chats?b=2"},
        "match": "nearest",
        "nearest": [
            {
                "capture": str(opened.path),
                "method": "POST",
                "url": "http://origin.test/v1/chat?a=1",
                "reaches": None,
                "alike": 0.0,
                "differs": differs,
            }
        ],
    }
    assert w.lines == [
        f"GET /v1/chats?b=2 <- MISS: {body['error']['message'].removeprefix('ssetape: ')}"
    ]


def test_after_a_miss_the_connection_goes_on(capture: Make, wired: Make) -> None:
    w = wired(capture(CHUNKS))
    assert w.error(b"GET /other HTTP/1.1\r\nHost: x\r\n\r\n")[0] == 404
    assert w.send(GET) == ANSWER
    w.send(b"GET /other HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert w.transport.closed


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (b"/other?a=%ff&b=%00", 404),
        (b"/%ff", 404),
        (b"*", 404),
        (b"//[", 404),
        (b"http://[/", 404),
        (b"/?%", 404),
        (b"/\xff", 404),
    ],
)
def test_a_miss_of_any_bytes_is_told(
    capture: Make, wired: Make, target: bytes, status: int
) -> None:
    w = wired(capture(CHUNKS, url="http://origin.test/x?a=1"))
    assert w.error(b"GET " + target + b" HTTP/1.1\r\nHost: x\r\n\r\n")[0] == status


def test_a_query_of_any_bytes_is_answered(capture: Make, wired: Make) -> None:
    w = wired(capture(CHUNKS))
    assert w.send(b"GET /stream?a=%ff HTTP/1.1\r\nHost: x\r\n\r\n") == ANSWER
    assert w.lines[0].startswith("GET /stream?a=%ff <- ")


@pytest.mark.parametrize(
    "target",
    [
        "/café?q=日本".encode(),
        b"/caf%C3%A9?q=%E6%97%A5%E6%9C%AC",
        b"/caf\xc3%A9?q=\xe6\x97%A5%E6\x9c%AC",
    ],
)
def test_raw_bytes_in_a_target_are_what_the_recorder_makes_of_them(
    capture: Make, wired: Make, target: bytes
) -> None:
    url = "http://origin.test/caf%C3%A9?q=%E6%97%A5%E6%9C%AC"
    w = wired(capture([(0.0, b"other")], url=url + "x"), capture(CHUNKS, url=url))
    assert w.send(b"GET " + target + b" HTTP/1.1\r\nHost: x\r\n\r\n") == ANSWER
    assert "(" not in w.lines[0]


def test_an_empty_line_before_a_request_is_ignored(capture: Make, wired: Make) -> None:
    w = wired(capture(CHUNKS))
    assert w.send(b"\r\n") == b""
    assert w.send(GET) == ANSWER
    assert w.send(b"\n\r\n\r\n" + GET) == ANSWER


def test_a_tunnel_is_refused(capture: Make, wired: Make) -> None:
    w = wired(capture(CHUNKS))
    status, said = w.error(b"CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n")
    assert status == 501
    assert "no tunnels (CONNECT) here" in said["error"]["message"]


# --- what is wrong ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"hello\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",  # somebody speaks TLS
        b"GET /stream HTTP/1.1\r\n\r\n",  # no Host
        b"GET /stream HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n",
        b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /stream HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
        b"POST /stream HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_no_http_is_refused_and_said_so(
    capture: Make, wired: Make, request_bytes: bytes
) -> None:
    w = wired(capture(CHUNKS))
    status, body = w.error(request_bytes)
    assert status == 400
    assert body["error"]["type"] == "ssetape_error"
    assert body["error"]["message"].startswith("ssetape: this is not HTTP/1.1: ")
    assert w.transport.closed
    assert w.lines[0].startswith("400: this is not HTTP/1.1")


def test_a_head_too_large_is_refused(capture: Make, wired: Make) -> None:
    w = wired(capture(CHUNKS))
    start = b"GET /stream HTTP/1.1\r\nHost: x\r\nCookie: "
    status, body = w.error(start + b"x" * HEAD_LIMIT_BYTES)
    assert status == 431
    assert w.transport.closed
    assert body["error"]["message"].startswith("ssetape: ")


def test_a_head_as_large_as_browsers_send_is_taken(capture: Make, wired: Make) -> None:
    w = wired(capture(CHUNKS))
    request = GET[:-2] + b"Cookie: " + b"x" * 100_000 + b"\r\n\r\n"
    w.connection.data_received(request[:60_000])
    assert w.send(request[60_000:]) == ANSWER


def test_a_body_too_large_is_refused(
    capture: Make, wired: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_module, "REQUEST_BODY_LIMIT_BYTES", 1000)
    w = wired(capture(CHUNKS, method="POST"))
    head = b"POST /stream HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n"
    assert w.send(head + b"x" * 1000) == b""
    status, body = w.error(b"x")
    assert status == 413
    assert body["error"]["message"] == "ssetape: the request body is larger than 1000 bytes"
    assert w.transport.closed


# --- damaged captures ------------------------------------------------------------------------


def test_a_damaged_capture_is_an_error_that_names_the_line(capture: Make, wired: Make) -> None:
    w = wired(capture(CHUNKS, end=None, tail=b"garbage\n"))
    answer = w.send(GET)
    # Either told instead of an answer, or cut after the good part; never ended well.
    assert w.transport.closed
    assert not answer.endswith(b"0\r\n\r\n")
    assert "line 5: expected a record" in "".join(w.lines)


def test_a_damaged_capture_that_is_streamed_is_cut_after_its_good_part(
    capture: Make, wired: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ssetape.replay.shelf.KEPT_FILE_BYTES", 0)
    w = wired(capture(CHUNKS, end=None, tail=b"garbage\n"))
    assert w.send(GET) == ANSWER.removesuffix(b"0\r\n\r\n")
    assert w.transport.closed
    assert "cut, the capture is damaged" in w.lines[1]
    assert "line 5: expected a record" in w.lines[1]


def test_a_capture_that_is_gone_is_an_error(capture: Make, wired: Make) -> None:
    opened = capture(CHUNKS)
    w = wired(opened)
    opened.path.unlink()
    answer = w.send(GET)
    assert w.transport.closed
    assert not answer.endswith(b"0\r\n\r\n")
    assert "cannot open it: No such file" in "".join(w.lines)


def test_a_torn_capture_is_cut_after_its_good_part(capture: Make, wired: Make) -> None:
    w = wired(capture(CHUNKS, end=None, tail=b'[0.3, "<", "c'))
    assert w.send(GET) == ANSWER.removesuffix(b"0\r\n\r\n")
    assert w.transport.closed


def test_a_cut_is_a_reset_where_closing_would_say_complete(
    capture: Make, wired: Make, fake_transport: Any
) -> None:
    with socket.socket() as sock:
        fake_transport.sock = sock
        w = wired(capture(CHUNKS, end="error"))
        w.send(b"GET /stream HTTP/1.0\r\n\r\n")
        linger = sock.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)
    assert struct.unpack("ii", linger) == (1, 0)
    assert w.transport.closed


# --- a client that leaves --------------------------------------------------------------------


def test_a_client_that_leaves_stops_its_stream(
    capture: Make, wired: Make, fake_timer: Any, fake_transport: Any
) -> None:
    w = wired(capture(CHUNKS))
    assert w.service.transports == {fake_transport}
    w.connection.data_received(GET)
    w.connection.connection_lost(None)
    fake_timer.run()
    assert fake_transport.written == b""
    assert w.service.transports == set()


@pytest.mark.parametrize("requests", [1, 3])
def test_a_client_that_only_sends_no_more_gets_its_answers(capture: Make, requests: int) -> None:
    with (
        serving([capture(CHUNKS)], Pace()) as url,
        socket.create_connection(("127.0.0.1", urlsplit(url).port), 30) as client,
    ):
        client.sendall(GET * requests)
        client.shutdown(socket.SHUT_WR)
        with client.makefile("rb") as file:
            assert file.read() == ANSWER * requests


def test_a_client_that_leaves_in_the_middle_of_a_request_gets_none(capture: Make) -> None:
    with (
        serving([capture(CHUNKS)], Pace()) as url,
        socket.create_connection(("127.0.0.1", urlsplit(url).port), 30) as client,
    ):
        client.sendall(GET[:-2])
        client.shutdown(socket.SHUT_WR)
        assert client.recv(100) == b""


def test_after_its_end_a_connection_hears_nothing(
    capture: Make, wired: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    w = wired(capture(CHUNKS))
    assert w.error(b"nonsense\r\n\r\n")[0] == 400
    assert w.transport.closed
    assert w.send(GET) == b""
    w.connection.connection_lost(None)
    assert w.send(GET) == b""
    assert w.service.transports == set()


def test_a_refusal_after_a_head_has_its_body(capture: Make, wired: Make) -> None:
    w = wired(capture(CHUNKS))
    w.send(GET.replace(b"GET", b"HEAD"))
    assert w.error(b"nonsense\r\n\r\n")[0] == 400


def test_only_legal_changes_of_state_are_made(capture: Make, wired: Make) -> None:
    w = wired(capture(CHUNKS))
    states = [w.connection._state]
    move = w.connection._move
    w.connection._move = lambda state: (move(state), states.append(state))
    w.connection.data_received(b"PRI")  # may become HTTP/2, or not
    w.send(GET.replace(b"GET", b"VATE"))
    w.send(GET)
    w.connection.connection_lost(None)
    names = ["NEW", "READING", "STREAMING", "READING", "CLOSED"]
    assert states == [Http1State[name] for name in names]
    with pytest.raises(AssertionError, match=r"Http1State\.CLOSED to Http1State\.READING"):
        move(Http1State.READING)


def test_a_request_that_does_not_come_to_its_end_is_refused(capture: Make, wired: Make) -> None:
    w = wired(capture(CHUNKS))
    w.connection.data_received(b"POST /stream HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab")
    assert not w.connection.is_playing
    w.connection.expire("too slow")
    assert w.transport.written.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert w.transport.closed


def test_an_idle_connection_is_closed_without_a_word(capture: Make, wired: Make) -> None:
    w = wired(capture(CHUNKS))
    assert w.send(GET) == ANSWER
    before = w.transport.written
    w.connection.expire("nothing came")
    assert w.transport.closed
    assert w.transport.written == before


def test_a_body_of_tiny_pieces_takes_no_more_than_its_bytes(capture: Make, wired: Make) -> None:
    w = wired(capture(CHUNKS, method="POST"))
    head = b"POST /stream HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    w.connection.data_received(head + b"2\r\nab\r\n" * 1_000)
    request = w.connection._reader.request
    assert request.body == b"ab" * 1_000


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_whole_request_is_answered_in_its_turn_however_long_both_are(
    method: str, capture: Make, wired: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    w = wired(capture(CHUNKS, method=method))
    monkeypatch.setattr(w.timer, "turn_ns", lambda: 0)  # long ago
    body = b"x" * 10_000 if method == "POST" else b""
    head = f"{method} /stream HTTP/1.1\r\nHost: x\r\nCookie: {'a' * 2_000}\r\n"
    for _ in range(2):
        before = len(w.transport.written)
        w.connection.receive(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        w.timer.run()
        assert w.transport.written[before:] == ANSWER


class Crew:
    """Others who answer when the test has them do so."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[Say], None]] = []

    def asked(self, asked: ClientRequest) -> Later | None:
        return Later(self.waiting.append) if asked.target.startswith("/_ssetape/") else None

    def say(self, body: bytes) -> None:
        self.waiting.pop(0)(Say(200, body, "done"))


PAUSE = b"POST /_ssetape/pause HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"


def test_what_others_have_to_answer_comes_before_the_next_answer(
    capture: Make, fake_timer: Any, fake_transport: Any
) -> None:
    crew = Crew()

    async def answered() -> bytes:
        wired = Wired([capture([(0.0, b"data: a\n\n")])], fake_timer, fake_transport, crew)
        assert wired.send(PAUSE + GET) == b""
        crew.say(b'{"streams":0}')
        await asyncio.sleep(0)
        wired.timer.run()
        written: bytes = fake_transport.written
        return written

    first, _, rest = asyncio.run(answered()).partition(b'{"streams":0}')
    assert first.startswith(b"HTTP/1.1 200 OK\r\n")
    assert rest.startswith(b"HTTP/1.1 200 OK\r\n")
    assert rest.endswith(b"data: a\n\n\r\n0\r\n\r\n")


def test_a_client_that_has_left_gets_no_answer_of_others(
    capture: Make, fake_timer: Any, fake_transport: Any
) -> None:
    crew = Crew()
    wired = Wired([capture([])], fake_timer, fake_transport, crew)
    wired.send(PAUSE)
    wired.connection.connection_lost(None)
    crew.say(b"{}")
    assert fake_transport.written == b""
