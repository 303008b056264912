"""`ssetape record`: around a command, and alone.

A proxy takes a second or two to start, so each test that needs one shows several things.
"""

import gc
import logging
import shutil
import signal
import subprocess
import sys
import textwrap
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from programs import (
    TIMEOUT_S,
    Outcome,
    Program,
    environment,
    run,
)
from proxies import Exchange, Origin, captures

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

HTTPX = """
import httpx, sys
try:
    with httpx.stream("GET", sys.argv[1]) as response:
        for data in response.iter_bytes():
            sys.stdout.buffer.write(data)
except httpx.RemoteProtocolError:
    sys.exit(56)
"""
OPENAI = """
import httpx, openai, sys
client = openai.OpenAI(
    api_key="none", max_retries=0, base_url=sys.argv[1].removesuffix("/chat/completions")
)
messages = [{"role": "user", "content": "hi"}]
try:
    for part in client.chat.completions.create(model="m", messages=messages, stream=True):
        sys.stdout.buffer.write(part.choices[0].delta.content.encode())
except (httpx.RemoteProtocolError, openai.APIConnectionError):
    sys.exit(56)
"""


def chat(exchange: Exchange) -> None:
    exchange.head()
    for words in ("café", "second"):
        delta = f'{{"choices": [{{"index": 0, "delta": {{"content": "{words}"}}}}]}}'
        exchange.chunk(f"data: {delta}\n\n".encode())
    exchange.end()


@pytest.mark.parametrize("client", [pytest.param("curl", marks=needs_curl), "httpx", "openai"])
@pytest.mark.programs
def test_a_program_gets_the_fault_and_the_capture_says_so(
    client: str, record: Callable[..., Outcome], origin: Origin, tmp_path: Path
) -> None:
    url = origin.serve_at("/sdk/chat/completions", chat)
    scripts = {"httpx": HTTPX, "openai": OPENAI}
    command = python(scripts[client], url) if client in scripts else [CURL or "", "-sN", url]
    outcome = record("--fault", "cut event=1", "--", *command)
    assert b"caf\xc3\xa9" in outcome.stdout
    assert b"second" not in outcome.stdout
    assert outcome.returncode in (18, 56)  # the transfer ended early
    (capture,) = captures(tmp_path / "tapes")
    assert capture.end is not None
    assert capture.end.reason == "fault_cut"
    assert capture.end.faults == ("cut event=1",)


def test_a_fault_that_is_none_is_refused(invoke: Invoke) -> None:
    result = invoke("record", "--fault", "cut event=x", "--", "true")
    assert result.exit_code == 2
    assert "event: expected a whole number, found 'x'" in result.stderr
