import http.client
import itertools
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ssetape.samples import chat
from ssetape.samples import server as samples_server
from ssetape.samples.server import SampleServer
from ssetape.samples.streams import EVENT_SOURCE_LAST_ID, FLASK, STREAMS, Stream, event_source

SAMPLES = Path(samples_server.__file__).parent
TIMEOUT_S = 20  # for what should never happen; no test waits for it


@dataclass
class Received:
    """A response as it came from the socket, its chunks not yet joined."""

    status: int
    headers: dict[str, str]
    head_s: float
    chunks: list[tuple[float, bytes]]
    complete: bool  # the final chunk came

    @property
    def body(self) -> bytes:
        return b"".join(data for _, data in self.chunks)


def exchange(port: int, target: str, message: dict[str, str] | None = None) -> Received:
    """One request over a socket of its own; moments are seconds from just before it is sent."""
    body = b"" if message is None else json.dumps(message).encode()
    method = "GET" if message is None else "POST"
    request = f"{method} {target} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    with (
        socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S) as connection,
        connection.makefile("rb") as file,
    ):
        started_s = time.monotonic()
        connection.sendall(request.encode() + body)
        status = int(file.readline().split()[1])
        head_s = time.monotonic() - started_s
        fields = iter(lambda: file.readline().decode().strip(), "")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in fields)}
        assert headers["transfer-encoding"] == "chunked"
        chunks: list[tuple[float, bytes]] = []
        while size_line := file.readline():
            data = file.read(int(size_line, 16))
            assert file.read(2) == b"\r\n"
            if not data:
                return Received(status, headers, head_s, chunks, complete=True)
            chunks.append((time.monotonic() - started_s, data))
        return Received(status, headers, head_s, chunks, complete=False)


def data_of(body: bytes, event: bytes = b"message") -> list[Any]:
    """The JSON of the events of one type, for the plain LF streams of the chat."""
    found = []
    for block in body.removesuffix(b"data: [DONE]\n\n").split(b"\n\n")[:-1]:
        fields = dict(line.split(b": ", 1) for line in block.split(b"\n"))
        if fields.get(b"event", b"message") == event:
            found.append(json.loads(fields[b"data"]))
    return found


@pytest.fixture(scope="module")
def server() -> Iterator[SampleServer]:
    with SampleServer() as running:
        yield running


SCRIPTS: dict[str, tuple[Stream, str, dict[str, str] | None]] = {
    **{name: (stream, f"/streams/{name}", None) for name, stream in STREAMS.items()},
    "flask": (FLASK, "/flask", None),
    "events": (event_source(0), "/events", None),
    **{
        encoding: (
            chat.answer("Where is the tape?", "reel-1", encoding),
            "/conversation",
            {"message": "Where is the tape?", "encoding": encoding},
        )
        for encoding in ("full", "delta")
    },
}


@pytest.fixture(scope="module")
def received(server: SampleServer) -> dict[str, Received]:
    """Every scripted stream, all read at the same time: the longest decides how long it takes."""
    with ThreadPoolExecutor(len(SCRIPTS)) as pool:
        answers = pool.map(
            lambda script: exchange(server.port, script[1], script[2]), SCRIPTS.values()
        )
        return dict(zip(SCRIPTS, answers, strict=True))


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        assert self.headers["Content-Type"] == "application/json"
        return json.loads(self.body)


def ask(
    server: SampleServer,
    method: str,
    target: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=TIMEOUT_S)
    try:
        connection.request(method, target, body, headers or {})
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


# Streams: what is sent is what is scripted.


@pytest.mark.parametrize("name", SCRIPTS)
def test_chunks_are_those_of_the_script(received: dict[str, Received], name: str) -> None:
    stream, got = SCRIPTS[name][0], received[name]
    assert got.status == stream.status
    assert {(key.lower(), value) for key, value in stream.headers} <= set(got.headers.items())
    assert [data for _, data in got.chunks] == [piece.data for piece in stream.pieces]


@pytest.mark.parametrize("name", SCRIPTS)
def test_nothing_is_sent_before_its_moment(received: dict[str, Received], name: str) -> None:
    stream, got = SCRIPTS[name][0], received[name]
    assert got.head_s >= stream.head_s
    for (arrived_s, _), piece in zip(got.chunks, stream.pieces, strict=True):
        assert arrived_s >= piece.t_s


@pytest.mark.parametrize("name", SCRIPTS)
def test_only_the_cut_stream_lacks_the_final_chunk(
    received: dict[str, Received], name: str
) -> None:
    assert received[name].complete == (name != "cut")


def test_tour_is_the_reference() -> None:
    tour = STREAMS["tour"]
    assert tour.head_s == 0.5
    assert [piece.t_s for piece in tour.pieces] == [0.9, 1.5, 1.55, 1.6, 1.9, 2.7, 2.8]
    for mark in (b": keep-alive\n\n", b"retry: 3000\n", b"id: 1\n", b"\r\n\r\n", b"data: [DONE]"):
        assert mark in tour.body
    before, after = tour.pieces[3].data, tour.pieces[4].data
    assert before[-1:] + after[:1] == "é".encode()
    assert tour.pieces[5].data.count(b"\n\n") == 2


def test_split_utf8_cuts_every_byte_of_one_emoji() -> None:
    pieces = [piece.data for piece in STREAMS["split-utf8"].pieces]
    assert [pieces[0][-1:], *pieces[1:-1], pieces[-1][:1]] == [bytes([b]) for b in "🎬".encode()]


def test_gzip_can_be_inflated_event_by_event(received: dict[str, Received]) -> None:
    inflate = zlib.decompressobj(wbits=31)
    *events, rest = [inflate.decompress(data) for _, data in received["gzip"].chunks]
    assert events == [b"id: %d\ndata: squeezed\n\n" % n for n in range(1, 6)]
    assert (rest, inflate.eof) == (b"", True)


def test_bytes_are_not_text() -> None:
    body = STREAMS["bytes"].body
    assert b"\0" in body
    with pytest.raises(UnicodeDecodeError):
        body.decode()


def test_streams_are_listed_with_a_sentence_each(server: SampleServer) -> None:
    listed = ask(server, "GET", "/streams").json
    assert list(listed) == list(STREAMS)
    assert all(sentence.endswith(".") for sentence in listed.values())


# The chat.


def test_page_asks_nobody_but_its_server(server: SampleServer) -> None:
    page = ask(server, "GET", "/")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.body == (SAMPLES / "chat.html").read_bytes()
    assert b"://" not in page.body


def test_session_has_something_to_redact(server: SampleServer) -> None:
    session = ask(server, "GET", "/auth/session")
    assert session.json.keys() == {"user", "expires", "accessToken"}
    assert "sample-session=" in session.headers["Set-Cookie"]


def test_models(server: SampleServer) -> None:
    assert [model["slug"] for model in ask(server, "GET", "/models").json["models"]] == [
        "reel-1",
        "reel-1-mini",
    ]


def test_conversations_come_in_pages(server: SampleServer) -> None:
    everything = ask(server, "GET", "/conversations").json
    assert (everything["offset"], everything["limit"]) == (0, 20)
    assert len(everything["items"]) == everything["total"]
    page = ask(server, "GET", "/conversations?offset=1&limit=2").json
    assert page == everything | {"items": everything["items"][1:3], "offset": 1, "limit": 2}
    assert ask(server, "GET", "/conversations?offset=99").json["items"] == []


@pytest.mark.parametrize("query", ["offset=x", "limit=-1", "limit=", "offset=1e3", "limit=²"])
def test_conversations_want_whole_numbers(server: SampleServer, query: str) -> None:
    refusal = ask(server, "GET", "/conversations?" + query.replace("²", "%C2%B2"))
    assert refusal.status == 400
    assert "must be a whole number" in refusal.json["error"]


def test_every_listed_conversation_can_be_walked(server: SampleServer) -> None:
    for item in ask(server, "GET", "/conversations").json["items"]:
        detail = ask(server, "GET", f"/conversation/{item['id']}").json
        nodes, roles, node_id = detail["mapping"], [], detail["current_node"]
        while node_id:
            roles.append(nodes[node_id]["message"]["author"]["role"])
            parent = nodes[node_id]["parent"]
            assert parent is None or nodes[parent]["children"] == [node_id]
            node_id = parent
        assert roles == ["assistant", "user"] * (len(nodes) // 2)


def test_answer_in_full_form_grows_to_the_whole_text(received: dict[str, Received]) -> None:
    snapshots = data_of(received["full"].body)
    texts = [snapshot["message"]["content"]["parts"][0] for snapshot in snapshots]
    assert all(after.startswith(before) for before, after in itertools.pairwise(texts))
    assert texts[-1] == "".join(chat.answer_tokens("Where is the tape?"))
    assert "Where is the tape?" in texts[-1]
    for character in "é—🎬":
        assert character.encode() in received["full"].body
    assert [snapshot["message"]["end_turn"] for snapshot in snapshots[-2:]] == [None, True]
    assert snapshots[-1]["message"]["status"] == "finished_successfully"
    assert snapshots[-1]["error"] is None


def test_answer_in_delta_form_says_the_same(received: dict[str, Received]) -> None:
    body = received["delta"].body
    assert body.startswith(b'event: delta_encoding\ndata: "v1"\n\n')
    assert body.isascii()
    root, first, *short, last = data_of(body, b"delta")
    assert (root["p"], root["o"], root["v"]["message"]["content"]["parts"]) == ("", "add", [""])
    assert (first["p"], first["o"]) == ("/message/content/parts/0", "append")
    assert all(delta.keys() == {"v"} for delta in short)
    text = "".join(delta["v"] for delta in (first, *short, last["v"][0]))
    assert text == "".join(chat.answer_tokens("Where is the tape?"))
    assert last["v"][1] == {
        "p": "/message/status",
        "o": "replace",
        "v": "finished_successfully",
    }
    assert [event["type"] for event in data_of(body)] == ["message_stream_complete"]


@pytest.mark.parametrize("message", ["Hi", "word " * 100, "x" * 100, "\ud800", "a\n\nb", "“”🎬"])
@pytest.mark.parametrize("encoding", ["full", "delta"])
def test_any_message_is_answered_in_about_two_seconds(
    message: str, encoding: chat.Encoding
) -> None:
    stream = chat.answer(message, "reel-1", encoding)
    assert stream.head_s == 0.3
    gaps_s = [b.t_s - a.t_s for a, b in itertools.pairwise(stream.pieces)]
    assert 0.019 < min(gaps_s) < max(gaps_s) < 0.121
    assert 1.5 < stream.pieces[-1].t_s < 2.6
    assert stream == chat.answer(message, "reel-1", encoding)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"[" * 100_000,
        b"[]",
        b"{}",
        b'{"message": ""}',
        b'{"message": 1}',
        b'{"message": "x", "encoding": "v2"}',
        b'{"message": "x", "encoding": []}',
        b'{"message": "x", "model": 1}',
    ],
)
def test_bad_message_is_refused(server: SampleServer, body: bytes) -> None:
    refusal = ask(server, "POST", "/conversation", body)
    assert refusal.status == 400
    assert refusal.json["error"].startswith("the body ")


# EventSource.


def test_event_source_gets_all_events(received: dict[str, Received]) -> None:
    body = received["events"].body
    assert body.startswith(b"retry: 2000\n\n")
    assert re.findall(rb"id: (\d)", body) == [b"1", b"2", b"3", b"4", b"5"]
    assert body.count(b"event: milestone\n") == 1


@pytest.mark.parametrize(("last", "ids"), [("3", [4, 5]), ("0", [1, 2, 3, 4, 5]), ("4", [5])])
def test_event_source_resumes_after_the_last_event_id(
    server: SampleServer, last: str, ids: list[int]
) -> None:
    body = ask(server, "GET", "/events", headers={"Last-Event-ID": last}).body
    assert [int(n) for n in re.findall(rb"id: (\d)", body)] == ids


@pytest.mark.parametrize("last", [str(EVENT_SOURCE_LAST_ID), "99"])
def test_event_source_that_has_seen_all_is_stopped(server: SampleServer, last: str) -> None:
    answer = ask(server, "GET", "/events", headers={"Last-Event-ID": last})
    assert (answer.status, answer.body) == (204, b"")
    assert "Content-Length" not in answer.headers


# Refusals and connections.


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/nowhere"),
        ("GET", "/streams/nothing"),
        ("GET", "/streams/"),
        ("GET", "/conversation"),
        ("GET", "/conversation/nothing"),
        ("POST", "/models"),
    ],
)
def test_unknown_is_404(server: SampleServer, method: str, target: str) -> None:
    refusal = ask(server, method, target)
    assert refusal.status == 404
    assert refusal.json["error"].startswith("no ")


@pytest.mark.parametrize(
    ("field", "status"),
    [
        ({"Content-Length": "-1"}, 411),
        ({"Transfer-Encoding": "chunked"}, 411),
        ({"Content-Length": "999999999"}, 413),
    ],
)
def test_body_of_unknown_or_great_length_is_refused(
    server: SampleServer, field: dict[str, str], status: int
) -> None:
    refusal = ask(server, "POST", "/conversation", headers=field)
    assert refusal.status == status
    assert "error" in refusal.json


def test_connection_is_kept_for_the_next_request(server: SampleServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=TIMEOUT_S)
    for target in ("/streams/minimal", "/nowhere", "/models"):
        connection.request("GET", target)
        connection.getresponse().read()
        first = connection.sock
    assert connection.sock is first is not None
    connection.close()


def test_client_that_leaves_is_no_error(
    server: SampleServer, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=TIMEOUT_S) as connection:
        connection.sendall(b"GET /flask HTTP/1.1\r\nHost: x\r\n\r\n")
        connection.recv(1)
    deadline_s = time.monotonic() + TIMEOUT_S
    while server._server.connections and time.monotonic() < deadline_s:
        time.sleep(0.01)
    assert not server._server.connections
    assert capfd.readouterr().err == ""


def test_stop_cuts_open_streams_and_idle_connections() -> None:
    server = SampleServer()
    address = ("127.0.0.1", server.port)
    with (
        socket.create_connection(address, TIMEOUT_S) as streaming,
        socket.create_connection(address, TIMEOUT_S) as idle,
    ):
        streaming.sendall(b"GET /streams/slow-head HTTP/1.1\r\nHost: x\r\n\r\n")
        idle.sendall(b"GET /models HTTP/1.1\r\nHost: x\r\n\r\n")
        assert idle.recv(1)
        server.stop()
        assert streaming.recv(1) == b""
        while idle.recv(65536):
            pass
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, TIMEOUT_S)
    server.stop()  # a second time is no error


def test_threads_end_with_the_server() -> None:
    before = set(threading.enumerate())
    with SampleServer() as server:
        ask(server, "GET", "/models")
        started = set(threading.enumerate()) - before
        assert started
    for thread in started:
        thread.join(TIMEOUT_S)
        assert not thread.is_alive()


# In the foreground, and in words.


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Lets child processes be interrupted, also when a shell runs the tests in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("how", [[str(SAMPLES / "server.py")], ["-m", "ssetape.samples.server"]])
@pytest.mark.usefixtures("interruptible")
def test_runs_in_the_foreground_until_interrupted(how: list[str]) -> None:
    with subprocess.Popen(
        [sys.executable, *how, "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        lines = list(iter(process.stdout.readline, "Ctrl-C stops it.\n"))
        process.send_signal(signal.SIGINT)
        try:
            assert process.wait(TIMEOUT_S) == 0
        finally:
            process.kill()
        assert process.stdout.read() == process.stderr.read() == ""
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+\n", lines[0])
    for line, route in zip(lines[1:], samples_server.ROUTES, strict=True):
        assert line.startswith(f"  {route} ")


def test_taken_port_is_said_in_one_line(server: SampleServer) -> None:
    done = subprocess.run(
        [sys.executable, SAMPLES / "server.py", "--port", str(server.port)],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )
    assert done.returncode == 1
    assert re.fullmatch(rf"cannot listen on port {server.port}: .+\n", done.stderr)


def test_readme_names_every_route_and_stream() -> None:
    readme = (SAMPLES / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(.+?)` \|", readme, re.MULTILINE)
    rows = [row for row in rows if not row.endswith(".ssetape")]
    assert rows == [*samples_server.ROUTES, *STREAMS]
