import gzip
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from programs import TIMEOUT_S, environment
from proxies import EVENT_STREAM, Exchange, Handler, Origin

from ssetape.cli import doctor

EVENTS = [b"data: %d\n\n" % number for number in range(4)]

Invoke = Callable[..., Result]


@pytest.fixture
def ask(
    invoke: Invoke, origin: Origin, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., tuple[int, dict[str, dict[str, Any]]]]:
    """The exit code and the findings about a server, without the trial of this machine."""
    monkeypatch.setattr(doctor, "_trial", lambda confdir: [])

    def run(handler: Handler, *words: str) -> tuple[int, dict[str, dict[str, Any]]]:
        url = origin.serve(handler)
        result = invoke("doctor", "--json", "--confdir", tmp_path, "--port", "0", *words, url)
        findings = [json.loads(line) for line in result.stdout.splitlines()]
        assert all(list(finding) == ["check", "level", "found", "advice"] for finding in findings)
        return result.exit_code, {finding["check"]: finding for finding in findings}

    return run


def streaming(exchange: Exchange) -> None:
    exchange.head()
    for event in EVENTS:
        exchange.chunk(event)
        time.sleep(0.1)
    exchange.end()


def buffering(exchange: Exchange) -> None:
    time.sleep(0.7)
    exchange.head(EVENT_STREAM, "Server: nginx")
    exchange.send(b"".join(b"%x\r\n%b\r\n" % (len(event), event) for event in EVENTS))
    exchange.end()


def with_length(exchange: Exchange) -> None:
    time.sleep(0.7)
    body = b"".join(EVENTS)
    exchange.head(EVENT_STREAM, f"Content-Length: {len(body)}", chunked=False)
    exchange.send(body)


def gzipping(exchange: Exchange) -> None:
    time.sleep(0.7)
    exchange.head(EVENT_STREAM, "Content-Encoding: gzip", "Via: 1.1 squeezer")
    exchange.chunk(gzip.compress(b"".join(EVENTS)))
    exchange.end()


def old(exchange: Exchange) -> None:
    exchange.send(f"HTTP/1.0 200 OK\r\n{EVENT_STREAM}\r\n\r\n".encode())
    for event in EVENTS:
        exchange.send(event)
        time.sleep(0.1)


def page(exchange: Exchange) -> None:
    exchange.head("Content-Type: text/html", "Content-Length: 5", chunked=False)
    exchange.send(b"hello")


def test_a_server_that_streams_is_fine(
    ask: Callable[..., tuple[int, dict[str, dict[str, Any]]]],
) -> None:
    code, found = ask(streaming)
    assert found["delivery"]["level"] == "ok"
    assert "4 events" in found["delivery"]["found"]
    assert code == 0


@pytest.mark.parametrize(
    ("handler", "problems", "warnings"),
    [
        (buffering, {"delivery"}, {"between"}),
        (with_length, {"delivery", "content-length"}, set()),
        (gzipping, {"delivery"}, {"content-encoding", "between"}),
        (old, set(), {"http-version"}),
        (page, {"content-type", "content-length"}, {"delivery"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_holds_a_stream_back_is_found(
    handler: Handler,
    problems: set[str],
    warnings: set[str],
    ask: Callable[..., tuple[int, dict[str, dict[str, Any]]]],
) -> None:
    code, found = ask(handler)
    of_url = {name: f["level"] for name, f in found.items() if name not in ("ca", "environment")}
    assert {name for name, level in of_url.items() if level == "problem"} == problems
    assert {name for name, level in of_url.items() if level == "warning"} == warnings
    assert code == (1 if problems else 0)


@pytest.mark.parametrize(
    ("status", "fields", "body", "found"),
    [
        ("403 Forbidden", ["cf-mitigated: challenge"], b"<p>Just a moment", "Cloudflare"),
        ("429 Too Many Requests", [], b"<script src=//hcaptcha.com/1/api.js>", "hCaptcha"),
    ],
)
def test_a_page_that_answers_with_a_bot_check_is_named_and_tap_recommended(
    status: str,
    fields: list[str],
    body: bytes,
    found: str,
    ask: Callable[..., tuple[int, dict[str, dict[str, Any]]]],
) -> None:
    def challenging(exchange: Exchange) -> None:
        exchange.head("Content-Type: text/html", "Content-Encoding: gzip", *fields, status=status)
        exchange.chunk(gzip.compress(body))
        exchange.end()

    code, told = ask(challenging)
    assert code == 1
    assert f"{status[:3]} from {found}" in told["bot-check"]["found"]
    assert "ssetape tap" in told["bot-check"]["advice"]
    assert {"status", "content-type", "delivery"} & told.keys() == set()


def test_a_post_with_a_body_and_headers_is_what_the_server_gets(
    ask: Callable[..., tuple[int, dict[str, dict[str, Any]]]],
) -> None:
    seen: list[Exchange] = []

    def handler(exchange: Exchange) -> None:
        seen.append(exchange)
        streaming(exchange)

    assert ask(handler, "-d", '{"stream": true}', "-H", "X-Key: a:b")[0] == 0
    assert ask(handler, "-X", "PUT", "-d", "a", "-H", "content-type: text/plain")[0] == 0
    assert (seen[0].method, seen[0].body) == ("POST", b'{"stream": true}')
    assert (seen[0].headers["x-key"], seen[0].headers["content-type"]) == (
        *("a:b", "application/json"),
    )
    assert (seen[1].method, seen[1].headers["content-type"]) == ("PUT", "text/plain")


def test_a_stream_without_end_is_watched_for_some_seconds(
    ask: Callable[..., tuple[int, dict[str, dict[str, Any]]]],
) -> None:
    def endless(exchange: Exchange) -> None:
        exchange.head()
        while True:
            exchange.chunk(EVENTS[0])
            time.sleep(0.05)

    code, found = ask(endless, "--seconds", "0.6")
    assert (code, found["delivery"]["level"]) == (0, "ok")


@pytest.fixture(scope="module")
def here(invoke: Invoke, confdir: Path) -> Iterator[Result]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("https_proxy", "http://user:s3cret@127.0.0.1:9")
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            yield invoke("doctor", "--confdir", confdir / "none", "--port", port)


def test_this_machine_is_looked_at_and_tried_with_a_real_proxy(here: Result, confdir: Path) -> None:
    assert here.exit_code == 0, here.stdout
    lines = [line.split() for line in here.stdout.splitlines()]
    levels = {words[1]: words[0] for words in lines if words[0] != "->"}
    assert levels == {
        "python": "ok",
        "mitmproxy": "ok",
        "ca": "ok",
        "port": "warning",
        "environment": "warning",
        "trial": "ok",
        "recording": "ok",
    }
    assert "will be made" in here.stdout
    assert "https_proxy" in here.stdout
    assert "s3cret" not in here.stdout
    assert "--port 0" in here.stdout
    assert not (confdir / "none").exists()


def test_without_mitmproxy_it_says_so_and_still_asks(tmp_path: Path, origin: Origin) -> None:
    script = 'import sys; sys.modules["mitmproxy"] = None; from ssetape.cli import main; main()'
    words = ["--confdir", str(tmp_path), "--port", "0", origin.serve(streaming)]
    done = subprocess.run(
        [sys.executable, "-c", script, "doctor", *words],
        capture_output=True,
        text=True,
        env=environment(),
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == ""
    assert "pip install 'ssetape[record]'" in done.stdout
    assert "it streams" in done.stdout
    assert "trial" not in done.stdout


@pytest.mark.parametrize(
    "words",
    [
        ["ftp://origin.test/"],
        ["origin.test"],
        ["http://"],
        ["http://a:b"],
        ["http://a/b c"],
        ["-H", "nonsense", "http://a/"],
        ["-H", "a: b\nc: d", "http://a/"],
        ["--seconds", "0", "http://a/"],
        ["--port", "65536"],
        ["-d", "{}"],
    ],
    ids=" ".join,
)
def test_what_means_nothing_is_misuse(words: list[str], invoke: Invoke) -> None:
    result = invoke("doctor", *words)
    assert result.exit_code == 2
    assert result.stdout == ""
