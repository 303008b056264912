"""`ssetape replay --workers`: several processes on one port, as a program."""

import http.client
import json
import os
import re
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from programs import TIMEOUT_S, Program, assert_told, run

Write = Callable[..., Path]
Raw = Callable[..., bytes]

pytestmark = pytest.mark.programs

WORDS = b"data: one\n\n"


def ask(port: int, line: str, body: str | None = None, **headers: str) -> bytes:
    """What comes over a connection of its own, by whichever worker has it."""
    method, target = line.split(" ")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    with closing(connection):
        connection.request(method, target, body, headers)
        return connection.getresponse().read()


def control(port: int, line: str, body: str | None = None) -> Any:
    method, target = line.split(" ")
    return json.loads(ask(port, f"{method} /_ssetape/{target}", body))


def pids(program: Program) -> list[int]:
    """The workers' processes, those that took a place included."""
    found = program.wait_for(r"\d+ workers: processes ([\d, ]+)")[1]
    replaced = re.findall(r"process (\d+)\) .*; process (\d+) takes", program.stderr)
    by = dict(replaced)
    return [int(_last(pid, by)) for pid in found.split(", ")]


def _last(pid: str, by: dict[str, str]) -> str:
    return _last(by[pid], by) if pid in by else pid


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        # Nobody may be left to wait for the end of an orphan.
        return not _HAS_PROC or "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (ProcessLookupError, FileNotFoundError):
        return False


_HAS_PROC = Path("/proc/self/status").exists()


def until_gone(pids: Iterable[int]) -> None:
    deadline_s = time.monotonic() + TIMEOUT_S
    while any(map(is_there, pids)):
        assert time.monotonic() < deadline_s, f"still there: {pids}"
        time.sleep(0.02)


@pytest.fixture
def slow(capture_file: Write) -> Path:
    """A stream that lasts until a test resumes it, and then 0.2 s."""
    return capture_file([(0.05 * n, b"data: %d\n\n" % n) for n in range(1, 5)])


def test_the_answers_of_all_workers_are_listed_and_numbered_together(
    capture_file: Write,
) -> None:
    with Program(
        "replay", "--workers", "2", "--port", "0", capture_file([(0.0, WORDS)])
    ) as program:
        for _ in range(20):
            assert ask(program.port, "GET /stream") == WORDS
        served = control(program.port, "GET served")["served"]
        assert [answer["number"] for answer in served] == list(range(1, 21))
        assert {answer["outcome"] for answer in served} == {"complete"}
        assert program.stderr.count("ssetape: GET /stream <- ") == 20
        control(program.port, "DELETE served")
        left = control(program.port, "GET served")["served"]
        assert [answer["target"] for answer in left if answer["capture"]] == []


def test_equal_captures_answer_in_turn_whichever_worker_is_asked(
    tmp_path: Path, raw_capture: Raw
) -> None:
    for n in range(4):
        data = raw_capture([(0.0, b"data: %d\n\n" % n)], started=f"2026-01-01T00:00:0{n}.000000Z")
        (tmp_path / f"{n}.ssetape").write_bytes(data)
    with Program("replay", "--workers", "2", "--port", "0", tmp_path) as program:
        heard = [ask(program.port, "GET /stream") for _ in range(8)]
        assert heard == [b"data: %d\n\n" % (n % 4) for n in range(8)]
        session = {"X-Ssetape-Session": "a"}
        assert ask(program.port, "GET /stream", **session) == b"data: 0\n\n"


def test_control_is_over_all_workers(slow: Path) -> None:
    with Program("replay", "--workers", "2", "--port", "0", slow) as program:
        port = program.port
        control(port, "POST pause")
        heard: list[bytes] = []
        readers = [
            threading.Thread(target=lambda: heard.append(ask(port, "GET /stream")))
            for _ in range(10)
        ]
        for reader in readers:
            reader.start()
        while control(port, "POST step?events=0")["streams"] < 10:
            time.sleep(0.02)
        assert control(port, "POST step?events=2") == {"streams": 10}
        served = control(port, "GET served")["served"]
        streams = [answer for answer in served if answer["capture"]]
        assert [answer["events"] for answer in streams] == [2] * 10
        assert control(port, "POST resume") == {"streams": 10}
        for reader in readers:
            reader.join(TIMEOUT_S)
        assert set(heard) == {b"".join(b"data: %d\n\n" % n for n in range(1, 5))}


def test_faults_come_to_as_many_requests_as_they_are_for(capture_file: Write) -> None:
    path = capture_file([(0.0, WORDS)])
    words = ("replay", "--workers", "2", "--port", "0")
    with Program(*words, "--fault", "refuse status=503 requests=1-3", path) as program:
        port = program.port
        heard = [ask(port, "GET /stream") for _ in range(12)]
        assert [answer == WORDS for answer in heard] == [False] * 3 + [True] * 9
        control(port, "PUT scenario", '{"fault": ["refuse status=503 requests=2"]}')
        os.kill(pids(program)[0], signal.SIGKILL)
        program.wait_for("takes its place")
        # The worker in its place has the faults, too.
        heard = [ask(port, "GET /stream") for _ in range(12)]
        assert [answer == WORDS for answer in heard] == [True, False] + [True] * 10


def test_metrics_and_the_limit_are_those_of_all_workers(slow: Path) -> None:
    words = ("replay", "--workers", "2", "--port", "0", "--limit-streams", "6", slow)
    with Program(*words) as program:
        port = program.port
        control(port, "POST pause")
        heard: list[bytes] = []

        def read() -> None:
            with suppress(OSError, http.client.HTTPException):  # its worker was killed
                heard.append(ask(port, "GET /stream"))

        readers = [threading.Thread(target=read) for _ in range(10)]
        for reader in readers:
            reader.start()
        while len(heard) < 3:
            time.sleep(0.02)
        metrics = ask(port, "GET /_ssetape/metrics").decode().splitlines()
        # Two workers may take the last place at the same moment.
        assert {"ssetape_streams_open 6.0", "ssetape_streams_open 7.0"} & set(metrics)
        assert any(line.startswith('ssetape_said_total{status="429"} ') for line in metrics)
        os.kill(pids(program)[0], signal.SIGKILL)  # its streams are open no more
        program.wait_for("takes its place")
        os.kill(pids(program)[1], signal.SIGKILL)
        program.wait_for("worker 2 .* takes its place")
        for reader in readers:
            reader.join(TIMEOUT_S)
        control(port, "POST resume")
        whole = b"".join(b"data: %d\n\n" % n for n in range(1, 5))
        assert [ask(port, "GET /stream") for _ in range(4)] == [whole] * 4


def test_a_worker_killed_under_load_takes_its_own_streams_alone(slow: Path) -> None:
    with Program("replay", "--workers", "2", "--port", "0", slow) as program:
        port = program.port
        control(port, "POST pause")
        heard: list[bytes] = []

        def read() -> None:
            with suppress(OSError, http.client.HTTPException):  # its worker was killed
                heard.append(ask(port, "GET /stream"))

        readers = [threading.Thread(target=read) for _ in range(20)]
        for reader in readers:
            reader.start()
        while control(port, "POST step?events=0")["streams"] < len(readers):
            time.sleep(0.02)
        victim, other = pids(program)
        os.kill(victim, signal.SIGKILL)
        program.wait_for(
            rf"worker 1 \(process {victim}\) was ended by SIGKILL: its streams are cut; "
            rf"process \d+ takes its place"
        )
        left = control(port, "POST resume")["streams"]
        for reader in readers:
            reader.join(TIMEOUT_S)
        assert not any(reader.is_alive() for reader in readers)
        whole = b"".join(b"data: %d\n\n" % n for n in range(1, 5))
        assert heard.count(whole) == left
        assert 0 < left < len(readers)
        for _ in range(10):  # whichever worker has it
            assert ask(port, "GET /stream") == whole
        assert other in pids(program)


def test_connections_wait_for_the_one_that_takes_the_place(capture_file: Write) -> None:
    with Program(
        "replay", "--workers", "2", "--port", "0", capture_file([(0.0, WORDS)])
    ) as program:
        port = program.port
        for pid in pids(program):
            os.kill(pid, signal.SIGSTOP)
        heard: list[bytes] = []
        readers = [
            threading.Thread(target=lambda: heard.append(ask(port, "GET /stream")))
            for _ in range(10)
        ]
        for reader in readers:
            reader.start()
        for pid in pids(program):
            os.kill(pid, signal.SIGKILL)
        for reader in readers:
            reader.join(TIMEOUT_S)
        assert heard == [WORDS] * 10


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("group", [False, True], ids=["alone", "all"])
def test_a_signal_ends_all_of_them(
    number: signal.Signals, group: bool, slow: Path, tmp_path: Path
) -> None:
    ready = tmp_path / "ready.json"
    words = ("replay", "--workers", "2", "--port", "0", "--ready-file", ready, slow)
    with Program(*words) as program:
        workers = pids(program)
        announced = json.loads(ready.read_text())
        assert (announced["port"], announced["captures"]) == (program.port, 1)
        assert announced["pid"] == program.process.pid
        program.signal(number, group=group)
        assert program.wait() == 0
        until_gone(workers)
        assert not ready.exists()
        assert "takes its place" not in program.stderr
        assert "Traceback" not in program.stderr


def test_a_signal_that_reaches_the_workers_first_ends_all_of_them(slow: Path) -> None:
    with Program("replay", "--workers", "2", "--port", "0", slow) as program:
        workers = pids(program)
        for pid in workers:
            os.kill(pid, signal.SIGTERM)
        time.sleep(0.03)
        program.signal(signal.SIGTERM)
        assert program.wait() == 0
        until_gone(workers)
        assert "takes its place" not in program.stderr


def test_nobody_is_left_behind_if_the_first_process_is_killed(slow: Path) -> None:
    with Program("replay", "--workers", "3", "--port", "0", slow) as program:
        port, workers = program.port, pids(program)
        control(port, "POST pause")
        stream = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)
        with stream:
            stream.sendall(b"GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
            program.signal(signal.SIGKILL)
            program.process.wait(TIMEOUT_S)
            until_gone(workers)
            with pytest.raises(ConnectionError):
                socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)


def test_a_command_has_the_url_and_gives_the_exit_code(capture_file: Write) -> None:
    path = capture_file([(0.0, WORDS)])
    script = "for i in 1 2 3 4; do curl -sN $SSETAPE_URL/stream || exit 9; done; exit 5"
    outcome = run("replay", "--workers", "2", path, "--", "sh", "-c", script)
    assert_told(outcome, "2 workers", code=5)
    assert outcome.stdout == WORDS * 4


def test_a_command_that_there_is_not_is_told(capture_file: Write) -> None:
    path = capture_file([(0.0, WORDS)])
    outcome = run("replay", "--workers", "2", path, "--", "no-such-command")
    assert_told(outcome, "cannot run 'no-such-command'", code=127)


def test_a_command_ends_if_the_first_process_is_killed(slow: Path) -> None:
    words = ("replay", "--workers", "2", slow, "--", "sh", "-c", "echo $$ >&2; exec sleep 600")
    with Program(*words) as program:
        workers = pids(program)
        command = int(program.wait_for(r"(?m)^(\d+)$")[1])
        program.signal(signal.SIGKILL)
        program.process.wait(TIMEOUT_S)
        until_gone([command, *workers])


def test_a_busy_port_is_told_also_if_another_one_shares_it(slow: Path) -> None:
    with Program("replay", "--workers", "2", "--port", "0", slow) as program:
        outcome = run("replay", "--workers", "2", "--port", program.port, slow)
    assert_told(outcome, f"cannot listen on 127.0.0.1:{program.port}", "port 0 picks a free one")


def test_over_tls_and_http_2(capture_file: Write, tmp_path: Path) -> None:
    path = capture_file([(0.0, WORDS)])
    words = ("replay", "--workers", "2", "--tls", "--confdir", tmp_path / "ca", "--port", "0", path)
    script = (
        f"for i in 1 2 3 4; do curl -s --http2 --cacert {tmp_path}/ca/mitmproxy-ca-cert.pem "
        "-w '%{http_version} ' $SSETAPE_URL/stream; done; "
        f"curl -s --http2 --cacert {tmp_path}/ca/mitmproxy-ca-cert.pem $SSETAPE_URL/_ssetape/served"
    )
    outcome = run(*words, "--", "sh", "-c", script)
    assert_told(outcome, code=0)
    answers, _, served = outcome.stdout.rpartition(b"2 ")
    assert (answers + b"2 ").count(WORDS + b"2 ") == 4
    assert len(json.loads(served)["served"]) == 4
