"""mitmproxy's own options beside the recorder: the table of docs/in-mitmproxy.md, row by row.

Each case runs a real mitmdump, mitmweb or console: what the client gets, and what the capture has.
"""

import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from proxies import (
    RECORD,
    REPOSITORY,
    Client,
    Exchange,
    Mitmdump,
    Origin,
    captures,
    ended_capture,
    fetch,
    wait_until,
)

from ssetape.capture import Capture

EVENTS = [b"data: one\n\n", b"data: two\n\n", b"data: three\n\n"]
PAGE = REPOSITORY / "docs" / "in-mitmproxy.md"


@dataclass
class Scene:
    """One case's surroundings: a server with an event stream, and a folder."""

    origin: Origin
    confdir: Path
    folder: Path
    seen: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.url = self.origin.serve(self._answer)
        self.tapes = self.folder / "tapes"

    def _answer(self, exchange: Exchange) -> None:
        self.seen.append(exchange.headers)
        exchange.head("Content-Type: text/event-stream", "Set-Cookie: a=b", "ETag: x")
        for data in EVENTS:
            exchange.chunk(data)
        exchange.end()

    def proxy(self, *options: str, **more: Any) -> Mitmdump:
        return Mitmdump(self.confdir, self.tapes, *options, **more)

    def fetch(self, *options: str, fields: tuple[str, ...] = (), url: str = "") -> str:
        """Have the stream pass with these options: it is whole, and so is its capture."""
        with self.proxy(*options) as proxy:
            assert fetch(proxy.port, url or self.url, *fields) == EVENTS
            self.recorded(url or self.url)
            proxy.stop()
        assert "Traceback" not in proxy.log
        return proxy.log

    def recorded(self, url: str = "", folder: Path | None = None) -> Capture:
        capture = ended_capture(folder or self.tapes, url or self.url)
        assert [chunk.data for chunk in capture.chunks()] == EVENTS
        assert capture.end is not None
        assert capture.end.reason == "complete"
        return capture


Case = Callable[[Scene], None]
CASES: dict[str, Case] = {}


def case(*rows: str) -> Callable[[Case], Case]:
    def add(function: Case) -> Case:
        for row in rows:
            CASES[row] = function
        return function

    return add


@case("`map_remote`")
def map_remote(scene: Scene) -> None:
    rule = f"map_remote=|//elsewhere.invalid/|{scene.origin.url.partition(':')[2]}/"
    path = scene.url.rpartition("/")[2]
    with scene.proxy(rule) as proxy:
        assert fetch(proxy.port, f"http://elsewhere.invalid/{path}") == EVENTS
    scene.recorded()  # under the address that was asked in the end


@case("`map_local`")
def map_local(scene: Scene) -> None:
    file = scene.folder / "local.txt"
    file.write_bytes(b"".join(EVENTS))
    with scene.proxy(f"map_local=|.*|{file}") as proxy, Client(proxy.port, scene.url) as client:
        assert client.head() == 200
        assert client.read(len(file.read_bytes())) == b"".join(EVENTS)
    assert not captures(scene.tapes)


@case("`block_list`")
def block_list(scene: Scene) -> None:
    with scene.proxy("block_list=/~u ./403") as proxy, Client(proxy.port, scene.url) as client:
        assert client.head() == 403
    assert not captures(scene.tapes)


@case("`anticache`")
def anticache(scene: Scene) -> None:
    scene.fetch("anticache=true", fields=("If-None-Match: x",))
    assert "if-none-match" not in scene.seen[0]


@case("`anticomp`")
def anticomp(scene: Scene) -> None:
    scene.fetch("anticomp=true", fields=("Accept-Encoding: gzip",))
    assert scene.seen[0]["accept-encoding"] == "identity"
    headers = {name.lower(): value for name, value in scene.recorded().request.headers}
    assert headers["accept-encoding"] == "identity"


@case("`modify_headers`")
def modify_headers(scene: Scene) -> None:
    rule = "modify_headers=/~s/etag/y"
    with scene.proxy(rule) as proxy, Client(proxy.port, scene.url) as client:
        client.head()
        assert client.headers["etag"] == "y"
        assert list(client.chunks()) == EVENTS
    response = scene.recorded().response
    assert response is not None
    assert ("ETag", "x") in response.headers


@case("`modify_body`")
def modify_body(scene: Scene) -> None:
    with scene.proxy("modify_body=/~s/two/TWO") as proxy:
        assert fetch(proxy.port, scene.url) == [EVENTS[0], b"data: TWO\n\n", EVENTS[2]]
        assert "altered" in scene.recorded().path.read_text()
    assert "Traceback" not in proxy.log


@case("`stickycookie`")
def stickycookie(scene: Scene) -> None:
    with scene.proxy("stickycookie=~u .") as proxy:
        for _ in range(2):
            assert fetch(proxy.port, scene.url) == EVENTS
    assert [headers.get("cookie") for headers in scene.seen] == [None, "a=b"]
    first, second = captures(scene.tapes)
    names = [{name.lower() for name, _ in each.request.headers} for each in (first, second)]
    assert ["cookie" in each for each in names] == [False, True]
    assert "a=b" not in second.path.read_text()


@case("`stickyauth`")
def stickyauth(scene: Scene) -> None:
    with scene.proxy("stickyauth=~u .") as proxy:
        assert fetch(proxy.port, scene.url, "Authorization: Bearer t") == EVENTS
        assert fetch(proxy.port, scene.url) == EVENTS
    assert scene.seen[1]["authorization"] == "Bearer t"
    assert "Bearer t" not in "".join(each.path.read_text() for each in captures(scene.tapes))


@case("`proxyauth`")
def proxyauth(scene: Scene) -> None:
    scene.fetch("proxyauth=me:secret", fields=("Proxy-Authorization: Basic bWU6c2VjcmV0",))
    assert "proxy-authorization" not in scene.seen[0]
    assert "bWU6c2VjcmV0" not in scene.recorded().path.read_text()


@case("`stream_large_bodies`")
def stream_large_bodies(scene: Scene) -> None:
    scene.fetch("stream_large_bodies=1")


@case("`store_streamed_bodies`")
def store_streamed_bodies(scene: Scene) -> None:
    scene.fetch("store_streamed_bodies=true")


@case("`body_size_limit`")
def body_size_limit(scene: Scene) -> None:
    scene.fetch("body_size_limit=5")  # a stream of no stated length has no limit

    def answer(exchange: Exchange) -> None:
        exchange.head("Content-Type: text/event-stream", "Content-Length: 11", chunked=False)
        exchange.send(EVENTS[0])

    url = scene.origin.serve(answer)
    with scene.proxy("body_size_limit=5") as proxy, Client(proxy.port, url) as client:
        assert client.head() == 502
        end = ended_capture(scene.tapes, url).end
    assert end is not None
    assert end.reason == "limit_reached"


@case("`-w` (`save_stream_file`)")
def save(scene: Scene) -> None:
    file = scene.folder / "flows"
    scene.fetch(f"save_stream_file={file}")
    assert file.stat().st_size


@case("`-S` (`server_replay`)")
def server_replay(scene: Scene) -> None:
    file = scene.folder / "flows"
    idle = scene.folder / "idle.py"
    idle.write_text("")
    with Mitmdump(scene.confdir, None, f"save_stream_file={file}", scripts=[idle]) as plain:
        fetch(plain.port, scene.url)
        plain.stop()
    with scene.proxy(f"server_replay={file}") as proxy:
        assert fetch(proxy.port, scene.url) == [b"".join(EVENTS)]
    assert len(scene.seen) == 1
    assert not captures(scene.tapes)


@case("`-C` (`client_replay`)")
def client_replay(scene: Scene) -> None:
    file = scene.folder / "flows"
    scene.fetch(f"save_stream_file={file}")
    again = scene.folder / "again"
    with Mitmdump(scene.confdir, again, f"client_replay={file}"):
        scene.recorded(folder=again)
    assert len(scene.seen) == 2


@case("`hardump`")
def hardump(scene: Scene) -> None:
    file = scene.folder / "flows.har"
    scene.fetch(f"hardump={file}")
    (entry,) = json.loads(file.read_text())["log"]["entries"]
    assert entry["response"]["status"] == 200
    assert not entry["response"]["content"]["size"]


@case("`mode` `upstream`")
def upstream(scene: Scene) -> None:
    with Mitmdump(scene.confdir, scene.folder / "behind") as behind:
        scene.fetch(f"mode=upstream:http://127.0.0.1:{behind.port}")
        scene.recorded(folder=scene.folder / "behind")


@case("`mode` `reverse`")
def reverse(scene: Scene) -> None:
    with scene.proxy(f"mode=reverse:{scene.origin.url}") as proxy:
        path = scene.url.rpartition("/")[2]
        with Client(proxy.port, f"http://127.0.0.1:{proxy.port}/{path}", direct=True) as client:
            client.head()
            assert list(client.chunks()) == EVENTS
        scene.recorded()


@case("`mode` `socks5`")
def socks5(scene: Scene) -> None:
    with scene.proxy("mode=socks5") as proxy:
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as sock:
            sock.sendall(b"\x05\x01\x00")
            assert sock.recv(2) == b"\x05\x00"
            port = scene.origin.port.to_bytes(2, "big")
            sock.sendall(b"\x05\x01\x00\x01\x7f\x00\x00\x01" + port)
            assert sock.recv(10)[:2] == b"\x05\x00"
            path = scene.url.rpartition("/")[2]
            sock.sendall(f"GET /{path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
            found = b""
            while not found.endswith(b"0\r\n\r\n"):
                found += sock.recv(65536)
        assert all(data in found for data in EVENTS)
        (capture,) = wait_until(lambda: captures(scene.tapes), "a capture")
        assert wait_until(lambda: capture.end, "its end").reason == "complete"


@contextmanager
def in_terminal(scene: Scene, program: str, *options: str) -> Iterator[int]:
    """mitmproxy's console, or mitmweb, with the recorder; gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    words = [str(Path(sys.executable).with_name(program)), "-s", str(RECORD), "-p", str(port)]
    options = ("listen_host=127.0.0.1", f"confdir={scene.confdir}", *options)
    for option in (*options, f"tape_dir={scene.tapes}"):
        words += ["--set", option]
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    process = subprocess.Popen(
        words,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        env={**os.environ, "TERM": "xterm-256color"},
    )
    os.close(theirs)

    def drain() -> None:
        try:
            while os.read(ours, 65536):
                pass
        except OSError:
            pass

    threading.Thread(target=drain, daemon=True).start()

    def listens() -> bool:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
            return False
        return True

    try:
        wait_until(listens, program)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        os.close(ours)


@case("`mitmweb`")
def mitmweb(scene: Scene) -> None:
    with in_terminal(scene, "mitmweb", "web_open_browser=false", "web_port=0") as port:
        assert fetch(port, scene.url) == EVENTS
        scene.recorded()


@case("`mitmproxy`, the console")
def console(scene: Scene) -> None:
    with in_terminal(scene, "mitmproxy") as port:
        assert fetch(port, scene.url) == EVENTS
        scene.recorded()


@case("`intercept`")
def intercept(scene: Scene) -> None:
    # Held at its response, after which mitmproxy waits for who resumes it: all has come by then.
    options = ("web_open_browser=false", "web_port=0", "intercept=~s")
    with in_terminal(scene, "mitmweb", *options) as port, Client(port, scene.url) as client:
        client.head()
        assert [client.chunk() for _ in EVENTS] == EVENTS
        scene.recorded()


@pytest.mark.programs
@pytest.mark.parametrize("row", CASES, ids=lambda row: re.sub(r"\W+", "-", row).strip("-"))
def test_beside(row: str, origin: Origin, confdir: Path, tmp_path: Path) -> None:
    CASES[row](Scene(origin, confdir, tmp_path))


def test_the_table_of_the_docs_has_these_rows() -> None:
    section = PAGE.read_text().partition("## Beside mitmproxy's options\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (.+?) \|", section, re.MULTILINE)
    assert rows[1:] == list(CASES)
