"""`ssetape view`: the page's server as a program."""

import signal
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from programs import Program, assert_told, run

from ssetape.cli import view
from ssetape.web import serving

Write = Callable[..., Path]
Invoke = Callable[..., Result]


def ask(url: str) -> str:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=60) as answer:
        text: str = answer.read().decode()
        return text


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_a_folder_until_it_is_told_to_end(
    capture_file: Write, number: signal.Signals
) -> None:
    path = capture_file([(1.0, b"data: a\n\n")])
    with Program("view", "--no-open", "--port", "0", path.parent) as program:
        url = program.wait_for(r"the captures are at (http://127\.0\.0\.1:\d+/\?token=\S{32})\n")[1]
        program.wait_for("Ctrl-C stops it")
        assert "<h1>Captures</h1>" in ask(url)
        with pytest.raises(urllib.error.HTTPError, match="403"):
            ask(url.partition("?")[0])
        program.signal(number)
        assert program.wait() == 0
        assert "Traceback" not in program.stderr


def test_one_capture_has_a_page_of_its_own(capture_file: Write) -> None:
    path = capture_file([(1.0, b"data: a\n\n")], url="http://a.test/one")
    with Program("view", "--no-open", "--port", "0", path) as program:
        url = program.wait_for(r"the captures are at (\S+/captures/[0-9a-f]+\?token=\S+)\n")[1]
        assert "http://a.test/one" in ask(url)


def test_without_a_token_all_users_read_it(capture_file: Write) -> None:
    path = capture_file([(1.0, b"data: a\n\n")])
    with Program("view", "--no-open", "--no-token", "--port", "0", path.parent) as program:
        url = program.wait_for(r"the captures are at (http://127\.0\.0\.1:\d+/)\n")[1]
        assert "<h1>Captures</h1>" in ask(url)


def test_it_ends_with_whoever_started_it(tmp_path: Path) -> None:
    # Its stdin is nothing, which has ended already.
    with Program("view", "--port", "0", "--until-stdin-ends", tmp_path) as program:
        assert program.wait() == 0
        assert "Traceback" not in program.stderr
        assert "Ctrl-C" not in program.stderr


def test_a_browser_is_opened_only_where_one_is_seen(
    invoke: Invoke, capture_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    tokens: list[str] = []

    @contextmanager
    def open_page(url: str) -> Iterator[None]:
        opened.append(url)
        yield

    monkeypatch.setattr(view.opening, "opened", open_page)

    def serve(
        listing: Any, replays: Any, port: int, ready: Callable[[str], None], token: str
    ) -> None:
        tokens.append(token)
        ready(f"http://127.0.0.1:{port}/")

    monkeypatch.setattr(serving, "serve", serve)
    path = str(capture_file([]).parent)
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert invoke("view", path).exit_code == 0
    assert opened == []
    monkeypatch.setenv("DISPLAY", ":0")
    assert invoke("view", path, "--no-open").exit_code == 0
    assert opened == []
    assert invoke("view", path).exit_code == 0
    assert opened == [f"http://127.0.0.1:8901/?token={tokens[-1]}"]
    assert len(set(tokens)) == 3


def test_what_cannot_be_shown_is_told(tmp_path: Path) -> None:
    assert_told(run("view", "nowhere", cwd=tmp_path), "nowhere: there is no such file or folder")
    assert_told(run("view", cwd=tmp_path), "there are no captures in 'captures': ", code=2)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert_told(run("view", "--port", port, tmp_path), f":{port}", "port 0 picks a free one")
