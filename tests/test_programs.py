"""The page on programs: each program as it stands there is recorded, event by event."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from proxies import Exchange, Origin, captures, server_context

sys.path.append(str(Path(__file__).parent / "addon"))

from http2_peers import Http2Exchange, Http2Origin

pytestmark = pytest.mark.programs

PAGE = Path(__file__).resolve().parents[1] / "docs" / "programs.md"
TIMEOUT_S = 60.0  # for what should never happen; no test waits for it

EVENTS = [b"data: Hel\n\n", b"event: note\ndata: lo \xf0\x9f\x8e\xac\n\n", b"data: [DONE]\n\n"]


def _openai(text: str) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "m"}
    return b"data: %b\n\n" % json.dumps({**chunk, "choices": [choice]}).encode()


def _anthropic(kind: str, **fields: object) -> bytes:
    data = json.dumps({"type": kind, **fields})
    return f"event: {kind}\ndata: {data}\n\n".encode()


OPENAI = [_openai("Hel"), _openai("lo"), b"data: [DONE]\n\n"]
_MESSAGE = {
    "id": "m",
    "type": "message",
    "role": "assistant",
    "content": [],
    "model": "m",
    "stop_reason": None,
    "stop_sequence": None,
    "usage": {"input_tokens": 1, "output_tokens": 1},
}
ANTHROPIC = [
    _anthropic("message_start", message=_MESSAGE),
    _anthropic("content_block_start", index=0, content_block={"type": "text", "text": ""}),
    _anthropic("content_block_delta", index=0, delta={"type": "text_delta", "text": "Hel"}),
    _anthropic("content_block_delta", index=0, delta={"type": "text_delta", "text": "lo"}),
    _anthropic("content_block_stop", index=0),
    _anthropic(
        "message_delta",
        delta={"stop_reason": "end_turn", "stop_sequence": None},
        usage={"output_tokens": 2},
    ),
    _anthropic("message_stop"),
]


def streaming(events: list[bytes]) -> Callable[[Exchange], None]:
    def answer(exchange: Exchange) -> None:
        exchange.head()
        for event in events:
            exchange.chunk(event)
        exchange.end()

    return answer


def answer_over_http2(exchange: Http2Exchange) -> None:
    exchange.head()
    for event in EVENTS:
        exchange.data(event)
    exchange.end()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("programs")


@pytest.fixture(scope="module")
def origin(folder: Path) -> Iterator[Origin]:
    with Origin(server_context(folder)) as running:
        running.serve_at("/stream", streaming(EVENTS))
        running.serve_at("/v1/chat/completions", streaming(OPENAI))
        running.serve_at("/v1/messages", streaming(ANTHROPIC))
        yield running


def blocks(heading: str, language: str) -> list[str]:
    """The code under a heading of the page."""
    section = PAGE.read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(rf"^```{language}\n(.*?)^```", section, re.MULTILINE | re.DOTALL)


def run(heading: str, folder: Path, confdir: Path, server: str) -> str:
    """Run what is under a heading, with `server` for those named there; gives its stdout."""

    def localised(text: str) -> str:
        return re.sub(r"https://api\.\w+\.com", server, text)

    for language, name in (("python", "program.py"), ("js", "program.mjs")):
        for block in blocks(heading, language):
            (folder / name).write_text(localised(block))
    (command,) = blocks(heading, "sh")
    # This Python; and -k, as nobody has signed the certificate of the server here.
    words = f"{sys.executable} -m ssetape record -k --confdir {confdir}"
    command = localised(command).replace("ssetape record", words, 1)
    done = subprocess.run(
        ["sh", "-c", command.replace("-- python", f"-- {sys.executable}")],
        cwd=folder,
        env={**os.environ, "OPENAI_API_KEY": "x", "ANTHROPIC_API_KEY": "x"},
        capture_output=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert b"recorded 1 stream " in done.stderr
    return done.stdout.decode()


def link_node_modules(folder: Path, package: str) -> None:
    """Let programs in a folder import what is in `$SSETAPE_NODE_MODULES`; skips without it."""
    modules = Path(os.environ.get("SSETAPE_NODE_MODULES", "nowhere"))
    if shutil.which("node") is None or not (modules / package).is_dir():
        pytest.skip(f"no node, or no {package} in $SSETAPE_NODE_MODULES: npm install {package}")
    (folder / "node_modules").symlink_to(modules)


TEXT = b"".join(EVENTS).decode()


@pytest.mark.parametrize(
    ("heading", "needs", "events", "printed"),
    [
        ("curl", "curl", EVENTS, TEXT),
        ("requests", "requests", EVENTS, TEXT),
        ("httpx", "httpx", EVENTS, TEXT),
        ("aiohttp", "aiohttp", EVENTS, TEXT),
        ("aiohttp, without trust_env", "aiohttp", EVENTS, TEXT),
        ("OpenAI SDK", "openai", OPENAI, "Hello"),
        ("Anthropic SDK", "anthropic", ANTHROPIC, "Hello"),
        ("Node", "node", EVENTS, TEXT),
        ("undici", "undici", EVENTS, TEXT),
        ("undici, through the proxy", "undici", EVENTS, TEXT),
    ],
)
def test_a_program_as_it_stands_there_is_recorded_event_by_event(
    heading: str,
    needs: str,
    events: list[bytes],
    printed: str,
    origin: Origin,
    folder: Path,
    tmp_path: Path,
) -> None:
    if needs == "undici":
        link_node_modules(tmp_path, needs)
    elif (shutil.which(needs) if needs in ("curl", "node") else find_spec(needs)) is None:
        pytest.skip(f"{needs} is not installed")
    assert run(heading, tmp_path, folder / "mitmproxy", origin.url) == printed
    (capture,) = captures(tmp_path / "captures")
    assert [chunk.data for chunk in capture.chunks()] == events
    assert capture.request.url.startswith(origin.url)
    assert capture.end is not None
    assert capture.end.reason == "complete"


def test_httpx_is_recorded_over_http2(folder: Path, tmp_path: Path) -> None:
    http2 = tmp_path / "http2"
    http2.mkdir()
    server = Http2Origin(server_context(http2, ["h2"]))
    server.serve_at("/stream", answer_over_http2)
    try:
        url = f"https://{server.authority}"
        assert run("httpx", tmp_path, folder / "mitmproxy", url) == TEXT
    finally:
        server.close()
    (capture,) = captures(tmp_path / "captures")
    assert capture.request.http_version == "HTTP/2.0"
    assert [chunk.data for chunk in capture.chunks()] == EVENTS


@pytest.mark.parametrize("path", ["", "/v1"])
def test_an_sdk_asks_the_right_path_whether_the_url_has_one_or_not(
    path: str, origin: Origin, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "program.py").write_text("".join(blocks("OpenAI SDK", "python")))
    words = [sys.executable, "-m", "ssetape", "record", "-k", "--confdir", folder / "mitmproxy"]
    words += ["--reverse", origin.url + path, "--", sys.executable, "program.py"]
    done = subprocess.run(
        [*map(str, words)],
        cwd=tmp_path,
        env={**os.environ, "OPENAI_API_KEY": "x"},
        capture_output=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, b"Hello"), done.stderr.decode()
    (capture,) = captures(tmp_path / "captures")
    assert capture.request.url == f"{origin.url}/v1/chat/completions"


def test_an_sdk_that_goes_through_the_proxy_needs_no_reverse(
    origin: Origin, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "program.py").write_text("".join(blocks("OpenAI SDK", "python")))
    words = [sys.executable, "-m", "ssetape", "record", "-k", "--confdir", folder / "mitmproxy"]
    done = subprocess.run(
        [*map(str, words), "--", sys.executable, "program.py"],
        cwd=tmp_path,
        env={**os.environ, "OPENAI_API_KEY": "x", "OPENAI_BASE_URL": f"{origin.url}/v1"},
        capture_output=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, b"Hello"), done.stderr.decode()
    (capture,) = captures(tmp_path / "captures")
    assert [chunk.data for chunk in capture.chunks()] == OPENAI


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_a_node_that_ignores_the_proxy_is_told_of(folder: Path, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "ssetape", "record", "--confdir", folder / "mitmproxy"]
    done = subprocess.run(
        [*map(str, words), "--", "node", "-e", "0"],
        cwd=tmp_path,
        capture_output=True,
        timeout=TIMEOUT_S,
        check=True,
    )
    told = done.stderr.decode()
    assert "the proxy; Node's fetch ignores a proxy before 22.21 and 24" in told
    assert "--reverse URL" in told
