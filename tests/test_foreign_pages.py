"""A real Chromium with a foreign page: it reads neither replays nor the local page."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from browsers import browser, needs_chromium, wait_for
from cli.programs import Program
from selenium.webdriver import Chrome

pytestmark = [pytest.mark.programs, needs_chromium]

Raw = Callable[..., bytes]
# Names that resolve to this machine, as after DNS rebinding.
NAMES = "MAP *.example 127.0.0.1"
LATE = "2027-01-01T00:00:00.000000Z"
SECRET = "the secret answer"
CORS = [["content-type", "text/event-stream"], ["access-control-allow-origin", "*"]]

# What a page tries, and what it got to read.
TRIES = """
const [base, pauses, done] = arguments;
const read = {};
const text = async (name, url, options) => {
  try { read[name] = await (await fetch(url, options)).text() } catch (error) { read[name] = '' }
};
const sourced = new Promise((end) => {
  const source = new EventSource(base + '/stream');
  source.onmessage = (event) => { read.eventSource = event.data; source.close(); end() };
  source.onerror = () => { read.eventSource ??= ''; source.close(); end() };
});
const socketed = new Promise((end) => {
  const socket = new WebSocket(base.replace('http', 'ws') + '/socket');
  socket.onmessage = (event) => { read.webSocket = event.data; socket.close(); end() };
  socket.onclose = () => { read.webSocket ??= ''; end() };
});
const scripted = new Promise((end) => {
  const script = document.createElement('script');
  script.src = base + '/script';
  script.onload = script.onerror = () => { read.script = window.leaked ?? ''; end() };
  document.head.append(script);
});
Promise.all([
  text('fetch', base + '/stream'),
  text('noCors', base + '/stream', { mode: 'no-cors' }),
  text('post', base + '/stream', { method: 'POST', body: 'x' }),
  text('list', base + '/_ssetape/'),
  text('get', base + '/_ssetape/captures/0'),
  pauses && text('pause', base + '/_ssetape/pause', { method: 'POST', mode: 'no-cors' }),
  sourced, socketed, scripted,
]).then(() => done(read));
"""


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><link rel=icon href=data:,><title>A page</title>")

    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture(scope="module")
def page_port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    flags = (
        f"--host-resolver-rules={NAMES}",
        "--disable-features=HttpsUpgrades,HttpsFirstBalancedMode",
    )
    with browser(tmp_path_factory.mktemp("profile"), *flags) as driver:
        driver.set_script_timeout(60)
        yield driver


@pytest.fixture
def folder(tmp_path: Path, raw_capture: Raw) -> Path:
    url = "https://api.captured.net"
    answer = [(0.0, f"data: {SECRET}\n\n".encode())]
    script = [(0.0, f"window.leaked = '{SECRET}'".encode())]
    plain = [["content-type", "text/javascript"]]
    (tmp_path / "a.ssetape").write_bytes(raw_capture(answer, url=f"{url}/stream", headers=CORS))
    post = raw_capture(answer, url=f"{url}/stream", headers=CORS, method="POST")
    (tmp_path / "b.ssetape").write_bytes(post)
    (tmp_path / "c.ssetape").write_bytes(raw_capture(script, url=f"{url}/script", headers=plain))
    request = {"method": "GET", "url": f"{url}/socket", "headers": [], "http_version": "HTTP/1.1"}
    lines: list[Any] = [
        {"ssetape": 1, "id": "x", "kind": "websocket", "started": LATE, "request": request},
        [0.0, "head", {"status": 101, "reason": "", "http_version": "HTTP/1.1", "headers": []}],
        [0.0, "<", SECRET],
    ]
    (tmp_path / "d.ssetape").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return tmp_path


@contextmanager
def replaying(folder: Path, *options: str) -> Iterator[Program]:
    with Program("replay", "--port", "0", *options, folder) as program:
        assert program.port
        yield program


def tries(driver: Chrome, page: str, base: str, *, pauses: bool = False) -> set[str]:
    """The ways in which a page came to read the secret.

    Args:
        pauses: whether it tries to pause the server, too.
    """
    driver.get(page)
    read = driver.execute_async_script(TRIES, base, pauses)
    assert len(read) == 8 + pauses, read
    return {name for name, found in read.items() if SECRET in found}


def test_a_foreign_page_reads_no_replay(driver: Chrome, folder: Path, page_port: int) -> None:
    with replaying(folder) as server:
        base = f"http://127.0.0.1:{server.port}"
        assert tries(driver, f"http://evil.example:{page_port}/", base, pauses=True) == set()
        # Its own name leads to the server now: the page that opens is a refusal.
        rebound = f"http://evil.example:{server.port}"
        assert tries(driver, f"{rebound}/stream", rebound, pauses=True) == set()
        assert "--allow-host NAME" in driver.page_source
        # Nor did it pause anything.
        assert tries(driver, f"http://localhost:{page_port}/", base) >= {"fetch", "webSocket"}


def test_pages_that_may_read_replays_do(driver: Chrome, folder: Path, page_port: int) -> None:
    everything = {"fetch", "post", "eventSource", "webSocket", "script"}
    with replaying(folder) as server:
        base = f"http://127.0.0.1:{server.port}"
        assert tries(driver, f"http://localhost:{page_port}/", base) >= everything | {"get"}
        assert tries(driver, f"{base}/other", base) >= everything | {"get", "noCors"}
    with replaying(folder, "--allow-host", "mine.example") as server:
        base = f"http://mine.example:{server.port}"
        assert tries(driver, f"{base}/other", base) >= everything
        assert tries(driver, f"http://mine.example:{page_port}/", base) >= everything
        # Browsers do not say which page loads a script from a name without TLS.
        assert tries(driver, f"http://evil.example:{page_port}/", base) <= {"script"}
    with replaying(folder, "--cors") as server:
        base = f"http://127.0.0.1:{server.port}"
        found = tries(driver, f"http://evil.example:{page_port}/", base)
        assert found >= everything
        assert not found & {"list", "get"}


def test_a_foreign_form_is_refused(driver: Chrome, folder: Path, page_port: int) -> None:
    with replaying(folder) as server:
        driver.get(f"http://evil.example:{page_port}/")
        driver.execute_script(
            "const form = document.createElement('form'); form.method = 'POST';"
            f"form.action = 'http://127.0.0.1:{server.port}/stream';"
            "document.body.append(form); form.submit()"
        )
        wait_for(driver, "return document.body.textContent.includes('ssetape_error')")
        assert SECRET not in driver.page_source


@contextmanager
def viewing(folder: Path, *options: str) -> Iterator[str]:
    with Program("view", "--no-open", "--port", "0", *options, folder) as program:
        yield program.wait_for(r"the captures are at (\S+)\n")[1]


ROWS = "return document.querySelectorAll('.list .row').length >= 3"


def test_the_page_lets_in_who_has_its_token(driver: Chrome, folder: Path, page_port: int) -> None:
    with viewing(folder) as url:
        base = url.partition("?")[0]
        driver.delete_all_cookies()
        driver.get(base)
        assert "needs a token" in driver.page_source
        driver.get(url)
        wait_for(driver, ROWS)  # its scripts and its event stream work with the cookie
        assert driver.current_url == base
        assert driver.execute_script("return document.cookie") == ""
        driver.get(base)
        wait_for(driver, ROWS)
        # A link on another site leads here, too.
        driver.get(f"http://evil.example:{page_port}/")
        driver.execute_script(f"location.href = '{base}'")
        wait_for(driver, ROWS)
        # But no foreign page reads it.
        driver.get(f"http://evil.example:{page_port}/")
        found = driver.execute_async_script(
            f"fetch('{base}rows', {{credentials: 'include'}}).then(r => r.text())"
            ".then(arguments[0], () => arguments[0]('failed'))"
        )
        assert found == "failed"
        driver.get(base.replace("127.0.0.1", "evil.example"))
        assert "expected 127.0.0.1 or localhost" in driver.page_source


def test_a_browser_is_led_to_the_page_by_a_private_file(driver: Chrome, folder: Path) -> None:
    from ssetape.cli.running import opening

    with viewing(folder) as url, pytest.MonkeyPatch.context() as patch:
        driver.delete_all_cookies()
        patch.setattr(opening.webbrowser, "open", driver.get)
        with opening.opened(url):
            wait_for(driver, ROWS)
        assert driver.current_url == url.partition("?")[0]
