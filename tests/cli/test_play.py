"""`ssetape play`."""

import json
import os
import pty
import select
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from click.testing import Result
from programs import TIMEOUT_S, command, environment

Write = Callable[..., Path]
Invoke = Callable[..., Result]


def chat(text: str) -> bytes:
    value = {"choices": [{"index": 0, "delta": {"content": text}}]}
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def test_the_text_is_typed_at_its_moments(invoke: Invoke, capture_file: Write) -> None:
    path = capture_file([(0.2, chat("Hel")), (0.5, chat("lo\x1b"))])
    started_s = time.monotonic()
    result = invoke("play", path)
    assert time.monotonic() - started_s >= 0.5
    assert (result.exit_code, result.stdout, result.stderr) == (0, "Hello\x1b\n", "")


def test_speed_and_silences(invoke: Invoke, capture_file: Write) -> None:
    path = capture_file([(5.0, chat("a")), (3600.0, chat("b"))], end="upstream_cut")
    for words in (["--instant"], ["--speed", "1e6"], ["--max-gap", "0.01"]):
        result = invoke("play", *words, path)
        assert result.stdout == "ab\n"
        assert "the stream did not complete: upstream_cut" in result.stderr


def test_what_nobody_understands_is_its_data(invoke: Invoke, capture_file: Write) -> None:
    path = capture_file([(0.0, b'data: {"t":1}\n\n')], end=None)
    result = invoke("play", path)
    assert result.stdout == '{"t":1}\n'
    assert "the stream did not complete: interrupted" in result.stderr


def read_until(leader: int, wanted: bytes) -> bytes:
    """What a terminal shows, up to `wanted`."""
    shown = b""
    deadline = time.monotonic() + TIMEOUT_S
    while wanted not in shown:
        assert time.monotonic() < deadline, shown
        if select.select([leader], [], [], 0.1)[0]:
            shown += os.read(leader, 1000)
    return shown


def test_keys_pause_step_and_end_it(capture_file: Write) -> None:
    path = capture_file([(0.0, chat("one ")), (500.0, chat("two ")), (1000.0, chat("three "))])
    leader, follower = pty.openpty()
    words = command("play", path)
    with subprocess.Popen(
        words, stdin=follower, stdout=follower, stderr=subprocess.DEVNULL, env=environment()
    ) as program:
        os.close(follower)
        read_until(leader, b"one ")
        os.write(leader, b" ")  # pause; a step goes on to the next, and stays
        os.write(leader, b".")
        read_until(leader, b"two ")
        os.write(leader, b" ")
        for _ in range(16):
            os.write(leader, b"+")  # 65,536 times as fast
        read_until(leader, b"three ")
        assert program.wait(TIMEOUT_S) == 0
    os.close(leader)


def test_the_last_line_shows_the_state_and_the_keys(capture_file: Write) -> None:
    path = capture_file([(0.0, chat("one ")), (500.0, chat("two "))])
    leader, follower = pty.openpty()
    with subprocess.Popen(
        command("play", "--speed", "0.5", path), stdin=follower, stdout=follower,
        stderr=subprocess.DEVNULL, env=environment({"TERM": "xterm"}),
    ) as program:  # fmt: skip
        os.close(follower)
        shown = read_until(leader, b"one ")
        assert b"playing" in shown
        assert b"s  0.5x  space pause  . next  + - speed  q quit" in shown
        os.write(leader, b"+")
        read_until(leader, b"s  1x ")
        os.write(leader, b" ")
        read_until(leader, b"paused ")
        os.write(leader, b"q")
        # At its end, the whole terminal scrolls again, and the line is gone.
        read_until(leader, b"\x1b[r\x1b[24;1H\x1b[2K")
        assert program.wait(TIMEOUT_S) == 0
    os.close(leader)


def test_q_ends_it(capture_file: Write) -> None:
    path = capture_file([(0.0, chat("one ")), (500.0, chat("two "))])
    leader, follower = pty.openpty()
    with subprocess.Popen(
        command("play", path), stdin=follower, stdout=follower, stderr=subprocess.DEVNULL,
        env=environment(),
    ) as program:  # fmt: skip
        os.close(follower)
        read_until(leader, b"one ")
        os.write(leader, b"q")
        assert program.wait(TIMEOUT_S) == 0
    os.close(leader)
