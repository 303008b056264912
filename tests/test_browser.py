"""A real browser: its EventSource reads replays, its chat is recorded, and we open one."""

import contextlib
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from browsers import TIMEOUT_S, browser, needs_chromium, wait_for
from proxies import Exchange, Mitmdump, Origin, captures, ended_capture, server_context, wait_until
from selenium.common.exceptions import WebDriverException
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select
from websockets.sync.server import ServerConnection
from websockets.sync.server import serve as websocket_server

import ssetape
from ssetape.capture import Capture
from ssetape.exports import har
from ssetape.format.writer import CaptureWriter
from ssetape.replay.pacing import Pace
from ssetape.replay.running import serving
from ssetape.samples import chat
from ssetape.samples.server import SampleServer

pytestmark = [pytest.mark.programs, needs_chromium]


# Replays

# An EventSource asks again for ever when its stream ends: the last event has to close it.
PAGE = """<!doctype html>
<meta charset="utf-8">
<title>Events</title>
<link rel="icon" href="data:,">
<script>
const seen = [];
let errors = 0, closed = false;
function read(types, count) {
  const source = new EventSource("/events");
  source.onerror = () => { errors += 1; };
  for (const type of types) source.addEventListener(type, (event) => {
    seen.push([event.type, event.data, event.lastEventId]);
    if (seen.length === count) { source.close(); closed = true; }
  });
}
</script>
"""

STREAM = (
    (0.05, b"\xef\xbb\xbf: a comment\n\nretry: 60000\nid: 1\ndata: caf\xc3"),
    (0.10, b"\xa9\n\n"),
    (0.15, b"event: note\r"),
    (0.20, b"\nid: 2\r\ndata: two\r\ndata:  lines\r\n\r\n"),
    (0.25, b"data: \xf0\x9f\x8e\xac\n\ndata\n\nevent: empty\n\nid\ndata: no id\n\n"),
    (0.30, b"data: NUL \x00 and \xff\n\nid: 3\nevent: note\ndata: " + b"long " * 5000),
    (0.35, b"\n\nid: not \x00 taken\ndata: id 3 stays\n\n"),
    (0.40, b"data: the last one\n\n"),
)


def write(path: Path, url: str, content_type: str, chunks: Sequence[tuple[float, bytes]]) -> None:
    request = {"method": "GET", "url": url, "http_version": "HTTP/1.1", "headers": []}
    header = {"id": path.stem, "kind": "http", "started": "2026-11-23T09:30:12.123456Z"}
    writer = CaptureWriter(path, {**header, "request": request})
    head = {"status": 200, "reason": "OK", "http_version": "HTTP/1.1"}
    writer.head(0.0, {**head, "headers": [("Content-Type", content_type)]})
    for t_s, data in chunks:
        writer.chunk(t_s, data)
    writer.end(chunks[-1][0], "complete")


def test_an_event_source_reads_a_replay_to_its_end(tmp_path: Path) -> None:
    """The page is a capture, too: so both are of one origin, without another server."""
    html = [(0.0, PAGE.encode())]
    write(tmp_path / "page.ssetape", "http://origin.test/page", "text/html", html)
    write(tmp_path / "events.ssetape", "http://origin.test/events", "text/event-stream", STREAM)
    expected = list(ssetape.open(tmp_path / "events.ssetape").events())
    assert len(expected) == 9
    both = [ssetape.open(path) for path in tmp_path.glob("*.ssetape")]
    with browser(tmp_path / "profile") as driver:
        for pace in (Pace(), Pace(instant=True)):
            with serving(both, pace) as url:
                driver.get(f"{url}/page")
                types = sorted({event.event for event in expected})
                driver.execute_script(f"read({json.dumps(types)}, {len(expected)})")
                wait_for(driver, "return closed")
                seen = driver.execute_script("return seen")
                assert [tuple(event) for event in seen] == [
                    (event.event, event.data, event.id) for event in expected
                ]
                assert driver.execute_script("return errors") == 0


# It counts, and closes where the last event says so or nothing more is left (204).
COUNTING_PAGE = """<!doctype html>
<link rel="icon" href="data:,">
<script>
const seen = [];
let opened = 0, done = false;
const source = new EventSource("/events");
source.onopen = () => { opened += 1; };
source.onmessage = (event) => { seen.push([event.lastEventId, event.data]); };
source.onerror = () => { done = source.readyState === EventSource.CLOSED; };
</script>
"""


def test_an_event_source_loses_nothing_in_fifty_disconnects(tmp_path: Path) -> None:
    events = [f"id: {n}\ndata: event {n}\n\n".encode() for n in range(1, 151)]
    stream = [(0.001 * n, data) for n, data in enumerate([b"retry: 1\n\n", *events])]
    write(
        tmp_path / "page.ssetape",
        "http://origin.test/",
        "text/html",
        [(0.0, COUNTING_PAGE.encode())],
    )
    write(tmp_path / "events.ssetape", "http://origin.test/events", "text/event-stream", stream)
    words = ["--instant", "--resume", "--fault", "cut event=3 on=/events"]
    with replayed(*words, tmp_path) as url, browser(tmp_path / "profile") as driver:
        driver.get(f"{url}/")
        wait_for(driver, "return done")
        seen = driver.execute_script("return seen")
        opened = driver.execute_script("return opened")
    assert seen == [[str(n), f"event {n}"] for n in range(1, 151)]
    assert opened == 50


# Recording


@pytest.fixture(scope="module")
def server() -> Iterator[SampleServer]:
    with SampleServer() as running:
        yield running


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("browser")


@pytest.fixture(scope="module")
def proxy(folder: Path) -> Iterator[Mitmdump]:
    with Mitmdump(folder / "mitmproxy", folder / "tapes") as running:
        assert running.port
        yield running


@pytest.fixture(scope="module")
def page(folder: Path, proxy: Mitmdump, server: SampleServer) -> Iterator[Chrome]:
    """The sample chat, in a browser that goes through the proxy, to this machine too."""
    flags = (
        f"--proxy-server=http://127.0.0.1:{proxy.port}",
        "--proxy-bypass-list=<-loopback>",
    )
    with browser(folder / "profile", *flags) as driver:
        driver.get(server.url)
        wait_for(driver, "return document.body.dataset.state === 'ready'")
        yield driver


def is_answer_to(message: str) -> Callable[[Capture], bool]:
    def is_it(capture: Capture) -> bool:
        return bool(json.loads(capture.request.body or b"{}")["message"] == message)

    return is_it


@pytest.mark.parametrize("encoding", ["full", "delta"])
def test_a_chat_is_recorded_event_by_event_while_it_types(
    encoding: chat.Encoding, page: Chrome, proxy: Mitmdump, server: SampleServer
) -> None:
    message = f"How does {encoding} form look? 🎬"
    Select(page.find_element(By.ID, "encoding")).select_by_value(encoding)
    # Chromium's driver types no characters beyond the first plane.
    page.execute_script(
        "arguments[0].value = arguments[1]", *(page.find_element(By.ID, "message"), message)
    )
    # Kept by the page itself: a test that asks again and again may miss what comes in between.
    page.execute_script("""
        window.typed = new Set();
        new MutationObserver(() => {
          const last = document.querySelector("#log li.assistant:last-child");
          if (last) window.typed.add(last.textContent);
        }).observe(document.getElementById("log"), {childList: true, subtree: true,
                                                    characterData: true});
    """)
    page.find_element(By.CSS_SELECTOR, "#form button").click()
    wait_for(page, "return document.body.dataset.state === 'done'")
    alert = page.find_element(By.ID, "alert").text
    answer = page.find_elements(By.CSS_SELECTOR, "#log li.assistant")[-1].text
    tokens = chat.answer_tokens(message)
    assert (answer, alert) == ("".join(tokens), "")
    # Typed, not shown at its end: were the proxy to hold it back, there would be one text.
    typed = page.execute_script("return [...window.typed]")
    assert len(typed) > 3
    assert all("".join(tokens).startswith(text) for text in typed)

    ended_capture(proxy.tape_dir, f"{server.url}/conversation")
    (capture,) = filter(is_answer_to(message), captures(proxy.tape_dir))
    slug = chat.MODELS["models"][0]["slug"]
    assert isinstance(slug, str)
    script = chat.answer(message, slug, encoding)
    assert [chunk.data for chunk in capture.chunks()] == [piece.data for piece in script.pieces]
    events = list(capture.events())
    assert len(events) == len(script.pieces)
    assert events[-1].data == "[DONE]"
    assert {event.event for event in events} == (
        {"message"} if encoding == "full" else {"delta_encoding", "delta", "message"}
    )
    assert capture.request.method == "POST"
    assert json.loads(capture.request.body or b"") == {
        "message": message,
        "model": slug,
        "encoding": encoding,
    }
    # None came before the server sent it; how much later is the machine's business.
    assert all(
        event.t_s >= piece.t_s - 0.05 for event, piece in zip(events, script.pieces, strict=True)
    )
    assert capture.end is not None
    assert capture.end.reason == "complete"
    assert "sample-access-token" not in capture.path.read_text()


def test_an_event_source_is_told_through_the_proxy_what_is_in_the_capture(
    page: Chrome, proxy: Mitmdump, server: SampleServer
) -> None:
    page.execute_script("""
        window.events = [];
        const source = new EventSource("/events");
        for (const type of ["message", "milestone"]) source.addEventListener(type, (event) => {
          window.events.push([event.type, event.data, event.lastEventId]);
          if (event.lastEventId === "5") source.close();
        });
    """)
    wait_for(page, "return window.events.length === 5")
    told = page.execute_script("return window.events")
    capture = ended_capture(proxy.tape_dir, f"{server.url}/events")
    assert [[event.event, event.data, event.id] for event in capture.events()] == told


# `ssetape record --browser`

ASKING_PAGE = b"""<!doctype html>
<link rel="icon" href="data:,">
<script>
const source = new EventSource("/events");
source.onmessage = (event) => {
  source.close();
  fetch("/answer", {method: "POST", body: event.data}).then((response) => response.text());
};
</script>
"""
PIECES = [b"data: one\n", b"\ndata: t", b"wo\n\n"]


def page_with_a_stream(exchange: Exchange) -> None:
    exchange.head("Content-Type: text/html", f"Content-Length: {len(ASKING_PAGE)}", chunked=False)
    exchange.send(ASKING_PAGE)


def pieces(exchange: Exchange) -> None:
    exchange.head()
    for piece in PIECES:
        exchange.chunk(piece)
    exchange.end()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_browser_that_we_open_is_recorded_and_leaves_nothing(scheme: str, tmp_path: Path) -> None:
    """An EventSource, then fetch with POST, over TLS that it trusts as it comes from our proxy."""
    # Chromium puts sockets there, whose paths may not be long.
    temporary = Path(tempfile.mkdtemp())
    tls = server_context(tmp_path) if scheme == "https" else None
    with Origin(tls) as origin:
        origin.serve_at("/", page_with_a_stream)
        origin.serve_at("/events", pieces)
        origin.serve_at("/answer", pieces)
        words = ["record", "-k", "--confdir", tmp_path / "mitmproxy", "-o", tmp_path / "tapes"]
        words += ["--browser", f"{origin.url}/", "--", "--headless=new", "--disable-gpu"]
        process = subprocess.Popen(
            [sys.executable, "-m", "ssetape", *map(str, words), "--disable-dev-shm-usage"],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "TMPDIR": str(temporary)},
        )
        try:
            wait_until(lambda: len(list((tmp_path / "tapes").glob("*.ssetape"))) == 2, "captures")
            answer = ended_capture(tmp_path / "tapes", f"{origin.url}/answer")
            events = ended_capture(tmp_path / "tapes", f"{origin.url}/events")
        finally:
            process.send_signal(signal.SIGTERM)
            _, told = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0, told
    assert "recorded 2 streams" in told
    for capture in (events, answer):
        assert [chunk.data for chunk in capture.chunks()][: len(PIECES)] == PIECES
    assert (answer.request.method, answer.request.body) == ("POST", b"one")
    assert list(temporary.glob("ssetape-*")) == []
    shutil.rmtree(temporary)


def record_chat(
    url: str,
    folder: Path,
    message: str,
    *options: str,
    before: Callable[[Chrome], None] = lambda driver: None,
) -> Path:
    """Ask the sample chat in a browser that we open and that is then closed; gives the captures."""
    tapes = folder / "tapes"
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    words = ["record", "--confdir", folder / "mitmproxy", "-o", tapes, *options]
    words += ["--browser", f"{url}/", "--", "--headless=new", "--disable-gpu"]
    process = subprocess.Popen(
        [sys.executable, "-m", "ssetape", *map(str, words), f"--remote-debugging-port={port}"],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_until(lambda: listens(port), "the browser")
        attached = ChromeOptions()
        attached.debugger_address = f"127.0.0.1:{port}"
        driver = Chrome(attached, ChromeService(shutil.which("chromedriver")))
        try:
            before(driver)
            ask(driver, message)
            ended_capture(tapes, f"{url}/conversation")
            with contextlib.suppress(WebDriverException):  # it may not wait for the answer
                driver.execute_cdp_cmd("Browser.close", {})
        finally:
            driver.service.stop()
        _, told = process.communicate(timeout=TIMEOUT_S)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0, told
    return tapes


# Keeps each text that the chat's log has had, from now on.
WATCH = """
window.steps = [];
new MutationObserver(() => {
  const answers = document.querySelectorAll("#log .assistant");
  const text = answers.length ? answers[answers.length - 1].textContent : "";
  if (text && text !== window.steps.at(-1)) window.steps.push(text);
}).observe(document.getElementById("log"), {childList: true, characterData: true, subtree: true});
"""


def ask(driver: Chrome, message: str) -> None:
    """Type the message into the sample chat, and wait for its answer."""
    wait_for(driver, "return document.body.dataset.state === 'ready'")
    driver.find_element(By.ID, "message").send_keys(message)
    driver.find_element(By.CSS_SELECTOR, "#form button").click()
    wait_for(driver, "return document.body.dataset.state === 'done'")


def shown(driver: Chrome) -> dict[str, str]:
    """What the sample chat has on the screen."""
    ids = ("user", "conversations", "log", "alert", "model")
    return {name: driver.find_element(By.ID, name).text for name in ids}


def test_the_sample_chat_is_recorded_until_its_browser_is_closed(
    server: SampleServer, tmp_path: Path
) -> None:
    tapes = record_chat(server.url, tmp_path, "Hello from here")
    (capture,) = captures(tapes)
    assert is_answer_to("Hello from here")(capture)
    assert list(capture.events())[-1].data == "[DONE]"


def watch_the_answer(driver: Chrome, message: str) -> list[str]:
    """Ask, and give every text that the answer had on its way."""
    wait_for(driver, "return document.body.dataset.state === 'ready'")
    driver.execute_script(WATCH)
    ask(driver, message)
    steps: list[str] = driver.execute_script("return window.steps")
    assert all(after.startswith(before) for before, after in pairwise(steps))
    return steps


def open_the_first_conversation(driver: Chrome) -> dict[str, str]:
    """Open it, and give what is then on the screen."""
    driver.find_element(By.CSS_SELECTOR, "#conversations button").click()
    wait_for(driver, "return document.querySelectorAll('#log li').length > 0")
    return shown(driver)


@contextmanager
def replayed(*words: object) -> Iterator[str]:
    """`ssetape replay` as people run it; gives the URL that it prints."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ssetape", "replay", "--port", "0", *map(str, words)],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        url = process.stderr.readline().split()[-1]
        # Or it would wait for somebody to read what it says.
        threading.Thread(target=process.stderr.read, daemon=True).start()
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(TIMEOUT_S)
        process.stderr.close()


def test_a_chat_page_that_was_recorded_whole_works_without_its_server(tmp_path: Path) -> None:
    question = "Hello from here"

    def study(driver: Chrome, url: str) -> tuple[dict[str, str], dict[str, str], list[str]]:
        driver.get(url)
        wait_for(driver, "return document.body.dataset.state === 'ready'")
        conversation = open_the_first_conversation(driver)
        driver.get(url)
        steps = watch_the_answer(driver, question)
        return conversation, shown(driver), steps

    with SampleServer() as server:
        tapes = record_chat(server.url, tmp_path, question, "--all", before=open_one)
        with browser(tmp_path / "profile") as driver:
            conversation, screen, steps = study(driver, server.url)
    for verb in ("ls", "verify"):
        words = [sys.executable, "-m", "ssetape", verb, str(tapes)]
        words += ["--instant"] if verb == "verify" else []
        done = subprocess.run(words, capture_output=True, check=False, timeout=TIMEOUT_S)
        assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    with replayed(tapes) as url, browser(tmp_path / "other profile") as driver:
        offline_conversation, offline_screen, offline_steps = study(driver, url)
    assert offline_conversation == conversation
    assert offline_screen == screen
    assert question in screen["log"]
    assert screen["conversations"]
    assert screen["alert"] == ""
    # Typed, and not there at once: a slow machine may draw several pieces at a time.
    assert min(len(steps), len(offline_steps)) >= 4
    assert offline_steps[-1] == steps[-1]


def test_a_chat_page_works_offline_under_its_own_name_through_the_proxy(tmp_path: Path) -> None:
    question = "Hello from here"
    name = "https://chat.example.com"
    with SampleServer() as server:
        tapes = record_chat(server.url, tmp_path, question, "--all", before=open_one)
    # As if it had been recorded where there is a network and a DNS.
    for path in tapes.glob("*.ssetape"):
        header, newline, rest = path.read_text().partition("\n")
        path.write_text(header.replace(server.url, name) + newline + rest)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    words = ["replay", "--confdir", tmp_path / "mitmproxy", "--browser", tapes, "--", f"{name}/"]
    words += ["--headless=new", "--disable-gpu", f"--remote-debugging-port={port}"]
    process = subprocess.Popen(
        [sys.executable, "-m", "ssetape", *map(str, words)], stderr=subprocess.PIPE, text=True
    )
    try:
        wait_until(lambda: listens(port), "the browser")
        attached = ChromeOptions()
        attached.debugger_address = f"127.0.0.1:{port}"
        driver = Chrome(attached, ChromeService(shutil.which("chromedriver")))
        try:
            wait_for(driver, "return document.body.dataset.state === 'ready'")
            assert driver.current_url == f"{name}/"
            assert driver.execute_script("return isSecureContext")
            conversation = open_the_first_conversation(driver)
            driver.get(f"{name}/")
            steps = watch_the_answer(driver, question)
            screen = shown(driver)
            with contextlib.suppress(WebDriverException):  # it may not wait for the answer
                driver.execute_cdp_cmd("Browser.close", {})
        finally:
            driver.service.stop()
        _, told = process.communicate(timeout=TIMEOUT_S)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0, told
    assert conversation["log"]
    assert question in screen["log"]
    assert screen["alert"] == ""
    assert "".join(chat.answer_tokens(question)) == steps[-1]
    assert len(steps) >= 4


def open_one(driver: Chrome) -> None:
    wait_for(driver, "return document.body.dataset.state === 'ready'")
    open_the_first_conversation(driver)
    driver.refresh()


def listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


def test_a_page_of_another_origin_reads_a_replay_with_cors_alone(tmp_path: Path) -> None:
    script = """
        const [url, done] = arguments;
        const init = {method: "POST", credentials: "include", body: "{}",
                      headers: {"Content-Type": "application/json", "Authorization": "Bearer x"}};
        fetch(url + "/v1/chat", init)
          .then(async (response) => done(["read", await response.text()]))
          .catch((error) => done(["failed", String(error)]));
    """
    path = tmp_path / "answer.ssetape"
    write(path, "https://api.test/v1/chat", "text/event-stream", [(0.0, b"data: hi\n\n")])
    text = path.read_text().replace('"method": "GET"', '"method": "POST"')
    path.write_text(text)
    with SampleServer() as server, browser(tmp_path / "profile") as driver:
        driver.get(f"{server.url}/streams")
        driver.set_script_timeout(TIMEOUT_S)
        with replayed(path, "--cors") as url:
            assert driver.execute_async_script(script, url)[1] == "data: hi\n\n"
        with replayed(path) as url:
            assert driver.execute_async_script(script, url)[0] == "failed"


# A HAR of the browser's own


def archive_of(driver: Chrome) -> dict[str, Any]:
    """What Chromium tells of its network, through its DevTools protocol, as a HAR has it.

    https://chromedevtools.github.io/devtools-protocol/tot/Network/
    """
    requests: dict[str, dict[str, Any]] = {}
    clock: dict[str, float] = {}
    for line in driver.get_log("performance"):
        message = json.loads(line["message"])["message"]
        told, kind = message["params"], message["method"]
        number = told.get("requestId", "")
        if kind == "Network.requestWillBeSent":
            clock[number] = told["wallTime"] - told["timestamp"]
            requests[number] = {
                "startedDateTime": f"{datetime.fromtimestamp(told['wallTime'], UTC):%FT%T.%fZ}",
                "_resourceType": told["type"].lower(),
                "_sent": told["timestamp"],
                "request": {
                    "method": told["request"]["method"],
                    "url": told["request"]["url"],
                    "httpVersion": "http/1.1",
                    "headers": pairs(told["request"]["headers"]),
                    "postData": {"text": told["request"].get("postData", "")},
                },
            }
        elif kind == "Network.webSocketCreated":
            requests[number] = {"_resourceType": "websocket", "_webSocketMessages": []}
            requests[number]["request"] = {"method": "GET", "url": told["url"], "headers": []}
        elif kind == "Network.webSocketWillSendHandshakeRequest":
            clock[number] = told["wallTime"] - told["timestamp"]
            started = f"{datetime.fromtimestamp(told['wallTime'], UTC):%FT%T.%fZ}"
            requests[number]["startedDateTime"] = started
        elif kind == "Network.webSocketHandshakeResponseReceived":
            requests[number]["response"] = {"status": 101, "headers": []}
        elif kind in ("Network.webSocketFrameSent", "Network.webSocketFrameReceived"):
            requests[number]["_webSocketMessages"].append(
                {
                    "type": "send" if kind.endswith("Sent") else "receive",
                    "time": told["timestamp"] + clock[number],
                    "opcode": told["response"]["opcode"],
                    "data": told["response"]["payloadData"],
                }
            )
        elif kind == "Network.responseReceived" and number in requests:
            if "timing" not in told["response"]:  # it came from nowhere, as a data URL
                continue
            response, entry = told["response"], requests[number]
            timing = response["timing"]
            blocked_s = timing["requestTime"] - entry.pop("_sent")
            wait_ms = timing["receiveHeadersEnd"] - timing["sendEnd"]
            entry["timings"] = {
                "blocked": blocked_s * 1e3,
                "send": timing["sendEnd"],
                "wait": wait_ms,
                "receive": 0,
            }
            entry["_head"] = timing["requestTime"] + timing["receiveHeadersEnd"] / 1e3
            entry["response"] = {
                "status": response["status"],
                "statusText": response["statusText"],
                "httpVersion": response["protocol"],
                "headers": pairs(response["headers"]),
                "content": {},
            }
        elif kind == "Network.eventSourceMessageReceived":
            requests[number].setdefault("_eventSourceMessages", []).append(
                {
                    "time": told["timestamp"] + clock[number],
                    "eventName": told["eventName"],
                    "eventId": told["eventId"],
                    "data": told["data"],
                }
            )
        elif kind == "Network.loadingFinished" and "_head" in requests.get(number, {}):
            entry = requests[number]
            entry["timings"]["receive"] = max(0.0, told["timestamp"] - entry["_head"]) * 1e3
            with contextlib.suppress(WebDriverException):  # of an EventSource it keeps no body
                got = driver.execute_cdp_cmd("Network.getResponseBody", {"requestId": number})
                coding = {"encoding": "base64"} if got["base64Encoded"] else {}
                entry["response"]["content"] = {"text": got["body"], **coding}
    entries = [entry for entry in requests.values() if "response" in entry]
    return {"log": {"version": "1.2", "entries": entries}}


def pairs(headers: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers.items()]


def test_a_har_of_chromium_is_imported_with_its_events_times_and_ids(tmp_path: Path) -> None:
    def echo(socket: ServerConnection) -> None:
        for message in socket:
            socket.send(message)

    with (
        SampleServer() as server,
        websocket_server(echo, "127.0.0.1", 0) as sockets,
        browser(tmp_path / "profile", logs_network=True) as driver,
    ):
        threading.Thread(target=sockets.serve_forever, daemon=True).start()
        port = sockets.socket.getsockname()[1]
        driver.get(f"{server.url}/streams")
        driver.execute_script(
            """
            window.seen = [];
            const source = new EventSource("/events");
            const take = (e) => window.seen.push([e.type, e.data, e.lastEventId]);
            source.onmessage = take;
            source.onerror = () => { source.close(); window.over = true; };
            """
        )
        wait_for(driver, "return window.over")
        driver.execute_script(
            """
            fetch("/conversation", {method: "POST", body: JSON.stringify({message: "Hello"})})
              .then((response) => response.text()).then((text) => { window.answer = text; });
            const socket = new WebSocket(`ws://127.0.0.1:${arguments[0]}/`);
            socket.onopen = () => { socket.send("hé"); socket.send(new Uint8Array([0, 255])); };
            window.count = 0;
            socket.onmessage = () => { window.count += 1; };
            """,
            port,
        )
        wait_for(driver, "return window.answer !== undefined && window.count === 2")
        seen = driver.execute_script("return window.seen")
        answer = driver.execute_script("return window.answer")
        archive = archive_of(driver)
    path = tmp_path / "chromium.har"
    path.write_text(json.dumps(archive))
    output = tmp_path / "imported"
    command = [sys.executable, "-m", "ssetape", "import", str(path), "-o", str(output), "--no-mask"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=TIMEOUT_S)
    assert done.returncode == 0, done.stderr
    tapes = {Path(tape.request.url).name: tape for tape in captures(output)}

    entry = next(e for e in archive["log"]["entries"] if e.get("_eventSourceMessages"))
    events = list(tapes["events"].events())
    listed = entry["_eventSourceMessages"]
    assert len(listed) > 3
    assert [[e.event, e.data, e.id] for e in events if e.event == "message"] == seen
    assert [(e.event, e.data, e.id) for e in events] == [
        (message["eventName"], message["data"], message["eventId"]) for message in listed
    ]
    assert {e.id for e in events} - {""}
    gaps = [event.t_s - events[0].t_s for event in events]
    expected = [message["time"] - listed[0]["time"] for message in listed]
    assert gaps == pytest.approx(expected, abs=1e-5)
    assert tapes["events"].imported["times"] == "chunks"

    chat_tape = tapes["conversation"]
    body = b"".join(chunk.data for chunk in chat_tape.chunks()).decode()
    assert body == answer
    assert len(list(chat_tape.events())) > 3
    assert chat_tape.imported["times"] == "ends"

    socket_tape = next(tape for tape in tapes.values() if tape.kind == "websocket")
    messages = [(m.from_client, m.is_text, m.data) for m in socket_tape.messages()]
    assert sorted(messages) == sorted(
        [
            (True, True, "hé".encode()),
            (True, False, b"\0\xff"),
            (False, True, "hé".encode()),
            (False, False, b"\0\xff"),
        ]
    )
    assert socket_tape.imported["times"] == "chunks"


# What Chromium's network panel makes of our archives.

OPEN_ARCHIVE = """
const [text, done] = arguments;
(async () => {
  const { NetworkPanel } = await import('/devtools/panels/network/network.js');
  const { ViewManager } = await import('/devtools/ui/legacy/legacy.js');
  const { NetworkLog } = await import('/devtools/models/logs/logs.js');
  await ViewManager.ViewManager.instance().showView('network');
  const panel = NetworkPanel.NetworkPanel.instance();
  await panel.networkLogView.onLoadFromFile(new File([text], 'ours.har'));
  const requests = NetworkLog.NetworkLog.instance().requests();
  await panel.selectAndActivateRequest(requests[0], 'event-source-messages');
  return requests.map((request) => ({
    url: request.url(),
    method: request.requestMethod,
    status: request.statusCode,
    startedS: request.startTime,
    events: request.eventSourceMessages(),
    frames: request.frames().map(({ type, time, text, opCode }) => [type, time, text, opCode]),
  }));
})().then(done, (error) => done(String(error.stack || error)));
"""


def test_an_archive_of_ours_opens_in_chromium_s_own_network_panel(tmp_path: Path) -> None:
    stream = tmp_path / "stream.ssetape"
    write(stream, "http://a.test/events", "text/event-stream", STREAM)
    socket_capture = tmp_path / "socket.ssetape"
    request = {"method": "GET", "url": "ws://a.test/live", "http_version": "HTTP/1.1"}
    writer = CaptureWriter(
        socket_capture, {"id": "s", "kind": "websocket", "request": {**request, "headers": []}}
    )
    writer.head(0.1, {"status": 101, "headers": []})
    writer.message(0.2, b"hi", from_client=True, is_text=True)
    writer.message(0.3, b"\x00\xff", from_client=False, is_text=False)
    writer.end(0.4, "complete")

    captures_of = [Capture(stream), Capture(socket_capture)]
    out = io.BytesIO()
    har.write(captures_of, out)
    with browser(tmp_path / "profile", "--remote-allow-origins=*") as driver:
        address = driver.capabilities["goog:chromeOptions"]["debuggerAddress"]
        target = driver.current_window_handle
        driver.switch_to.new_window("tab")
        tools = f"http://{address}/devtools/inspector.html?ws={address}/devtools/page/{target}"
        driver.get(f"{tools}&panel=network&can_dock=false")
        wait_for(driver, "return document.querySelector('.root-view') !== null")
        driver.set_script_timeout(TIMEOUT_S)
        requests = driver.execute_async_script(OPEN_ARCHIVE, out.getvalue().decode())
    assert isinstance(requests, list), requests
    by_url = {each["url"]: each for each in requests}
    events, messages = by_url["http://a.test/events"], by_url["ws://a.test/live"]
    assert (events["method"], events["status"]) == ("GET", 200)
    expected = list(captures_of[0].events())
    assert len(expected) == 9
    shown = [(each["eventName"], each["eventId"], each["data"]) for each in events["events"]]
    assert shown == [(event.event, event.id, event.data) for event in expected]
    for each, event in zip(events["events"], expected, strict=True):
        assert abs(each["time"] - events["startedS"] - event.t_s) < 0.001
    assert [(frame[0], frame[2], frame[3]) for frame in messages["frames"]] == [
        ("send", "hi", 1),
        ("receive", "AP8=", 2),
    ]
