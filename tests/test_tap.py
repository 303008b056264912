"""Chromium itself, tapped: what its pages, frames and workers get is in the captures, once."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

import brotli
import pytest
from browsers import browser, needs_chromium, wait_for
from proxies import EVENT_STREAM, TIMEOUT_S, Exchange, Origin, server_context, wait_until
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection
from websockets.sync.server import serve as websocket_server

import ssetape
from ssetape.addon.proxy.browser import spki_hash
from ssetape.capture import Capture
from ssetape.samples.server import SampleServer

sys.path.append(str(Path(__file__).parent / "addon"))

from http2_peers import Http2Exchange, Http2Origin
from http3_peers import Http3Exchange, http3_origin

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

pytestmark = [pytest.mark.programs, needs_chromium]

COUNT = 8
PAUSE_S = 0.05
WAIT_S = 90.0

PAGE = """<!doctype html>
<script>
const read = async (url, options) => {
  const reader = (await fetch(url, options)).body.getReader()
  while (!(await reader.read()).done);
}
const quiet = (promise) => promise.catch(() => undefined)
const told = (target, type) => new Promise((done) => { target[type] = done })
const source = (url, count) => new Promise((done) => {
  const events = new EventSource(url)
  let seen = 0
  events.onmessage = () => { seen += 1; if (seen === count) { events.close(); done() } }
})
const socket = (url, words) => new Promise((done) => {
  const opened = new WebSocket(url)
  opened.binaryType = 'arraybuffer'
  opened.onopen = () => { opened.send('hello'); opened.send(new Uint8Array([1, 2, 255])) }
  opened.onmessage = (message) => { if (message.data === 'close') opened.close(4001, 'bye') }
  opened.onclose = done
})
const xhr = (url) => {
  const asked = new XMLHttpRequest()
  asked.open('GET', url)
  asked.send()
  return told(asked, 'onloadend')
}
const abort = async (url) => {
  const controller = new AbortController()
  setTimeout(() => controller.abort(), 150)
  await quiet(read(url, { signal: controller.signal }))
}
const shared = (url) => {
  const worker = new SharedWorker(url)
  worker.port.start()
  return told(worker.port, 'onmessage')
}
const frame = (url) => {
  const made = document.createElement('iframe')
  made.src = url
  document.documentElement.append(made)
  return told(window, 'onmessage')
}
const service = async () => {
  await navigator.serviceWorker.register('/service.js')
  if (!navigator.serviceWorker.controller) await told(navigator.serviceWorker, 'oncontrollerchange')
  await Promise.all([told(navigator.serviceWorker, 'onmessage'), read('/stream?passed-on')])
}
const all = async () => {
  await read('/stream?fetch', { method: 'POST', body: '{"stream": true}' })
  await read('/stream?binary', { method: 'POST', body: new Uint8Array([0, 255, 1]) })
  await source('/stream?event-source', 5)
  await xhr('/stream?xhr')
  for (const coding of ['gzip', 'br', 'zstd']) await read(`/stream?${coding}`)
  await read('/stream?unlabelled')
  await read('/stream?at-once')
  await read('/moved')
  await abort('/stream?aborted')
  await quiet(read('/stream?cut'))
  await told(new Worker('/worker.js'), 'onmessage')
  await shared('/shared.js')
  await frame('FRAME')
  await Promise.all(Array.from({ length: 4 }, (_, number) => read(`/stream?beside-${number}`)))
  if ('HTTP2') await read('HTTP2')
  await socket('SOCKET')
  await service()
  window.open('/tab')
  await told(new BroadcastChannel('tab'), 'onmessage')
}
all().then(() => fetch('/done?well'), (error) => fetch(`/done?${error}`))
</script>"""
INNER = """<!doctype html>
<script>
const read = async (url) => {
  const reader = (await fetch(url)).body.getReader()
  while (!(await reader.read()).done);
}
read('/stream?%s').then(() => %s)
</script>"""
SCRIPT = INNER.split("<script>")[1].split("</script>")[0]
SERVICE = f"""
oninstall = () => skipWaiting()
onactivate = (event) => event.waitUntil(clients.claim())
onfetch = (event) => {{
  if (event.request.url.includes('passed-on')) event.respondWith(fetch(event.request))
}}
{SCRIPT % ("service-worker", "0")}
onactivate = (event) => event.waitUntil(clients.claim().then(async () => {{
  await new Promise((done) => setTimeout(done, {int(COUNT * PAUSE_S * 1000)}))
  for (const client of await clients.matchAll()) client.postMessage('')
}}))
"""


def event(name: str, number: int) -> bytes:
    return f"data: {name} {number}\n\n".encode()


class Site:
    """A server of pages and streams, and what it has sent.

    Attributes:
        sent: by name, the pieces of each stream, before they were encoded.
        done: set when the page has read all; its words are in `words`.
    """

    def __init__(self, http2_url: str, socket_url: str) -> None:
        self.origin = Origin()
        self.sent: dict[str, list[bytes]] = {}
        self.done = threading.Event()
        self.words = ""
        other = f"http://localhost:{self.origin.port}/inner"
        page = PAGE.replace("FRAME", other).replace("HTTP2", http2_url)
        answers = {
            "/": ("text/html", page.replace("SOCKET", socket_url)),
            "/inner": ("text/html", INNER % ("frame", "parent.postMessage('', '*')")),
            "/tab": ("text/html", INNER % ("tab", "new BroadcastChannel('tab').postMessage('')")),
            "/worker.js": ("text/javascript", SCRIPT % ("worker", "postMessage('')")),
            "/shared.js": (
                "text/javascript",
                "let port; onconnect = (event) => { port = event.ports[0] };"
                + SCRIPT % ("shared-worker", "port.postMessage('')"),
            ),
            "/service.js": ("text/javascript", SERVICE),
        }
        for path, (content_type, text) in answers.items():
            self.origin.serve_at(path, self._ordinary(content_type, text))
        self.origin.serve_at("/favicon.ico", self._ordinary("image/png", ""))
        self.origin.serve_at("/stream", self._stream)
        self.origin.serve_at("/moved", self._moved)
        self.origin.serve_at("/done", self._finished)

    def wait(self) -> None:
        assert self.done.wait(WAIT_S), "the page has not read all"
        assert self.words == "well"

    def _ordinary(self, content_type: str, text: str) -> Callable[[Exchange], None]:
        def answer(exchange: Exchange) -> None:
            size = f"Content-Length: {len(text)}"
            exchange.head(
                f"Content-Type: {content_type}", size, "Set-Cookie: sid=s3cret", chunked=False
            )
            exchange.send(text.encode())

        return answer

    def _moved(self, exchange: Exchange) -> None:
        exchange.head(
            "Location: /stream?moved", "Content-Length: 0", status="302 Found", chunked=False
        )

    def _finished(self, exchange: Exchange) -> None:
        self.words = exchange.target.partition("?")[2]
        exchange.head("Content-Length: 0", chunked=False)
        self.done.set()

    def _stream(self, exchange: Exchange) -> None:
        name = exchange.target.partition("?")[2]
        sent = self.sent.setdefault(name, [])
        coding = name if name in ("gzip", "br", "zstd") else ""
        content_type = "Content-Type: text/plain" if name == "unlabelled" else EVENT_STREAM
        exchange.head(content_type, *([f"Content-Encoding: {coding}"] if coding else []))
        encode = encoder(coding)
        for number in range(COUNT):
            sent.append(event(name, number))
            exchange.chunk(encode(sent[-1]))
            if name == "cut" and number == COUNT // 2:
                return
            if name != "at-once":
                time.sleep(PAUSE_S)
        exchange.end()


def encoder(coding: str) -> Callable[[bytes], bytes]:
    """Encodes pieces, each flushed."""
    if coding == "gzip":
        gzip = zlib.compressobj(wbits=31)
        return lambda data: gzip.compress(data) + gzip.flush(zlib.Z_SYNC_FLUSH)
    if coding == "br":
        made = brotli.Compressor()
        return lambda data: bytes(made.process(data) + made.flush())
    if coding == "zstd":
        frame = zstd.ZstdCompressor()
        return lambda data: frame.compress(data, frame.FLUSH_BLOCK)
    return lambda data: data


@pytest.fixture
def http2(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The URL of a stream over HTTP/2, and the server's certificate."""
    origin = Http2Origin(server_context(tmp_path, ["h2"]))

    def answer(exchange: Http2Exchange) -> None:
        exchange.head(("content-type", "text/event-stream"), ("access-control-allow-origin", "*"))
        for number in range(COUNT):
            exchange.data(event("http2", number))
            time.sleep(PAUSE_S)
        exchange.end()

    yield origin.serve(answer, "http2"), tmp_path / "server.pem"
    origin.close()


@pytest.fixture
def socket_url() -> Iterator[str]:
    def talk(connection: ServerConnection) -> None:
        _, binary = connection.recv(), connection.recv()
        connection.send(binary)
        connection.send("close")
        with contextlib.suppress(ConnectionClosed):
            connection.recv()

    server = websocket_server(talk, "127.0.0.1", 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}/socket"
    server.shutdown()


@pytest.fixture
def certificate(http2: tuple[str, Path], tmp_path: Path) -> Path:
    pem = http2[1].read_text()
    path = tmp_path / "certificate.pem"
    path.write_text(pem[pem.index("-----BEGIN CERTIFICATE") :])
    return path


class Running:
    """A recording program; what it says is read as it comes."""

    def __init__(self, *words: str) -> None:
        environment = {**os.environ, "NO_COLOR": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ssetape", *words],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            env=environment,
        )
        self.said: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.append(line)

    def stop(self) -> str:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(WAIT_S)
        self._reader.join(TIMEOUT_S)
        assert self.process.stderr is not None
        self.process.stderr.close()
        return "".join(self.said)

    def has_said(self, words: str) -> bool:
        return any(words in line for line in self.said)


def tapped(folder: Path, *words: str) -> Running:
    return Running("tap", "--headless", "--throw-away", "-o", str(folder), *words)


def named(folder: Path) -> dict[str, Capture]:
    """The captures of streams, by the name that each event has."""
    found: dict[str, Capture] = {}
    for path in folder.glob("*.ssetape"):
        capture = ssetape.open(path)
        name = capture.request.url.partition("?")[2] or capture.request.url.split("/")[-1]
        if capture.response is not None and capture.response.status == 302:
            name = f"redirect to {name}"
        assert name not in found, f"{name} is there twice"
        found[name] = capture
    return found


STREAMS = [
    *("fetch", "binary", "event-source", "xhr", "gzip", "br", "zstd", "unlabelled", "at-once"),
    *("moved", "aborted", "cut", "worker", "shared-worker", "frame", "service-worker"),
    *("passed-on", "tab", *(f"beside-{number}" for number in range(4))),
]
ENDS = {"event-source": "client_closed", "aborted": "client_closed", "cut": "upstream_cut"}
TARGETS = {"worker": "worker", "shared-worker": "shared_worker", "frame": "iframe"}
TARGETS |= {"service-worker": "service_worker"}


@pytest.mark.parametrize("how", ["tap", "record"])
def test_each_way_to_stream_is_recorded_once_and_whole(
    how: str,
    http2: tuple[str, Path],
    certificate: Path,
    socket_url: str,
    tmp_path: Path,
) -> None:
    folder = tmp_path / "captures"
    site = Site(http2[0], socket_url)
    flags = [f"--ignore-certificate-errors-spki-list={spki_hash(certificate)}"]
    flags += ["--disable-popup-blocking"]
    if how == "tap":
        running = tapped(folder, f"{site.origin.url}/", "--", *flags)
    else:
        words = ("-o", str(folder), "-k", "--browser", "--", f"{site.origin.url}/")
        running = Running("record", "--port", "0", *words, "--headless=new", flags[1])
    try:
        site.wait()
        wait_until(lambda: len(list(folder.glob("*.ssetape"))) >= len(STREAMS) + 3, "the captures")
        time.sleep(0.5)
    finally:
        said = running.stop() if how == "tap" else stop_browser(running)
        site.origin.close()
    captures = named(folder)
    http2_name = next(name for name in captures if name.startswith("http2"))
    assert set(captures) == {*STREAMS, http2_name, "socket", "redirect to moved"}, said
    for name in STREAMS:
        capture = captures[name]
        seen = "".join(f"{item.data}\n" for item in capture.events())
        sent = [piece.decode() for piece in site.sent[name]]
        whole = "".join(piece.removeprefix("data: ").strip() + "\n" for piece in sent)
        end = capture.end
        assert end is not None, name
        assert end.reason == ENDS.get(name, "complete") or how == "record", name
        assert whole.startswith(seen), name
        if end.reason == "complete":
            assert seen == whole, name
        elif name == "cut":
            assert len(seen.splitlines()) >= COUNT // 2
    http2_seen = [item.data for item in captures[http2_name].events()]
    assert http2_seen == [f"http2 {number}" for number in range(COUNT)]
    assert captures[http2_name].request.http_version == "HTTP/2.0"
    messages = [(m.data, m.from_client, m.is_text) for m in captures["socket"].messages()]
    assert messages == [
        (b"hello", True, True),
        (b"\x01\x02\xff", True, False),
        (b"\x01\x02\xff", False, False),
        (b"close", False, True),
    ]
    assert captures["fetch"].request.body == b'{"stream": true}'
    assert captures["binary"].request.body == b"\x00\xff\x01"
    assert "s3cret" not in "".join(path.read_text() for path in folder.iterdir())
    if how == "tap":
        check_tapped(captures, site)


def check_tapped(captures: dict[str, Capture], site: Site) -> None:
    """What is the browser's alone: targets, decoded bodies, and reads where the server flushed."""
    for name, capture in captures.items():
        assert capture.tapped["target"] == TARGETS.get(name, "page"), name
        assert capture.response is not None
        codings = [value for key, value in capture.response.decoded_headers]
        assert codings == ([name] if name in ("gzip", "br", "zstd") else []), name
        if name in site.sent:
            sizes = [len(chunk.data) for chunk in capture.chunks()]
            borders = set(accumulate(map(len, site.sent[name])))
            assert set(accumulate(sizes)) <= borders, name
            # Each read is one piece, unless the machine was so busy that two came at once.
            assert name == "at-once" or len(sizes) >= len(site.sent[name]) // 2 - 1, name


def stop_browser(running: Running) -> str:
    """End the browser of `ssetape record`, which then ends itself."""
    for number in descendants(running.process.pid):
        if "--type=" not in command_of(number) and "headless" in command_of(number):
            os.kill(number, signal.SIGTERM)
    running.process.wait(WAIT_S)
    running._reader.join(TIMEOUT_S)
    assert running.process.stderr is not None
    running.process.stderr.close()
    return "".join(running.said)


def descendants(root: int) -> list[int]:
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True).stdout
    parents = {int(line.split()[0]): int(line.split()[1]) for line in listed.splitlines()}

    def is_below(number: int) -> bool:
        while number in parents:
            number = parents[number]
            if number == root:
                return True
        return False

    return [number for number in parents if is_below(number)]


def command_of(number: int) -> str:
    try:
        return Path(f"/proc/{number}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def test_a_stream_over_http_3_which_goes_around_proxies_is_recorded(tmp_path: Path) -> None:
    server_context(tmp_path)
    pem = tmp_path / "server.pem"
    text = pem.read_text()
    (tmp_path / "certificate.pem").write_text(text[text.index("-----BEGIN CERTIFICATE") :])

    async def page(exchange: Http3Exchange) -> None:
        exchange.head((b"content-type", b"text/html"))
        body = b"<script>fetch('/stream').then((answer) => answer.text())</script>"
        exchange.data(body, end_stream=True)

    async def stream(exchange: Http3Exchange) -> None:
        exchange.head()
        for number in range(COUNT):
            exchange.data(event("http3", number), end_stream=number == COUNT - 1)
            await asyncio.sleep(PAUSE_S)

    async def run() -> None:
        async with http3_origin(pem) as origin:
            origin._handlers.update({"/": page, "/stream": stream})
            flags = [f"--origin-to-force-quic-on=127.0.0.1:{origin.port}"]
            flags += [
                f"--ignore-certificate-errors-spki-list={spki_hash(tmp_path / 'certificate.pem')}"
            ]
            running = tapped(tmp_path / "captures", f"{origin.url}/", "--", *flags)
            try:
                ended = lambda: running.has_said("complete after")  # noqa: E731
                await asyncio.to_thread(wait_until, ended, "the stream")
            finally:
                await asyncio.to_thread(running.stop)

    asyncio.run(run())
    (path,) = (tmp_path / "captures").glob("*.ssetape")
    capture = ssetape.open(path)
    assert capture.response is not None
    assert capture.response.http_version == capture.request.http_version == "HTTP/3"
    assert [item.data for item in capture.events()] == [f"http3 {n}" for n in range(COUNT)]


# What ends in the middle


@pytest.fixture
def endless() -> Iterator[tuple[str, list[bytes]]]:
    """A page that reads a stream without an end, and what was sent of it."""
    origin = Origin()
    sent: list[bytes] = []
    page = "<script>fetch('/stream').then(async (answer) => {" + (
        "const reader = answer.body.getReader(); while (!(await reader.read()).done); })</script>"
    )

    def show(exchange: Exchange) -> None:
        exchange.head("Content-Type: text/html", f"Content-Length: {len(page)}", chunked=False)
        exchange.send(page.encode())

    def stream(exchange: Exchange) -> None:
        exchange.head()
        for number in range(10_000):
            piece = event("endless", number)
            exchange.chunk(piece)
            sent.append(piece)
            time.sleep(0.02)

    origin.serve_at("/", show)
    origin.serve_at("/stream", stream)
    origin.serve_at("/favicon.ico", lambda exchange: exchange.head("A: b", status="404 No"))
    yield f"{origin.url}/", sent
    origin.close()


def kill(numbers: list[int]) -> None:
    for number in numbers:
        try:
            os.kill(number, signal.SIGKILL)
        except ProcessLookupError:
            pass


def victims(what: str, root: int) -> list[int]:
    below = {number: command_of(number) for number in descendants(root)}
    chromium = {number: words for number, words in below.items() if "chromium" in words}
    if what == "ssetape":
        return [root]
    if what == "renderer":
        return [number for number, words in chromium.items() if "--type=renderer" in words]
    return [
        number
        for number, words in chromium.items()
        if "--type=" not in words and "crashpad" not in words
    ]


@pytest.mark.parametrize(
    ("what", "reason"),
    [("ssetape", None), ("browser", "browser_closed"), ("renderer", "tab_crashed")],
)
def test_what_was_given_out_before_a_kill_is_in_the_file(
    what: str, reason: str | None, endless: tuple[str, list[bytes]], tmp_path: Path
) -> None:
    url, sent = endless
    folder = tmp_path / "captures"
    # Not one to throw away: who is killed cannot.
    running = Running("tap", "--headless", "--profile", str(tmp_path / "p"), "-o", str(folder), url)
    browsers_pids: list[int] = []
    try:
        wait_until(lambda: running.has_said("recording GET"), "the stream")
        wait_until(lambda: len(sent) >= 20, "some of it")
        given_out = list(sent[:-5])  # what is a tenth of a second old
        browsers_pids = descendants(running.process.pid)
        kill(victims(what, running.process.pid))
        if what == "renderer":
            wait_until(lambda: running.has_said("tab_crashed"), "the end")
    finally:
        if what == "ssetape":
            running.process.wait(WAIT_S)
            assert running.process.stderr is not None
            running.process.stderr.close()
        else:
            running.stop()
    (path,) = folder.glob("*.ssetape")
    capture = ssetape.open(path)
    seen = b"".join(chunk.data for chunk in capture.chunks())
    assert seen.startswith(b"".join(given_out))
    assert (capture.end.reason if capture.end else None) == reason
    # No browser outlives its recorder.
    wait_until(
        lambda: not any("chromium" in command_of(number) for number in browsers_pids),
        "the browser's end",
    )


# A page that is recorded whole


def test_a_chat_page_that_was_tapped_types_its_answer_without_its_server(tmp_path: Path) -> None:
    folder = tmp_path / "captures"
    question = "Hello from here"
    with (
        SampleServer() as server,
        browser(tmp_path / "profile", "--remote-debugging-port=0") as one,
    ):
        port = (tmp_path / "profile" / "DevToolsActivePort").read_text().split()[0]
        running = Running("tap", "--attach", port, "--all", "-o", str(folder))
        wait_until(lambda: running.has_said("recording from"), "tap")
        time.sleep(0.5)  # until it listens to the page
        answer = ask(one, server.url, question)
        time.sleep(0.5)
        said = running.stop()
        assert one.title == "Sample chat"  # it is left open
    assert question in answer
    assert "recorder_stopped" not in said
    # The server is gone: now only captures can answer.
    with replaying_browser(folder, server.url, tmp_path) as two:
        assert ask(two, server.url, question) == answer


@contextmanager
def replaying_browser(folder: Path, url: str, tmp_path: Path) -> Iterator[Chrome]:
    """The browser that `ssetape replay --browser` opens."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    words = ["--confdir", str(tmp_path / "mitmproxy"), "--browser", str(folder), "--", url]
    running = Running("replay", *words, "--headless=new", f"--remote-debugging-port={port}")
    try:
        wait_until(lambda: listens(port), "the browser")
        attached = ChromeOptions()
        attached.debugger_address = f"127.0.0.1:{port}"
        driver = Chrome(attached, ChromeService(shutil.which("chromedriver")))
        try:
            yield driver
        finally:
            driver.service.stop()
    finally:
        stop_browser(running)


def listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


def ask(driver: Chrome, url: str, question: str) -> str:
    """Ask the sample chat a question; gives all that is then said in it."""
    driver.get(url)
    wait_for(driver, "return document.body.dataset.state === 'ready'")
    driver.find_element(By.ID, "message").send_keys(question)
    driver.find_element(By.CSS_SELECTOR, "#form button").click()
    wait_for(driver, "return document.body.dataset.state === 'done'")
    return driver.find_element(By.ID, "log").text


# A site that knows a browser by how it says hello


class Hello(NamedTuple):
    """What a TLS client offers, without what Chromium varies on purpose or for a session.

    RFC 8446, section 4.1.2; GREASE: RFC 8701.
    """

    ciphers: frozenset[int]
    extensions: frozenset[int]

    @classmethod
    def read(cls, record: bytes) -> "Hello":
        def number(place: int, size: int = 2) -> int:
            return int.from_bytes(record[place : place + size], "big")

        def known(found: Iterable[int]) -> frozenset[int]:
            of_sessions = {21, 35, 41, 42}  # padding, a ticket, a key that is known, early data
            grease = {0x0A0A + 0x1010 * step for step in range(16)}
            return frozenset(found) - grease - of_sessions

        place = 43 + 1 + record[43]  # after the random bytes, and the session's id
        size = number(place)
        ciphers = [number(place + 2 + offset) for offset in range(0, size, 2)]
        place += 2 + size
        place += 1 + record[place]  # compression
        end = place + 2 + number(place)
        place += 2
        extensions = []
        while place < end:
            extensions.append(number(place))
            place += 4 + number(place + 2)
        return cls(known(ciphers), known(extensions))


class Picky:
    """A server that refuses whoever says hello otherwise than its first client."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        self.hellos: list[Hello] = []
        self.answers: list[int] = []
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}/"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(sock,), daemon=True).start()

    def _answer(self, sock: socket.socket) -> None:
        try:
            sock.settimeout(TIMEOUT_S)
            seen = b""
            while len(seen) < 5 or len(seen) < 5 + int.from_bytes(seen[3:5], "big"):
                seen = sock.recv(1 << 16, socket.MSG_PEEK)
                if not seen:
                    return
            hello = Hello.read(seen)
            with self._tls.wrap_socket(sock, server_side=True) as tls:
                exchange = Exchange(tls)
                self.hellos.append(hello)
                status = 200 if hello == self.hellos[0] else 403
                self.answers.append(status)
                if status == 403:
                    exchange.head("Content-Length: 0", status="403 Forbidden", chunked=False)
                elif exchange.target == "/stream":
                    exchange.head()
                    exchange.chunk(event("picky", 0))
                    exchange.end()
                else:
                    page = "<script>fetch('/stream').then((answer) => answer.text())</script>"
                    size = f"Content-Length: {len(page)}"
                    exchange.head("Content-Type: text/html", size, chunked=False)
                    exchange.send(page.encode())
                exchange.close()
        except OSError:
            pass  # a client that left
        finally:
            sock.close()


def test_a_site_that_knows_a_browser_by_its_hello_refuses_the_proxy_and_not_tap(
    tmp_path: Path,
) -> None:
    picky = Picky(server_context(tmp_path))
    pem = (tmp_path / "server.pem").read_text()
    (tmp_path / "certificate.pem").write_text(pem[pem.index("-----BEGIN CERTIFICATE") :])
    flag = f"--ignore-certificate-errors-spki-list={spki_hash(tmp_path / 'certificate.pem')}"
    try:
        with browser(tmp_path / "profile", flag) as driver:  # the browser as it is
            driver.get(picky.url)
            wait_until(lambda: len(picky.answers) >= 2, "the page and its stream")
        assert set(picky.answers) == {200}
        picky.answers.clear()
        words = ("--port", "0", "-k", "--browser", "-o", str(tmp_path / "a"), "--", picky.url)
        recording = Running("record", *words, "--headless=new")
        wait_until(lambda: picky.answers != [], "an answer through the proxy")
        stop_browser(recording)
        assert set(picky.answers) == {403}
        assert list((tmp_path / "a").glob("*.ssetape")) == []
        tapping = tapped(tmp_path / "b", picky.url, "--", flag)
        wait_until(lambda: tapping.has_said("complete after"), "the stream")
        tapping.stop()
        (path,) = (tmp_path / "b").glob("*.ssetape")
        assert [item.data for item in ssetape.open(path).events()] == ["picky 0"]
    finally:
        picky.close()
