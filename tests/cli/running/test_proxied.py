"""`ssetape replay` through mitmproxy, as a program."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from programs import Program, assert_told, run
from proxies import Client, Origin

from ssetape.capture import Capture

Raw = Callable[..., bytes]
Invoke = Callable[..., Result]

URL = "https://api.example.com/v1/stream"
ASKED = "https://api.example.com:443/v1/stream"  # as a raw client has to say it
BODY = b"data: a\n\ndata: caf\xc3\xa9\n\n"
# What a program of the user's does: asks its own URL, with the proxy of its environment.
ASK = "import sys, urllib.request as u; sys.stdout.write(u.urlopen(sys.argv[1]).read().decode())"
ASK_BASE = (
    "import os, urllib.request as u; u.install_opener(u.build_opener(u.ProxyHandler(dict())));"
    "print(u.urlopen(os.environ['SSETAPE_URL'] + '/v1/stream').read(), os.environ[{!r}])"
)


@pytest.fixture
def folder(tmp_path: Path, raw_capture: Raw) -> Path:
    tapes = tmp_path / "tapes"
    tapes.mkdir()
    (tapes / "a.ssetape").write_bytes(raw_capture([(0.01, BODY[:12]), (0.02, BODY[12:])], url=URL))
    return tapes


@pytest.fixture(scope="module")
def confdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mitmproxy")


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as running:
        yield running


def test_a_program_asks_its_own_url_and_needs_no_network(folder: Path, confdir: Path) -> None:
    words = ["replay", "--proxy", "--confdir", confdir, folder, "--", sys.executable, "-c", ASK]
    outcome = run(*words, URL)
    assert outcome.returncode == 0, outcome.stderr.decode()
    assert outcome.stdout == BODY
    assert b"captures that answer: 1; other requests are refused" in outcome.stderr


def test_the_program_s_exit_code_is_ours(folder: Path, confdir: Path) -> None:
    words = ["replay", "--proxy", "--confdir", confdir, folder, "--"]
    assert run(*words, "sh", "-c", "exit 7").returncode == 7
    missing = run(*words, "no-such-program")
    assert_told(missing, "cannot run 'no-such-program'", "nothing connected to", code=127)
    plain = run("replay", folder, "--", "sh", "-c", "exit 7")
    assert plain.returncode == 7
    assert_told(run("replay", folder, "--", "no-such-program"), "cannot run", code=127)


def test_without_a_proxy_the_program_finds_the_server_in_its_environment(
    tmp_path: Path, raw_capture: Raw
) -> None:
    url = "https://api.openai.com/v1/stream"
    (tmp_path / "a.ssetape").write_bytes(raw_capture([(0.0, BODY)], url=url))
    script = ASK_BASE.format("OPENAI_BASE_URL")
    outcome = run("replay", tmp_path, "--", sys.executable, "-c", script)
    assert outcome.returncode == 0, outcome.stderr.decode()
    assert repr(BODY).encode() in outcome.stdout
    assert b"http://127.0.0.1:" in outcome.stdout


def test_a_proxy_serves_until_it_is_stopped(folder: Path, confdir: Path) -> None:
    words = ["replay", "--proxy", "--confdir", confdir, "--port", "0", folder]
    with Program(*words) as program:
        port = int(program.wait_for(r"proxy listening at http://127\.0\.0\.1:(\d+)")[1])
        with Client(port, ASKED) as client:
            assert client.head() == 200
            assert b"".join(client.chunks()) == BODY


def test_what_is_not_captured_goes_to_where_the_captures_came_from(
    tmp_path: Path, raw_capture: Raw, confdir: Path, origin: Origin
) -> None:
    origin.serve_at("/other", lambda e: (e.head(), e.chunk(b"data: real\n\n"), e.end())[0])
    tapes = tmp_path / "tapes"
    tapes.mkdir()
    (tapes / "a.ssetape").write_bytes(raw_capture([(0.0, BODY)], url=f"{origin.url}/known"))

    def get(port: int, path: str) -> tuple[int, bytes]:
        with Client(port, f"http://127.0.0.1:{port}{path}", direct=True) as client:
            return client.head(), b"".join(client.chunks())

    words = ["replay", "--on-miss", "record", "--confdir", confdir, "--port", "0", tapes]
    with Program(*words) as program:
        port = int(program.wait_for(r"listening at http://127\.0\.0\.1:(\d+), in place of")[1])
        assert get(port, "/known") == (200, BODY)
        assert get(port, "/other") == (200, b"data: real\n\n")
        program.wait_for("passed on")
    assert sorted(Capture(path).request.url for path in tapes.glob("*.ssetape")) == [
        f"{origin.url}/known",
        f"{origin.url}/other",
    ]
    origin.close()
    with Program(*words) as program:
        port = int(program.wait_for(r"listening at http://127\.0\.0\.1:(\d+), in place of")[1])
        assert get(port, "/other") == (200, b"data: real\n\n")


def test_a_first_run_may_find_an_empty_folder(
    tmp_path: Path, confdir: Path, origin: Origin
) -> None:
    origin.serve_at("/first", lambda e: (e.head(), e.chunk(b"data: real\n\n"), e.end())[0])
    words = ["replay", "--on-miss", "record", "--origin", origin.url, "--confdir", confdir]
    ask = "import os,urllib.request as u;u.urlopen(os.environ['SSETAPE_URL']+'/first').read()"
    for _ in range(2):
        outcome = run(*words, tmp_path / "new", "--", sys.executable, "-c", ask)
        assert outcome.returncode == 0, outcome.stderr.decode()
        origin.close()
    assert len(list((tmp_path / "new").glob("*.ssetape"))) == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--on-miss", "pass", "--origin", "api.test"], "expected a URL"),
        (["--on-miss", "record"], "expected a folder to record into"),
    ],
)
def test_what_cannot_be_is_misuse(
    options: list[str], words: str, folder: Path, invoke: Invoke
) -> None:
    result = invoke("replay", *options, str(folder / "a.ssetape"))
    assert result.exit_code == 2
    assert words in result.stderr


def test_where_misses_go_has_to_be_known(folder: Path, raw_capture: Raw, invoke: Invoke) -> None:
    (folder / "b.ssetape").write_bytes(raw_capture([], url="https://b.test/"))
    result = invoke("replay", "--on-miss", "pass", str(folder))
    assert result.exit_code == 2
    assert "came from 2 servers: https://api.example.com, https://b.test" in result.stderr
