"""`ssetape record`: around a command, and alone.

A proxy takes a second or two to start, so each test that needs one shows several things.
"""

import gc
import logging
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import warnings
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import Result
from programs import (
    TIMEOUT_S,
    Outcome,
    Program,
    assert_told,
    environment,
    run,
    sigint_as_in_a_terminal,
)
from proxies import Client, Exchange, Origin, captures

from ssetape.replay.running import serving

Invoke = Callable[..., Result]

CHUNKS = [b"data: caf\xc3", b"\xa9\n\n", b"id: 2\r\ndata: x\r\n\r\n"]
BODY = b"".join(CHUNKS)
CURL = shutil.which("curl")
needs_curl = pytest.mark.skipif(CURL is None, reason="curl is not installed")


def answer(exchange: Exchange) -> None:
    exchange.head()
    for chunk in CHUNKS:
        exchange.chunk(chunk)
    exchange.end()


def endless(exchange: Exchange) -> None:
    exchange.head()
    exchange.chunk(CHUNKS[2])
    exchange.wait_for_the_other_side_to_leave()


@pytest.fixture
def record(tmp_path: Path, confdir: Path) -> Callable[..., Outcome]:
    """Runs `ssetape record ... -- COMMAND` into the folder "tapes"."""

    def recorded(*words: object, stdin: bytes = b"") -> Outcome:
        options = ("--confdir", confdir, "-o", "tapes")
        return run("record", *options, *words, stdin=stdin, cwd=tmp_path)

    return recorded


@pytest.fixture
def record_here(
    tmp_path: Path, confdir: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Result]]:
    """The same within this process, which saves the second that importing mitmproxy takes."""
    monkeypatch.chdir(tmp_path)
    root = logging.getLogger()
    handlers = root.handlers[:]

    def recorded(*words: object) -> Result:
        with warnings.catch_warnings():
            # Of what mitmproxy imports much is deprecated, and it leaves sockets to be closed
            # by the end of the process.
            warnings.simplefilter("ignore")
            from ssetape.recording import recording, unrecorded

            recording.finished.clear()  # what was recorded here before
            unrecorded.unrecorded.clear()
            result = invoke("record", "--confdir", confdir, "-o", "tapes", *words)
            gc.collect()
        return result

    yield recorded
    root.handlers[:] = handlers


def python(script: str, *arguments: str) -> list[str]:
    """A command that runs a script in this very Python."""
    return [sys.executable, "-c", textwrap.dedent(script), *arguments]


# Its exit code is the command's


def test_the_command_has_stdin_and_stdout_to_itself_and_captures_is_the_default_folder(
    tmp_path: Path, confdir: Path
) -> None:
    words = ("record", "--confdir", confdir, "--", "cat", "-u")
    outcome = run(*words, stdin=b"\x00\xff hello\n", cwd=tmp_path)
    assert (outcome.returncode, outcome.stdout) == (0, b"\x00\xff hello\n")
    assert b"recorded 0 streams" in outcome.stderr
    assert str(tmp_path / "captures").encode() in outcome.stderr
    assert list((tmp_path / "captures").iterdir()) == []
    assert (tmp_path / "captures").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("script", "code"), [("exit 3", 3), ("kill -KILL $$", 137), ("kill -TERM $$", 143)]
)
def test_its_exit_code_is_that_of_the_command(
    script: str, code: int, record_here: Callable[..., Result]
) -> None:
    result = record_here("--", "sh", "-c", script)
    assert result.exit_code == code
    assert "recorded 0 streams" in result.stderr


def test_a_command_that_is_not_found_or_no_program_is_told_as_a_shell_does(
    tmp_path: Path, record_here: Callable[..., Result]
) -> None:
    result = record_here("--", "no-such-command-anywhere")
    assert result.exit_code == 127
    assert "cannot run 'no-such-command-anywhere': No such file or directory" in result.stderr
    (tmp_path / "notes.txt").write_text("hello")
    result = record_here("--", "./notes.txt")
    assert result.exit_code == 126
    assert "cannot run './notes.txt': Permission denied" in result.stderr


def test_what_lies_here_by_the_commands_name_does_not_make_it_found(
    tmp_path: Path, record_here: Callable[..., Result]
) -> None:
    """A shell looks for a command on the PATH, and so do we."""
    (tmp_path / "no-such-command-anywhere").mkdir()
    assert record_here("--", "no-such-command-anywhere").exit_code == 127


@pytest.mark.parametrize(
    ("number", "to_all", "code"),
    [(signal.SIGINT, True, 7), (signal.SIGTERM, False, 143)],
    ids=["Ctrl-C", "SIGTERM"],
)
def test_a_signal_ends_the_command_which_has_the_last_word(
    number: signal.Signals, to_all: bool, code: int, tmp_path: Path, confdir: Path
) -> None:
    """A terminal sends Ctrl-C to all in the foreground; SIGTERM comes to us and is handed on."""
    script = 'trap "exit 7" INT; sleep 0.5; echo ready; while :; do sleep 0.1; done'
    words = ("--confdir", confdir, "-o", tmp_path / "tapes", "--", "sh", "-c", script)
    with Program("record", *words) as program:
        program.wait_for("ready", "stdout")
        program.signal(number, group=to_all)
        assert program.wait() == code
        assert "recorded 0 streams" in program.stderr
        assert "Traceback" not in program.stderr
        assert "Aborted" not in program.stderr


def test_a_signal_that_comes_while_the_command_is_started_reaches_it() -> None:
    """Else the proxy would go, and the command would go on without it."""
    script = """
        import asyncio, os, signal, sys
        from ssetape.addon import program

        start = asyncio.create_subprocess_exec

        async def start_and_be_signalled(*words, **settings):
            process = await start(*words, **settings)
            os.kill(os.getpid(), signal.SIGTERM)
            return process

        asyncio.create_subprocess_exec = start_and_be_signalled
        sys.exit(asyncio.run(program.run(["sleep", "20"], os.environ)))
        """
    outcome = subprocess.run(python(script), timeout=TIMEOUT_S, env=environment(), check=False)
    assert outcome.returncode == 143


# Clients that know nothing of it. Each reads both URLs that it is given and prints the bodies.

CLIENTS = {
    "curl": [CURL or "curl", "-sS", "-N"],
    "urllib": python(
        """
        import sys, urllib.request
        for url in sys.argv[1:]:
            sys.stdout.buffer.write(urllib.request.urlopen(url).read())
        """
    ),
    "httpx": python(
        """
        import sys, httpx
        for url in sys.argv[1:]:
            with httpx.stream("GET", url) as response:
                for data in response.iter_raw():
                    sys.stdout.buffer.write(data)
        """
    ),
    "requests": python(
        """
        import sys, requests
        for url in sys.argv[1:]:
            for data in requests.get(url, stream=True).iter_content(None):
                sys.stdout.buffer.write(data)
        """
    ),
}


@pytest.mark.parametrize("name", CLIENTS)
def test_clients_are_recorded_over_http_and_https_without_knowing_of_it(
    name: str,
    tmp_path: Path,
    origin: Origin,
    tls_origin: Origin,
    record_here: Callable[..., Result],
) -> None:
    if (shutil.which(name) if name == "curl" else find_spec(name)) is None and name != "urllib":
        pytest.skip(f"{name} is not installed")
    urls = [origin.serve(answer), tls_origin.serve(answer)]
    result = record_here("-k", "--", "sh", "-c", '"$@" > bodies', "sh", *CLIENTS[name], *urls)
    assert result.exit_code == 0
    assert "recorded 2 streams " in result.stderr
    assert (tmp_path / "bodies").read_bytes() == BODY * 2
    found = captures(tmp_path / "tapes")
    assert sorted(capture.request.url for capture in found) == sorted(urls)
    for capture in found:
        assert [chunk.data for chunk in capture.chunks()] == CHUNKS
        assert capture.end is not None
        assert capture.end.reason == "complete"


@needs_curl
def test_a_server_that_nobody_trusts_is_told_and_how_to_go_on(
    tls_origin: Origin, record_here: Callable[..., Result]
) -> None:
    result = record_here("--", "curl", "-sS", "-f", tls_origin.serve(answer))
    assert result.exit_code == 22
    assert "ertificate" in result.stderr
    assert "recorded 0 streams" in result.stderr
    assert re.search(r"(?<!\w)(-k|--insecure)(?!\w)", result.stderr)


@needs_curl
def test_credentials_are_masked_unless_they_are_wanted(
    tmp_path: Path, origin: Origin, record_here: Callable[..., Result]
) -> None:
    curl = (
        "curl",
        "-sS",
        "-o",
        "body",
        "-H",
        "Authorization: Bearer s3cret",
        "-H",
        "Cookie: a=s3cret",
    )
    assert record_here("--", *curl, f"{origin.serve(answer)}?api_key=s3cret").exit_code == 0
    (masked,) = (tmp_path / "tapes").iterdir()
    assert "s3cret" not in masked.read_text()
    assert "Bearer MASKED" in masked.read_text()
    masked.unlink()
    result = record_here("--no-mask", "--", *curl, f"{origin.serve(answer)}?api_key=s3cret")
    (unmasked,) = (tmp_path / "tapes").iterdir()
    assert unmasked.read_text().count("s3cret") == 3
    assert "s3cret" not in result.stderr
    assert (tmp_path / "body").read_bytes() == BODY


@needs_curl
def test_all_records_ordinary_responses_too(
    tmp_path: Path, origin: Origin, record_here: Callable[..., Result]
) -> None:
    def page(exchange: Exchange) -> None:
        exchange.head("Content-Type: text/html", "Content-Length: 4", chunked=False)
        exchange.send(b"page")

    curl = ("curl", "-sS", "-o", "body", origin.serve(page))
    assert "recorded 0 streams in" in record_here("--", *curl).stderr
    result = record_here("--all", "--", *curl)
    assert "recorded 1 exchange (1 complete) in" in result.stderr
    (capture,) = captures(tmp_path / "tapes")
    assert [chunk.data for chunk in capture.chunks()] == [b"page"]


@needs_curl
def test_in_reverse_the_command_asks_the_url_in_its_environment_and_needs_no_proxy(
    tmp_path: Path, origin: Origin, record_here: Callable[..., Result]
) -> None:
    path = "/" + origin.serve(answer).rpartition("/")[2]
    script = f'test -z "$http_proxy$HTTPS_PROXY" && curl -sS -N -o body "$SSETAPE_URL{path}?a=1"'
    result = record_here("--reverse", origin.url, "--", "sh", "-c", script)
    assert result.exit_code == 0
    assert "recorded 1 stream " in result.stderr
    assert (tmp_path / "body").read_bytes() == BODY
    (capture,) = captures(tmp_path / "tapes")
    assert capture.request.url == f"{origin.url}{path}?a=1"
    assert [chunk.data for chunk in capture.chunks()] == CHUNKS
    # And back: what was recorded through the reverse proxy is replayed to the same request.
    with serving([capture]) as url:
        replayed = subprocess.run(
            ["curl", "-sS", "-N", "--noproxy", "*", f"{url}{path}?a=1"],
            capture_output=True,
            timeout=TIMEOUT_S,
            check=True,
        )
    assert replayed.stdout == BODY


@needs_curl
def test_a_filter_chooses_and_further_options_reach_mitmproxy(
    tmp_path: Path, origin: Origin, record_here: Callable[..., Result]
) -> None:
    wanted, other = origin.serve(answer, "wanted"), origin.serve(answer, "other")
    options = ("--filter", "~u wanted", "--set", "modify_headers=/~q/X-Added/yes")
    curl = ("curl", "-sS", "-N", "-o", "1", wanted, "-o", "2", other)
    result = record_here(*options, "--", *curl)
    assert result.exit_code == 0
    assert "recorded 1 stream " in result.stderr
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes() == BODY
    (capture,) = captures(tmp_path / "tapes")
    assert capture.request.url == wanted
    assert ("X-Added", "yes") in capture.request.headers


@needs_curl
def test_what_is_no_event_stream_passes_and_is_not_recorded(
    tmp_path: Path, origin: Origin, record_here: Callable[..., Result]
) -> None:
    def page(exchange: Exchange) -> None:
        exchange.head("Content-Type: text/html", "Content-Length: 5", chunked=False)
        exchange.send(b"hello")

    result = record_here("--", "curl", "-sS", "-o", "body", origin.serve(page))
    assert result.exit_code == 0
    assert "recorded 0 streams" in result.stderr
    assert (tmp_path / "body").read_bytes() == b"hello"
    assert list((tmp_path / "tapes").iterdir()) == []


def test_a_stream_that_the_command_leaves_is_kept_as_far_as_it_came(
    tmp_path: Path, origin: Origin, record_here: Callable[..., Result]
) -> None:
    """The command leaves in the middle of its stream, as Ctrl-C in a program does."""
    script = """
        import os, sys, urllib.request
        urllib.request.urlopen(sys.argv[1]).readline()
        os._exit(5)
        """
    result = record_here("--", *python(script, origin.serve(endless)))
    assert result.exit_code == 5
    assert "recorded 1 stream " in result.stderr
    (capture,) = captures(tmp_path / "tapes")
    assert [chunk.data for chunk in capture.chunks()] == [CHUNKS[2]]
    assert capture.end is not None
    assert capture.end.reason == "client_closed"


# Alone


def test_alone_it_says_where_it_listens_and_whom_to_trust_and_ends_with_ctrl_c(
    tmp_path: Path, confdir: Path, origin: Origin, tls_origin: Origin
) -> None:
    words = ("--port", "0", "--confdir", confdir, "-k")
    with Program("record", *words, cwd=tmp_path) as program:
        address = program.wait_for(r"proxy listening at (http://127\.0\.0\.1:\d+)\n")[1]
        assert program.wait_for(r"clients must trust (\S+) for https")
        example = program.wait_for(r"\n\S+ +(curl .*) https://\.\.\.\n")[1]
        program.wait_for("Ctrl-C stops it")

        with Client(program.port, origin.serve(answer)) as client:
            assert client.head() == 200
            assert list(client.chunks()) == CHUNKS
        if CURL:
            # The command that it suggests, as it stands.
            curl = subprocess.run(
                [*shlex.split(example), "-sS", tls_origin.serve(answer)],
                capture_output=True,
                env=environment(),
                timeout=TIMEOUT_S,
                check=False,
            )
            assert (curl.returncode, curl.stdout, curl.stderr) == (0, BODY, b"")
        count = 2 if CURL else 1

        # Another on the same port, while this one is there.
        port = address.rpartition(":")[2]
        second = run("record", "--port", port, "--confdir", confdir, cwd=tmp_path)
        assert_told(second, f"cannot listen on 127.0.0.1:{port}", "; port 0 picks a free")
        assert second.stdout == b""

        program.signal(signal.SIGINT, group=True)
        assert program.wait() == 0
        assert program.stdout == ""
        assert f"recorded {count} stream" in program.stderr
        assert str(tmp_path / "captures") in program.stderr
        assert "Traceback" not in program.stderr
        assert "Aborted" not in program.stderr
    assert len(captures(tmp_path / "captures")) == count


def test_alone_in_reverse_it_says_whom_it_asks_and_keeps_what_is_open_when_sigterm_comes(
    tmp_path: Path, confdir: Path, tls_origin: Origin
) -> None:
    words = ("--reverse", tls_origin.url, "-k", "--port", "0", "--confdir", confdir)
    with Program("record", *words, "-o", tmp_path) as program:
        program.wait_for(rf"listening at http://127\.0\.0\.1:\d+, forwarding to {tls_origin.url}\n")
        program.wait_for("Ctrl-C stops it")
        urls = [tls_origin.serve(answer, "a"), tls_origin.serve(endless, "b")]
        whole, open_one = (url.replace("https:", "http:") for url in urls)
        with Client(program.port, whole, direct=True) as client:
            client.head()
            assert list(client.chunks()) == CHUNKS
        with Client(program.port, open_one, direct=True) as client:
            client.head()
            assert client.chunk() == CHUNKS[2]
            program.signal(signal.SIGTERM)
            assert program.wait() == 0
        assert "recorded 2 streams" in program.stderr
        assert "Traceback" not in program.stderr
    found = sorted(captures(tmp_path), key=lambda capture: capture.request.url)
    assert [capture.request.url for capture in found] == urls
    assert [capture.end and capture.end.reason for capture in found] == [
        *("complete", "proxy_shutdown")
    ]
    assert [chunk.data for chunk in found[1].chunks()] == [CHUNKS[2]]


# What keeps it from starting


@pytest.mark.parametrize("words", [["-o", "file"], ["-o", "file/tapes"]], ids=" ".join)
def test_a_file_in_the_way_of_the_folder_is_told_before_anything_runs(
    words: list[str], tmp_path: Path, record_here: Callable[..., Result]
) -> None:
    (tmp_path / "file").write_text("mine")
    result = record_here(*words, "--", "touch", "ran")
    assert result.exit_code == 1
    assert f"cannot write captures to {tmp_path / words[1]}" in result.stderr
    assert "another folder with -o" in result.stderr
    assert not (tmp_path / "ran").exists()
    assert (tmp_path / "file").read_text() == "mine"


def test_a_confdir_that_cannot_be_is_told(
    tmp_path: Path, record_here: Callable[..., Result]
) -> None:
    (tmp_path / "file").touch()
    result = record_here("--confdir", "file", "--", "touch", "ran")
    assert result.exit_code == 1
    assert "file" in result.stderr
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("verb", ["record", "demo"])
def test_without_mitmproxy_it_says_what_to_install(verb: str, tmp_path: Path) -> None:
    script = 'import sys; sys.modules["mitmproxy"] = None; from ssetape.cli import main; main()'
    words = ["--", "true"] if verb == "record" else []
    # The demo runs its steps as programs, which have to go without it just the same.
    (tmp_path / "blocker").mkdir()
    (tmp_path / "blocker" / "sitecustomize.py").write_text(
        'import sys\nsys.modules["mitmproxy"] = None\n'
    )
    outcome = subprocess.run(
        [sys.executable, "-c", script, verb, *words],
        capture_output=True,
        cwd=tmp_path,
        env=environment({"PYTHONPATH": str(tmp_path / "blocker")}),
        timeout=TIMEOUT_S,
        check=False,
    )
    assert_told(outcome, "mitmproxy, which is not installed", "pip install 'ssetape[record]'")
    assert not (tmp_path / "captures").exists()
    if verb == "demo":
        assert_told(outcome, "the demo could not record: see above")


MISUSES = {
    "--set foo": "--set foo: expected NAME=VALUE",
    "--set no_such_option=1": "mitmproxy has no option 'no_such_option'",
    "--set tape_maks=off": "did you mean tape_mask?",
    "--set listen_port=many": "listen_port",
    "--filter ~nonsense": "~nonsense",
    "--filter (": "'('",
    "--port 65536": "--port",
    "--reverse nonsense": "nonsense",
    "--reverse ftp://origin.test": "ftp",
    "--reverse=": "--reverse",
}


@pytest.mark.parametrize("misuse", MISUSES)
def test_an_option_that_means_nothing_is_misuse_and_nothing_runs(
    misuse: str, tmp_path: Path, record_here: Callable[..., Result]
) -> None:
    result = record_here(*misuse.split(), "--", "touch", "ran")
    assert MISUSES[misuse] in result.stderr
    assert result.exit_code == 2
    assert not (tmp_path / "ran").exists()


def test_a_command_whose_options_are_taken_for_ours_is_told_of_the_two_dashes(
    invoke: Invoke,
) -> None:
    result = invoke("record", "curl", "-N", "http://127.0.0.1:9/")
    assert result.exit_code == 2
    assert "--" in re.findall(r"\S+", result.stderr.partition("Error:")[2])


def test_sigint_reaches_programs_started_here_even_under_a_shell_that_ignores_it() -> None:
    """Guards the other tests: without it they would wait for ever in some background job."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with sigint_as_in_a_terminal():
            script = "import signal; print(signal.getsignal(signal.SIGINT).__name__)"
            shown = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    finally:
        signal.signal(signal.SIGINT, before)
    assert shown.stdout == b"default_int_handler\n"


# In a browser


def test_a_browser_that_fails_or_is_not_there_is_told(
    tmp_path: Path, record_here: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = tmp_path / "mine"
    failing.write_text("#!/bin/sh\necho 'Missing X server' >&2\nexit 1\n")
    failing.chmod(0o755)
    result = record_here("--browser-path", failing, "http://a.test/")
    assert result.exit_code == 1
    assert f"{failing} exited with 1: Missing X server" in result.stderr
    assert "recorded 0 streams" in result.stderr

    monkeypatch.setenv("PATH", "/no/such/folder")
    result = record_here("--browser-path", "no-such-browser")
    assert result.exit_code == 1
    assert "--browser-path no-such-browser: there is no such program" in result.stderr


def test_a_browser_and_reverse_exclude_each_other(record_here: Callable[..., Result]) -> None:
    result = record_here("--browser", "--reverse", "http://a.test")
    assert result.exit_code == 2
    assert "--browser needs a proxy" in result.stderr


# Why nothing was recorded


def test_what_came_and_did_not_stream_is_told_with_the_option_that_records_it(
    record_here: Callable[..., Result], origin: Origin
) -> None:
    def ordinary(exchange: Exchange) -> None:
        exchange.head("Content-Type: application/json")
        exchange.end()

    url = origin.serve(ordinary)
    ask = "import sys, urllib.request as u; [u.urlopen(sys.argv[1]).read() for _ in range(2)]"
    result = record_here("--", *python(ask, url))
    line = "2 responses came that do not stream (JSON 200 x2): --all records them"
    assert line in result.stderr


def test_a_server_behind_reverse_that_refuses_is_named_to_all(
    record_here: Callable[..., Result],
) -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{sock.getsockname()[1]}"
    ask = """
        import json, os, urllib.error, urllib.request
        for _ in range(2):
            try:
                urllib.request.urlopen(os.environ["SSETAPE_URL"] + "/x")
            except urllib.error.HTTPError as error:
                message = json.load(error)["error"]["message"]
                assert error.code == 502 and "connection refused" in message, message
    """
    result = record_here("--reverse", f"http://{address}", "--", *python(ask))
    assert result.exit_code == 0
    assert result.stderr.count(f"no answer from {address}: connection refused") == 1
    assert f"no answer (x2) from {address}: connection refused" in result.stderr


def test_if_nothing_came_it_says_what_to_check(record_here: Callable[..., Result]) -> None:
    assert "nothing came: nothing connected to the proxy" in record_here("--", "true").stderr
    reverse = record_here("--reverse", "http://127.0.0.1:9", "--", "true")
    assert "nothing came: check that the program uses the URL in SSETAPE_URL" in reverse.stderr
