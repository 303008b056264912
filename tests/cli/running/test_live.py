"""The streams as they come, on a terminal and as JSON."""

import asyncio
import fcntl
import io
import json
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from programs import TIMEOUT_S, Program, command, environment
from proxies import Client, Exchange, Origin, wait_until
from rich.console import Console

from ssetape.cli.running import live

with warnings.catch_warnings():
    # What mitmproxy imports warns about what that imports.
    warnings.simplefilter("ignore", DeprecationWarning)
    from ssetape.recording import recording as recordings

Invoke = Callable[..., Result]
Start = Callable[..., Any]
Feed = Callable[[Any, bytes], None]

HEADERS = [["content-type", "text/event-stream"]]


# The table


def look(view: live.TableView, *happen: Callable[[], Any]) -> str:
    """Let a view look at what happens; gives the text of its last table."""

    async def go() -> None:
        view.open()
        for do in happen:
            do()
            await view.look()
        await view.close()

    asyncio.run(go())
    assert isinstance(view.console.file, io.StringIO)
    return view.console.file.getvalue()


def terminal(height: int = 20, width: int = 120) -> live.TableView:
    return live.TableView(
        Console(file=io.StringIO(), force_terminal=True, width=width, height=height)
    )


def test_the_table_has_a_row_a_stream_with_nothing_that_a_terminal_obeys(
    start: Start, feed: Feed
) -> None:
    def stream() -> None:
        recording = start(title="POST http://a.test/chat")
        feed(recording, b"data: one\n\ndata: \x1b[31mred [bold]\n\n")

    shown = look(terminal(), stream)
    row = next(line for line in shown.splitlines() if "POST" in line)
    assert re.search(r"POST a.test/chat +2 +\d", row)
    assert '"\\u001b[31mred [bold]"' in row
    assert "\x1b[31m" not in shown


@pytest.mark.parametrize("width", [120, 80, 40])
def test_each_stream_has_one_line_however_narrow_the_terminal(
    width: int, start: Start, feed: Feed
) -> None:
    def streams() -> None:
        for number in range(3):
            recording = start(f"s{number}", f"GET https://a.test/{'long/' * 20}{number}")
            feed(recording, b"data: many words " + b"word " * 100 + b"\n\n")

    shown = look(terminal(width=width), streams)
    table = shown[shown.rindex("stream") :]
    lines = [re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", line).rstrip() for line in table.splitlines()]
    assert len([line for line in lines if line]) == 4
    assert max(map(len, lines)) < width


def test_an_ordinary_response_is_one_body(start: Start, feed: Feed) -> None:
    def page() -> None:
        feed(start(content_type="text/html"), b"<p>\n<p>\n")

    assert re.search(r" 1 body +", look(terminal(), page))


def test_of_a_long_url_the_end_is_shown(start: Start) -> None:
    title = "POST https://a.test/" + "long/" * 20 + "completions?key=x"
    shown = look(terminal(), lambda: start(title=title))
    (row,) = {line[:39].strip() for line in shown.splitlines() if "POST" in line}
    assert re.fullmatch(r"POST …[long/]+/completions", row)
    assert len(row) == 39


def test_the_table_fits_the_terminal_and_keeps_those_that_go_on(start: Start) -> None:
    first: list[recordings.Recording] = []

    def streams() -> None:
        first.append(start("first", "GET http://goes-on.test/"))
        for number in range(30):
            start(f"s{number}", f"GET http://{number}.test/").finish(0.0, "complete")

    view = terminal(height=10)
    shown = look(view, streams)
    last = shown[shown.rindex("last event") :]
    assert "goes-on" in last
    assert "29.test" in last
    assert last.count("complete") == 10 - 4 - 1
    assert " 3.test" not in last


def in_a_terminal(*words: object, cwd: Path) -> tuple["subprocess.Popen[bytes]", int]:
    """`ssetape WORDS...` in a terminal of its own."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 110, 0, 0))
    process = subprocess.Popen(
        command(*words),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=cwd,
        env={**environment(), "TERM": "xterm-256color", "LINES": "24", "COLUMNS": "110"},
        start_new_session=True,
    )
    os.close(theirs)
    return process, ours


def slowly(exchange: Exchange) -> None:
    exchange.head()
    for number in range(3):
        exchange.chunk(b"data: event %d \x1b]0;title\x07\n\n" % number)
        time.sleep(0.4)
    exchange.end()


def test_on_a_terminal_a_stream_is_seen_while_it_comes(
    tmp_path: Path, confdir: Path, origin: Origin
) -> None:
    words = ("record", "--port", "0", "--confdir", confdir, "-o", "tapes")
    process, terminal = in_a_terminal(*words, cwd=tmp_path)
    seen: list[bytes] = []

    def read() -> None:
        try:
            while data := os.read(terminal, 1 << 16):
                seen.append(data)
        except OSError:
            pass  # it has closed its side

    def text() -> str:
        return b"".join(seen).decode(errors="replace")

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        wait_until(lambda: "Ctrl-C stops it" in text(), "the terminal")
        port = int(re.findall(r"proxy listening at \S+:(\d+)", text())[0])
        with Client(port, origin.serve(slowly)) as client:
            client.head()
            wait_until(lambda: "event 0" in text(), "the first event on the terminal")
            assert "complete" not in text()
            list(client.chunks())
        wait_until(lambda: "complete" in text(), "the end on the terminal")
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(TIMEOUT_S) == 0
        reader.join(TIMEOUT_S)
        os.close(terminal)
    assert "\x1b]0;title" not in text()
    assert "recorded 1 stream " in text()
    assert "Traceback" not in text()
    assert text().count("\x1b[?25l") == text().count("\x1b[?25h") > 0  # the cursor is back


# JSON


def test_as_json_each_thing_that_happens_is_a_line_when_it_happens(
    tmp_path: Path, confdir: Path, origin: Origin
) -> None:
    words = ("record", "--port", "0", "--confdir", confdir, "-o", tmp_path, "--json")
    url = origin.serve(slowly)
    with Program(*words) as program:
        with Client(program.port, url) as client:
            client.head()
            program.wait_for("event 0", "stdout")
            assert '"ended"' not in program.stdout
            list(client.chunks())
        program.wait_for('"ended"', "stdout")
        program.signal(signal.SIGTERM)
        assert program.wait() == 0
    *lines, last = [json.loads(line) for line in program.stdout.splitlines()]
    assert (last["happened"], last["ends"]) == ("finished", {"complete": 1})
    assert [line["happened"] for line in lines] == ["started", *["event"] * 3, "ended"]
    assert len({line["stream"] for line in lines}) == 1
    assert (lines[0]["url"], lines[-1]["end"], lines[-1]["chunks"]) == (url, "complete", 3)
    assert lines[0]["path"] == lines[-1]["path"] == str(next(tmp_path.glob("*.ssetape")))

    page = (Path(__file__).parents[3] / "docs" / "json.md").read_text()
    assert [line["said"] for line in lines[1:-1]] == [
        json.dumps(line["data"]) for line in lines[1:-1]
    ]
    section = page.partition("## `ssetape record --json`")[2].partition("\n## ")[0]
    for line in (lines[0], lines[1], lines[-1]):
        for key in line:
            assert f"`{key}`" in section, key


def test_as_json_what_ends_with_the_proxy_is_told_too(
    tmp_path: Path, confdir: Path, origin: Origin
) -> None:
    def endless(exchange: Exchange) -> None:
        exchange.head()
        exchange.chunk(b"data: x\n\n")
        exchange.wait_for_the_other_side_to_leave()

    words = ("record", "--port", "0", "--confdir", confdir, "-o", tmp_path, "--json")
    with Program(*words) as program, Client(program.port, origin.serve(endless)) as client:
        client.head()
        program.wait_for('"event"', "stdout")
        program.signal(signal.SIGTERM)
        assert program.wait() == 0
    assert json.loads(program.stdout.splitlines()[-2])["end"] == "proxy_shutdown"


def test_who_reads_the_lines_slowly_does_not_hold_up_the_streams(
    tmp_path: Path, confdir: Path, origin: Origin
) -> None:
    def much(exchange: Exchange) -> None:
        exchange.head()
        for _ in range(40):
            exchange.chunk(b"data: %b\n\n" % (b"x" * 10_000))
        exchange.end()

    words = ("record", "--port", "0", "--confdir", confdir, "-o", tmp_path, "--json")
    process = subprocess.Popen(
        command(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        found = None
        while not found:
            found = re.search(rb"proxy listening at \S+:(\d+)", process.stderr.readline())
        # More than fits into the pipe that nobody reads, and then more.
        for _ in range(3):
            with Client(int(found[1]), origin.serve(much)) as client:
                client.head()
                assert b"".join(client.chunks()).count(b"data: ") == 40
    finally:
        process.send_signal(signal.SIGTERM)
        printed, _ = process.communicate(timeout=TIMEOUT_S)
    happened = [json.loads(line)["happened"] for line in printed.splitlines()]
    assert (happened.count("event"), happened.count("ended")) == (120, 3)


def test_json_and_a_command_do_not_share_stdout(invoke: Invoke) -> None:
    result = invoke("record", "--json", "--", "true")
    assert result.exit_code == 2
    assert "--json needs stdout, but COMMAND uses it" in result.stderr
