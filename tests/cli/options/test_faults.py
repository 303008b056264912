"""Faults as a client sees them on its socket: by the program's options, and by the server alone."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from click.testing import Result
from programs import Program

import ssetape
from ssetape.cli.options.faults import make_scenario
from ssetape.replay.pacing import Pace
from ssetape.replay.running import serving

Write = Callable[..., Path]
Invoke = Callable[..., Result]

EVENTS = [b"id: %d\r\ndata: caf\xc3\xa9 %d\r\n\r\n" % (n, n) for n in range(1, 6)]
DONE = b"data: [DONE]\r\n\r\n"
BODY = b"".join(EVENTS) + DONE
CHUNKS = [(0.1 * n, data) for n, data in enumerate([*EVENTS, DONE])]
HEADERS = [("content-type", "text/event-stream")]


def ask(port: int, *headers: str) -> tuple[bytes, list[bytes], str, float]:
    """The head, the HTTP chunks, how the connection ended, and after how many seconds."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as sock:
        begun = time.monotonic()
        lines = ["GET /stream HTTP/1.1", "Host: localhost", *headers, "Connection: close"]
        sock.sendall("\r\n".join([*lines, "", ""]).encode())
        received = b""
        how = "closed"
        try:
            while data := sock.recv(65536):
                received += data
        except ConnectionResetError:
            how = "reset"
    head, _, wire = received.partition(b"\r\n\r\n")
    chunks = []
    while b"transfer-encoding: chunked" in head and wire:
        size, _, wire = wire.partition(b"\r\n")
        if size == b"0":
            how = "complete"
            break
        chunks.append(wire[: int(size, 16)])
        wire = wire[int(size, 16) + 2 :]
    return head, chunks, how, time.monotonic() - begun


def behind(port: int, *headers: str) -> tuple[bytes, str]:
    _, chunks, how, _ = ask(port, *headers)
    return b"".join(chunks), how


@pytest.fixture
def path(capture_file: Write) -> Path:
    return capture_file(CHUNKS, headers=HEADERS)


@contextmanager
def replayed(path: Path, spec: str, *, instant: bool = True, seed: int = 0) -> Iterator[int]:
    """What `ssetape replay --fault SPEC` serves, in this process; gives the port."""
    scenario = make_scenario((spec,), None, seed)
    with serving([ssetape.open(path)], Pace(instant=instant), scenario=scenario) as url:
        yield int(url.rpartition(":")[2])


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("cut event=2", ([*EVENTS[:2]], "closed")),
        ("cut event=2 how=reset", ([*EVENTS[:2]], "reset")),
        ("cut byte=30", ([EVENTS[0], EVENTS[1][: 30 - len(EVENTS[0])]], "closed")),
        ("cut event=0", ([], "closed")),
        ("drop event=2", ([EVENTS[0], *EVENTS[2:], DONE], "complete")),
        ("duplicate event=2", ([EVENTS[0], EVENTS[1] * 2, *EVENTS[2:], DONE], "complete")),
        (
            "reorder event=2",
            ([EVENTS[0], EVENTS[2], EVENTS[1], *EVENTS[3:], DONE], "complete"),
        ),
        ("lose-done", (EVENTS, "complete")),
        ("rechunk size=1", ([bytes([byte]) for byte in BODY], "complete")),
        ("coalesce", ([BODY], "complete")),
        (
            "corrupt event=1 how=half",
            ([b"id: 1\r\ndata: caf\xc3\r\n\r\n", *EVENTS[1:], DONE], "complete"),
        ),
    ],
)
def test_a_fault_is_what_it_says_and_the_same_again(
    spec: str, expected: tuple[list[bytes], str], path: Path
) -> None:
    with replayed(path, spec) as port:
        for _ in range(2):
            head, chunks, how, _ = ask(port)
            assert head.startswith(b"HTTP/1.1 200 OK\r\n")
            assert (chunks, how) == expected
    assert path.read_bytes().count(b'"<"') == len(CHUNKS)


def test_characters_and_line_ends_are_cut_within(path: Path) -> None:
    for spec, mark in [("inside=utf8", b"\xc3"), ("inside=crlf", b"\r")]:
        with replayed(path, f"rechunk {spec}") as port:
            _, chunks, how, _ = ask(port)
        assert b"".join(chunks) == BODY
        assert how == "complete"
        assert sum(chunk.endswith(mark) for chunk in chunks) == BODY.count(mark)


def test_times_are_late_by_what_is_said(path: Path) -> None:
    waits = {
        "slow-head seconds=0.7": 0.7,
        "stall event=2 seconds=0.7": 0.7,
        "stall at_s=0 seconds=0.7": 0.0,  # nothing comes later at once
        "cut at_s=0.7": 0.0,
    }
    for spec, least_s in waits.items():
        with replayed(path, spec) as port:
            _, chunks, how, took_s = ask(port)
        assert (b"".join(chunks), how) == (BODY, "complete")
        assert took_s >= least_s
    with replayed(path, "slow factor=3", instant=False) as port:
        assert ask(port)[3] >= 1.5
    with replayed(path, "cut at_s=0.25", instant=False) as port:
        _, chunks, how, took_s = ask(port)
        assert (chunks, how) == (EVENTS[:3], "closed")
        assert took_s >= 0.25


def test_a_stall_for_ever_keeps_the_connection(path: Path) -> None:
    with (
        replayed(path, "stall event=1") as port,
        socket.create_connection(("127.0.0.1", port), timeout=1) as sock,
    ):
        sock.sendall(b"GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
        received = b""
        with suppress(TimeoutError):
            while data := sock.recv(65536):
                received += data
            pytest.fail("the connection was closed")
        assert EVENTS[0] in received
        assert EVENTS[1] not in received


def test_the_first_requests_are_refused(path: Path) -> None:
    for status in (429, 500, 529):
        spec = f"refuse status={status} retry_after_s=2 requests=1-2"
        with replayed(path, spec) as port:
            for _ in range(2):
                head = ask(port)[0]
                assert head.startswith(b"HTTP/1.1 %d " % status)
                assert b"\r\nretry-after: 2" in head
            assert ask(port)[0].startswith(b"HTTP/1.1 200 OK")


def test_the_content_type_is_wrong(path: Path) -> None:
    spec = "content-type value=text/html"
    with replayed(path, spec) as port:
        head = ask(port)[0]
    assert b"\r\ncontent-type: text/html\r\n" in head
    assert b"event-stream" not in head


@pytest.mark.parametrize(
    "spec",
    ["corrupt chance=0.5", "drop chance=0.5", "rechunk random=9", "cut event=1 share=0.5"],
)
def test_one_seed_gives_the_same_from_two_servers(spec: str, path: Path) -> None:
    seen: dict[int, list[object]] = {}
    for seed in (1, 2):
        for _ in range(2):
            with replayed(path, spec, seed=seed) as port:
                found = [ask(port)[1:3] for _ in range(8)]
            assert seen.setdefault(seed, [*found]) == found
    assert seen[1] != seen[2]


def test_the_seed_is_an_option(path: Path) -> None:
    spec = "drop chance=0.5"
    options = ["--instant", "--seed", "7", "--fault", spec]
    with (
        Program("replay", "--port", "0", *options, path) as program,
        replayed(path, spec, seed=7) as port,
    ):
        for _ in range(8):
            assert ask(program.port)[1:3] == ask(port)[1:3]


def test_a_scenario_is_read_from_a_file(path: Path, tmp_path: Path) -> None:
    scenario = tmp_path / "scenario.toml"
    scenario.write_text('[[fault]]\nname = "drop"\nevent = 1\n')
    options = ["--instant", "--scenario", scenario, "--fault", "cut event=1"]
    with Program("replay", "--port", "0", *options, path) as program:
        assert ask(program.port)[1:3] == ([EVENTS[1]], "closed")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--fault", "cutt event=1"], "did you mean cut?"),
        (["--scenario", "none.toml"], "cannot read the scenario none.toml"),
    ],
)
def test_what_is_no_fault_is_misuse(
    options: list[str], words: str, path: Path, invoke: Invoke
) -> None:
    result = invoke("replay", *options, str(path))
    assert result.exit_code == 2
    assert words in result.stderr


def test_fifty_cut_connections_lose_nothing_and_repeat_nothing(capture_file: Write) -> None:
    events = [b"id: %d\nretry: 1\ndata: %d\n\n" % (n, n) for n in range(1, 151)]
    path = capture_file([(0.0, b"".join(events))], headers=HEADERS)
    received = b""
    last = b""
    connections = 0
    with Program(
        "replay", "--port", "0", "--instant", "--resume", "--fault", "cut event=3", path
    ) as program:
        while True:
            headers = [f"Last-Event-ID: {last.decode()}"] if last else []
            head, chunks, how, _ = ask(program.port, *headers)
            if head.startswith(b"HTTP/1.1 204"):
                break
            assert how == "closed"
            connections += 1
            part = b"".join(chunks)
            received += part
            last = part.rpartition(b"id: ")[2].partition(b"\n")[0]
    assert connections == 50
    assert received == b"".join(events)
