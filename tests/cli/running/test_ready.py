"""`ssetape replay --ready-file FILE` and `--json`: who started it learns when, and where."""

import json
import signal
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from programs import Program, assert_told, run

from ssetape.cli.running.ready import Ready

Write = Callable[..., Path]


@pytest.fixture
def capture(capture_file: Write) -> Path:
    return capture_file([(0.0, b"data: a\n\n")])


def asked(told: dict[str, Any]) -> bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{told['url']}/stream", timeout=60) as response:
        body: bytes = response.read()
    return body


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_a_line_and_a_file_say_where_it_listens(
    end: signal.Signals, capture: Path, tmp_path: Path
) -> None:
    path = tmp_path / "ready.json"
    with Program("replay", "--port", "0", "--ready-file", path, "--json", capture) as program:
        line = program.wait_for(r"(.*)\n", "stdout")[1]
        told = json.loads(line)
        assert list(told) == ["url", "port", "pid", "captures"]
        assert told["url"] == f"http://127.0.0.1:{told['port']}"
        assert told["pid"] == program.process.pid
        assert told["captures"] == 1
        assert asked(told) == b"data: a\n\n"
        program.wait_for("replaying 1 capture")  # the file is written before that
        assert path.read_text() == f"{line}\n"
        program.signal(end)
        assert program.wait() == 0
        assert program.stdout == f"{line}\n"
    assert list(tmp_path.glob("*ready*")) == []


def test_a_file_that_a_killed_server_left_is_gone_before_the_next_listens(
    capture: Path, tmp_path: Path
) -> None:
    path = tmp_path / "ready.json"
    path.write_text("stale")
    outcome = run("replay", "--host", "256.0.0.1", "--ready-file", path, capture)
    assert_told(outcome, "cannot listen on 256.0.0.1")
    assert not path.exists()


def test_a_file_is_there_while_a_command_runs(capture: Path, tmp_path: Path) -> None:
    path = tmp_path / "ready.json"
    outcome = run("replay", "--ready-file", path, capture, "--", "cat", path)
    assert outcome.returncode == 0, outcome.stderr.decode()
    assert json.loads(outcome.stdout)["captures"] == 1
    assert not path.exists()


def test_a_proxy_tells_its_own_address(capture: Path, tmp_path: Path) -> None:
    words = ["--proxy", "--port", "0", "--confdir", tmp_path, "--json", capture]
    with Program("replay", *words) as program:
        told = json.loads(program.wait_for(r"(.*)\n", "stdout")[1])
        program.wait_for(rf"proxy listening at {told['url']}\n")
        program.signal(signal.SIGTERM)
        assert program.wait() == 0


def test_a_file_that_cannot_be_written_is_told(capture: Path, tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "ready.json"
    outcome = run("replay", "--port", "0", "--ready-file", path, capture)
    assert_told(outcome, str(path.parent), "No such file or directory")


def test_an_address_of_ipv6_has_its_port(tmp_path: Path) -> None:
    with Ready(tmp_path / "ready.json") as ready:
        ready.announce("https://[::1]:8443", 3)
        told = json.loads((tmp_path / "ready.json").read_text())
    assert (told["url"], told["port"], told["captures"]) == ("https://[::1]:8443", 8443, 3)
    assert list(tmp_path.iterdir()) == []


def test_a_device_is_told_and_not_removed() -> None:
    with Ready(Path("/dev/null")) as ready:
        ready.announce("http://127.0.0.1:1", 1)
    assert Path("/dev/null").is_char_device()
