import asyncio
import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from ssetape.errors import TapError
from ssetape.tap import browser as browsers
from ssetape.tap.connection import PipeConnection, SocketConnection

Fake = Callable[..., Path]


def start(program: Path, profile: Path, **options: Any) -> browsers.Started:
    async def run() -> browsers.Started:
        known = {"is_headless": False, **options}
        async with browsers.started(str(program), profile, **known) as running:
            return running

    profile.mkdir(exist_ok=True)
    return asyncio.run(run())


@pytest.mark.parametrize("is_headless", [False, True])
def test_it_is_spoken_to_by_a_pipe_and_closed_at_the_end(
    is_headless: bool, fake_browser: Fake, tmp_path: Path
) -> None:
    flags = ["--proxy-server=x"]
    running = start(
        fake_browser("open"), tmp_path / "profile", is_headless=is_headless, further=flags
    )
    assert isinstance(running.connection, PipeConnection)
    assert running.version == "Fake/1.0"
    assert running.process.returncode == 0
    words, *commands = (tmp_path / "log").read_text().splitlines()
    assert commands == ["Browser.getVersion", "Browser.close"]
    assert "--remote-debugging-pipe" in words
    assert "--remote-debugging-port" not in words
    assert f"--user-data-dir={tmp_path / 'profile'}" in words
    assert "--proxy-server=x" in words
    # A person sits at it, unless there is nothing to sit at.
    assert ("--disable-blink-features=AutomationControlled" in words) == (not is_headless)
    assert ("--headless=new" in words) == is_headless


def test_one_that_loses_the_pipe_gets_a_port_on_loopback(
    fake_browser: Fake, tmp_path: Path
) -> None:
    running = start(fake_browser("no-pipe"), tmp_path / "profile")
    assert isinstance(running.connection, SocketConnection)
    assert running.version == "Fake/1.0"
    _, words, *commands = (tmp_path / "log").read_text().splitlines()
    assert "--remote-debugging-port=" in words
    assert "--remote-debugging-port=0" not in words
    assert "--remote-debugging-address" not in words
    assert commands == ["Browser.getVersion", "Browser.close"]


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("handed-over", "with the same profile.*Opening in existing browser session"),
        ("failing", "exited with 1: cannot open display"),
    ],
)
def test_one_that_ends_at_once_says_why(
    how: str, words: str, fake_browser: Fake, tmp_path: Path
) -> None:
    with pytest.raises(TapError, match=words):
        start(fake_browser(how), tmp_path / "profile")


def test_what_is_no_chromium_is_given_up(
    fake_browser: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browsers, "_START_LIMIT_S", 0.5)
    with pytest.raises(TapError, match=r"does not answer on port \d+: is it based on Chromium"):
        start(fake_browser("foreign"), tmp_path / "profile")


def test_one_that_does_not_close_is_ended(
    fake_browser: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browsers, "_CLOSE_LIMIT_S", 0.2)

    async def run() -> int | None:
        program = fake_browser("open")
        async with browsers.started(str(program), tmp_path, is_headless=True) as running:
            await running.connection.close()  # so that it cannot be asked to close
            process = running.process
        return process.returncode

    assert asyncio.run(run()) is not None


def answering(body: bytes, status: int = 200) -> HTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 404), (b"no json", 200), (b"[]", 200), (b"{}", 200), (json.dumps("x").encode(), 200)],
)
def test_what_is_no_debugging_port_says_how_to_open_one(body: bytes, status: int) -> None:
    server = answering(body, status)
    address = f"127.0.0.1:{server.server_port}"
    try:
        with pytest.raises(TapError, match=rf"{address}: .*--remote-debugging-port=9222 --user-"):
            asyncio.run(browsers.attached(address))
    finally:
        server.shutdown()
        server.server_close()
