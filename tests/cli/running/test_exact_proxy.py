"""`ssetape replay --proxy` where nothing is passed on, as a program."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from programs import Program, assert_told, run, run_without_mitmproxy
from proxies import Client, connect

Raw = Callable[..., bytes]

URL = "https://api.example.com/v1/stream"
BODY = b"data: a\n\ndata: caf\xc3\xa9\n\n"
# What a program of the user's does: asks its own URL, with the proxy of its environment.
ASK = "import sys, urllib.request as u; sys.stdout.write(u.urlopen(sys.argv[1]).read().decode())"


@pytest.fixture
def folder(tmp_path: Path, raw_capture: Raw) -> Path:
    tapes = tmp_path / "tapes"
    tapes.mkdir()
    (tapes / "a.ssetape").write_bytes(raw_capture([(0.01, BODY[:12]), (0.02, BODY[12:])], url=URL))
    return tapes


@pytest.fixture(scope="module")
def confdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mitmproxy")


def test_it_serves_until_it_is_stopped(folder: Path, confdir: Path) -> None:
    words = ["replay", "--proxy", "--json", "--confdir", confdir, "--port", "0", folder]
    with Program(*words) as program:
        port = int(program.wait_for(r"proxy listening at http://127\.0\.0\.1:(\d+)")[1])
        assert json.loads(program.wait_for(r"\{.*\}", "stdout")[0])["port"] == port
        with Client(port, f"{URL.replace('.com', '.com:443')}") as client:
            assert client.head() == 200
            assert b"".join(client.chunks()) == BODY
        with connect(port, "api.example.com:443"):  # a tunnel that nobody uses
            program.process.terminate()
            assert program.wait() == 0
    assert "Traceback" not in program.stderr


def test_it_needs_no_mitmproxy(folder: Path, tmp_path: Path) -> None:
    words = ["replay", "--proxy", "--confdir", tmp_path / "ca", folder]
    done = run_without_mitmproxy(*words, "--", sys.executable, "-c", ASK, URL)
    assert (done.returncode, done.stdout) == (0, BODY), done.stderr.decode()


def test_a_port_that_is_taken_and_a_ca_that_cannot_be_are_told(
    folder: Path, confdir: Path, tmp_path: Path
) -> None:
    with Program("replay", "--proxy", "--confdir", confdir, "--port", "0", folder) as program:
        port = program.port
        words = ["replay", "--proxy", "--confdir", confdir, "--port", port, folder]
        assert_told(run(*words), f"cannot listen on 127.0.0.1:{port}", "port 0 picks a free one")
    (tmp_path / "file").touch()
    words = ["replay", "--proxy", "--confdir", tmp_path / "file", folder]
    assert_told(run(*words), "cannot use the CA", "Not a directory", "--confdir")
