"""`ssetape replay`: the server as a program."""

import http.client
import json
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from click.testing import Result
from programs import Program, assert_told, run
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

Write = Callable[..., Path]
Raw = Callable[..., bytes]
Invoke = Callable[..., Result]

WORDS = b"data: caf\xc3\xa9\n\n"


def get(url: str) -> bytes:
    """The body at `url`, asked for directly, whatever the environment says of proxies."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=60) as response:
        body: bytes = response.read()
    return body


@contextmanager
def reading(port: int, target: str) -> Iterator[socket.socket]:
    """A client of its own that has asked for `target` and reads as the test likes."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as sock:
        sock.sendall(f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        yield sock


# Where it is


def test_the_url_is_told_on_stderr_and_captures_are_served_there(capture_file: Write) -> None:
    path = capture_file([(0.0, WORDS)])
    with Program("replay", "--port", "0", path) as program:
        line = program.wait_for(r"ssetape: replaying 1 capture at (http://127\.0\.0\.1:\d+)\n")
        assert get(f"{line[1]}/stream") == WORDS
        program.wait_for(rf"ssetape:   GET /stream <- {path}\n")
        program.wait_for(rf"ssetape: GET /stream <- {path}\n")
        program.signal(signal.SIGINT)
        assert program.wait() == 0
        assert program.stdout == ""


def test_a_port_that_was_asked_for_is_used(capture_file: Write) -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    with Program("replay", "--port", port, capture_file([(0.0, WORDS)])) as program:
        assert program.port == port


def test_a_busy_port_is_told_with_a_way_out(capture_file: Write) -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
        outcome = run("replay", "--port", port, capture_file([(0.0, WORDS)]))
    assert_told(outcome, f"cannot listen on 127.0.0.1:{port}", "port 0 picks a free one")
    assert outcome.stdout == b""


def test_a_host_that_there_is_not_is_told(capture_file: Write) -> None:
    outcome = run("replay", "--host", "256.0.0.1", "--port", "0", capture_file([(0.0, WORDS)]))
    assert_told(outcome, "cannot listen on 256.0.0.1:0")


@pytest.mark.parametrize("port", ["65536", "-1", "http", ""])
def test_a_port_that_cannot_be_is_misuse(port: str, invoke: Invoke, capture_file: Write) -> None:
    result = invoke("replay", "--port", port, capture_file([(0.0, WORDS)]))
    assert result.exit_code == 2
    assert "--port" in result.stderr


def test_an_ipv6_address_is_told_as_a_url(capture_file: Write) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    with Program("replay", "--host", "::1", "--port", "0", capture_file([(0.0, WORDS)])) as program:
        url = program.wait_for(r"at (http://\[::1\]:\d+)")[1]
        assert get(f"{url}/stream") == WORDS


# What it serves


def test_folders_and_files_are_served_together_and_what_is_unusable_is_told(
    tmp_path: Path, raw_capture: Raw
) -> None:
    def write(name: str, content: bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def of(target: str, **fields: object) -> bytes:
        return raw_capture([(0.0, target.encode())], url=f"http://x.test{target}", **fields)

    write("folder/deep/1.ssetape", of("/one"))
    write("folder/2.ssetape", of("/two"))
    alone = write("3.txt", of("/three"))
    write("folder/4.ssetape", b"hello\n")
    write("folder/5.ssetape", of("/five", status=None))
    write("folder/6.ssetape", of("/six", kind="later"))
    with Program("replay", "--port", "0", tmp_path / "folder", alone) as program:
        program.wait_for("replaying 3 captures at ")
        for target in ("/one", "/two", "/three"):
            assert get(program.url + target) == target.encode()
        assert "4.ssetape, line 1: not a capture" in program.stderr
        assert "5.ssetape: cannot replay it: it has no response head" in program.stderr
        assert "6.ssetape: cannot replay a capture of kind 'later'" in program.stderr


def test_it_says_once_that_a_browser_had_decoded_what_it_serves(
    tmp_path: Path, raw_capture: Raw
) -> None:
    coding = [("content-encoding", "br"), ("content-length", "9")]
    for number in range(3):
        content = raw_capture([(0.0, WORDS)], url=f"http://x.test/{number}", decoded=coding)
        (tmp_path / f"{number}.ssetape").write_bytes(content)
    with Program("replay", "--port", "0", tmp_path) as program:
        program.wait_for("replaying 3 captures at ")
        with urllib.request.urlopen(f"{program.url}/1") as answer:
            assert answer.read() == WORDS
            assert answer.headers["content-encoding"] is None
        words = "3 captures are served without their content-encoding (br): the browser"
        assert program.stderr.count(words) == program.stderr.count("content-encoding") == 1


def test_many_captures_are_not_all_named(tmp_path: Path, raw_capture: Raw) -> None:
    for number in range(12):
        content = raw_capture([(0.0, b"x")], url=f"http://x.test/{number}")
        (tmp_path / f"{number:02d}.ssetape").write_bytes(content)
    with Program("replay", "--port", "0", tmp_path) as program:
        program.wait_for("ssetape:   and 4 more\n")
        assert program.stderr.count(" <- ") == 8


NOTHING: dict[str, tuple[bytes, list[str]]] = {
    "an empty folder": (b"", ["there are no captures in"]),
    "no capture": (b"hello\n", ["not a capture", "nothing to replay"]),
}


@pytest.mark.parametrize("what", NOTHING)
def test_without_anything_to_replay_it_fails_and_says_so(
    what: str, tmp_path: Path, invoke: Invoke
) -> None:
    content, messages = NOTHING[what]
    if content:
        (tmp_path / "x.ssetape").write_bytes(content)
    result = invoke("replay", "--port", "0", tmp_path)
    assert (result.exit_code, result.stdout) == (1, "")
    assert all(message in result.stderr for message in messages)


def test_with_only_unusable_captures_it_fails_and_says_why(
    capture_file: Write, invoke: Invoke
) -> None:
    path = capture_file(status=None)
    result = invoke("replay", "--port", "0", path)
    assert result.exit_code == 1
    assert "nothing to replay" in result.stderr
    assert f"{path}: cannot replay it: it has no response head" in result.stderr


def test_a_miss_explains_itself_to_the_client_and_on_stderr(capture_file: Write) -> None:
    path = capture_file([(0.0, WORDS)], url="http://origin.test/v1/answers")
    with Program("replay", "--port", "0", path) as program:
        with pytest.raises(urllib.error.HTTPError) as caught:
            get(f"{program.url}/v1/answer")
        with caught.value as response:
            assert response.status == 404
            assert response.headers["content-type"] == "application/json"
            answer = json.load(response)
        message = answer["error"]["message"]
        assert answer["error"]["type"] == "ssetape_miss"
        assert f"no capture answers GET /v1/answer; the nearest is {path}" in message
        assert answer["asked"] == {"method": "GET", "target": "/v1/answer"}
        assert answer["nearest"] == [
            {
                "capture": str(path),
                "method": "GET",
                "url": "http://origin.test/v1/answers",
                "reaches": None,
                "alike": 1.0,
                "differs": ["path: asked /v1/answer, captured /v1/answers"],
            }
        ]
        program.wait_for("ssetape: GET /v1/answer <- MISS: no capture answers")
        # And goes on: the next client gets its capture.
        assert get(f"{program.url}/v1/answers") == WORDS


# When


def elapsed_s(*words: str, path: Path) -> float:
    with Program("replay", "--port", "0", *words, path) as program:
        url = program.url
        started_s = time.monotonic()
        assert get(f"{url}/stream") == b"onetwo"
        return time.monotonic() - started_s


@pytest.mark.parametrize(
    ("words", "at_least_s"),
    [
        (["--instant"], 0.0),
        (["--speed", "600"], 0.2),
        (["--max-gap", "0.1"], 0.2),
        (["--max-gap", "60", "--speed", "600"], 0.2),
    ],
    ids=["instant", "speed", "gap", "both"],
)
def test_two_minutes_of_waiting_are_shortened_as_asked(
    words: list[str], at_least_s: float, capture_file: Write
) -> None:
    path = capture_file([(60.0, b"one"), (120.0, b"two")])
    # Far below the recorded 120, and far above what a busy machine takes.
    assert at_least_s <= elapsed_s(*words, path=path) < 30


def test_without_options_a_capture_takes_the_time_it_took(capture_file: Write) -> None:
    assert 0.4 <= elapsed_s(path=capture_file([(0.2, b"one"), (0.4, b"two")])) < 30


# The end


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_well_and_cuts_what_streams(
    number: signal.Signals, capture_file: Write
) -> None:
    path = capture_file([(0.0, b"one"), (600.0, b"two")])
    with Program("replay", "--port", "0", path) as program:
        with reading(program.port, "/stream") as sock:
            received = sock.recv(1 << 16)
            while b"one" not in received:
                received += sock.recv(1 << 16)
            program.signal(number)
            try:
                assert sock.recv(1 << 16) == b""
            except ConnectionResetError:
                pass  # a cut as well
        assert program.wait() == 0
        assert "Traceback" not in program.stderr
        assert "Warning" not in program.stderr
        assert "Aborted" not in program.stderr


def test_a_client_that_leaves_does_no_harm(capture_file: Write) -> None:
    path = capture_file([(n / 100, b"data: %d\n\n" % n) for n in range(200)])
    with Program("replay", "--port", "0", path) as program:
        for _ in range(3):
            with reading(program.port, "/stream") as sock:
                assert sock.recv(100)
        with reading(program.port, "/stream") as sock:
            sock.shutdown(socket.SHUT_WR)
        program.signal(signal.SIGINT)
        assert program.wait() == 0
        assert "Traceback" not in program.stderr


def test_impossible_moments_in_captures_do_no_harm_to_other_streams(
    tmp_path: Path, raw_capture: Raw
) -> None:
    moments_s = (1e15, 1e19, 1e300)
    for t_s in moments_s:
        far = raw_capture([(0.0, b"near"), (t_s, b"far")], url=f"http://x.test/{t_s}")
        (tmp_path / f"{t_s}.ssetape").write_bytes(far)
    good = raw_capture([(0.0, b"one"), (0.2, b"two")], url="http://x.test/good")
    (tmp_path / "good.ssetape").write_bytes(good)
    with Program("replay", "--port", "0", tmp_path) as program, ExitStack() as streams:
        for t_s in moments_s:
            sock = streams.enter_context(reading(program.port, f"/{t_s}"))
            received = b""
            while b"near" not in received:
                data = sock.recv(1 << 16)
                assert data, "cut before what was due"
                received += data
            assert received.count(b"HTTP/1.1 200") == 1
            # While that one is open, and waits.
            assert get(f"{program.url}/good") == b"onetwo"
        assert "Traceback" not in program.stderr


def test_a_speed_next_to_standstill_does_no_harm(capture_file: Write) -> None:
    path = capture_file([(0.0, b"one"), (1.0, b"two")])
    with Program("replay", "--port", "0", "--speed", "1e-300", path) as program:
        with reading(program.port, "/stream") as sock:
            received = b""
            while b"one" not in received:
                received += sock.recv(1 << 16)
        program.signal(signal.SIGINT)
        assert program.wait() == 0
        assert "Traceback" not in program.stderr


def test_a_capture_that_is_damaged_later_on_is_cut_and_told(capture_file: Write) -> None:
    """The damage is behind the response head, so it is met only when the stream is."""
    path = capture_file([(0.0, b"one")], end=None, tail=b"damage\n")
    with Program("replay", "--port", "0", path) as program:
        with pytest.raises((http.client.HTTPException, OSError)):
            get(f"{program.url}/stream")
        program.wait_for("line 4: expected a record")


def test_what_is_not_http_is_refused_and_the_server_goes_on(capture_file: Write) -> None:
    path = capture_file([(0.0, WORDS)])
    with Program("replay", "--port", "0", path) as program:
        for nonsense in (b"\x16\x03\x01\x02\x00\x01", b"\x1b]0;owned\x07 / HTTP/1.1\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", program.port), timeout=60) as sock:
                sock.sendall(nonsense + b"\r\n\r\n")
                assert b"ssetape_error" in sock.recv(1 << 16)
        assert get(f"{program.url}/stream") == WORDS
        assert "\x1b" not in program.stderr
        assert "Traceback" not in program.stderr


def test_a_websocket_is_served_strictly_if_asked_for(tmp_path: Path, raw_capture: Raw) -> None:
    tail = b'[0.1, ">", "one"]\n[0.2, "<", "two"]\n[0.3, "end", {"reason": "upstream_cut"}]\n'
    url = "ws://x.test/socket"
    fields = {"kind": "websocket", "url": url, "status": 101, "headers": [], "end": None}
    (tmp_path / "a.ssetape").write_bytes(raw_capture(tail=tail, **fields))
    for words, answer in (([], "two"), (["--websocket", "strict"], None)):
        with Program("replay", "--port", "0", *words, tmp_path) as program:
            program.wait_for("replaying 1 capture at ")
            at = program.url.replace("http", "ws")
            with connect(f"{at}/socket", proxy=None) as client:
                client.send("other")
                if answer is not None:
                    assert client.recv(timeout=60) == answer
                    continue
                with pytest.raises(ConnectionClosed) as caught:
                    client.recv(timeout=60)
                assert caught.value.rcvd is not None
                assert caught.value.rcvd.code == 1008
                program.wait_for("client message 1 differs")


def test_an_event_source_that_comes_back_hears_the_rest(tmp_path: Path, raw_capture: Raw) -> None:
    blocks = [f"id: {n}\ndata: {n}\n\n".encode() for n in range(4)]
    (tmp_path / "a.ssetape").write_bytes(
        raw_capture([(0.0, block) for block in blocks], url="http://x.test/stream")
    )
    with Program("replay", "--port", "0", "--resume", tmp_path) as program:
        program.wait_for("replaying 1 capture at ")
        for seen in range(4):
            request = Request(f"{program.url}/stream", headers={"Last-Event-ID": str(seen)})
            with urlopen(request, timeout=60) as response:
                assert response.status == (200 if seen < 3 else 204)
                assert response.read() == b"".join(blocks[seen + 1 :])
