"""What the tests share: captures made by hand, and an import path that needs no installation."""

import asyncio
import base64
import heapq
import importlib.util
import json
import math
import os
import signal
import socket
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import hypothesis
import pytest

REPOSITORY = Path(__file__).resolve().parents[1]

# pytest's importlib mode puts nothing on the path: neither shared_data.py nor, in a bare clone,
# the package.
sys.path.append(str(Path(__file__).parent))
if importlib.util.find_spec("ssetape") is None:
    sys.path.append(str(REPOSITORY))

import ssetape  # noqa: E402  the path has to be right first

if importlib.util.find_spec("ssetape.replay") is None:
    # Uninstalled, addon/ and replay/ lie beside ssetape/, not in it.
    ssetape.__path__.append(str(REPOSITORY))

# A deadline for each example would measure the machine, which others use as well.
hypothesis.settings.register_profile("ssetape", deadline=None)
hypothesis.settings.load_profile("ssetape")

# Where the salt of masking is kept: never in the home of whoever runs the tests.
_STATE = tempfile.TemporaryDirectory(prefix="ssetape-state-")
os.environ["XDG_STATE_HOME"] = _STATE.name


def _pass_on_no_ignored_signals() -> None:
    """Give the programs that tests start the usual signals.

    They inherit what is ignored here (SIGHUP under nohup, SIGINT after a shell's &), and would
    ignore it too. What is caught here, by a handler that does nothing, is as usual for them.
    """
    for name in ("SIGHUP", "SIGINT"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


_pass_on_no_ignored_signals()


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name what is long or binary by its parameter: pytest numbers those of one test.

    gzip's header holds the time before Python 3.13: a name made of it differs from one process
    of a parallel run to the next, and no test is run at all.
    """
    if isinstance(val, bytes) and (len(val) > 60 or not val.isascii()):
        return argname
    return None


STARTED = "2026-11-23T09:30:12.123456Z"


def _line(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode() + b"\n"


def _chunk_line(t_s: float, data: bytes) -> bytes:
    try:
        return _line([t_s, "<", data.decode()])
    except UnicodeDecodeError:
        return _line([t_s, "<b", base64.b64encode(data).decode()])


def capture_bytes(
    chunks: Iterable[tuple[float, bytes]] = (),
    *,
    method: str = "GET",
    url: str = "http://origin.test/stream",
    body: bytes | None = None,
    masked_query: Iterable[str] = (),
    request_headers: Iterable[tuple[str, str]] = (),
    status: int | None = 200,
    reason: str = "OK",
    headers: Iterable[tuple[str, str]] = (("content-type", "text/event-stream"),),
    head_s: float = 0.0,
    trailers: Iterable[tuple[str, str]] | None = None,
    end: str | None = "complete",
    end_s: float | None = None,
    started: str = STARTED,
    kind: str = "http",
    tapped: Mapping[str, Any] | None = None,
    decoded: Iterable[tuple[str, str]] = (),
    from_cache: bool = False,
    tail: bytes = b"",
) -> bytes:
    """A capture as the format's specification has it, written by nothing of the product.

    Args:
        status: None for an exchange that ended before its response.
        end: how it ended, None for an interrupted recording.
        end_s: when; by default with the last chunk.
        tapped: the browser it was recorded inside of, with the headers that it decoded.
        tail: what follows the last record, for damage.
    """
    request: dict[str, Any] = {"method": method, "url": url, "http_version": "HTTP/1.1"}
    request["headers"] = [["host", "origin.test"], *map(list, request_headers)]
    if body is not None:
        request["body"] = {"base64": base64.b64encode(body).decode()}
    if masked_query:
        request["masked"] = {"query": list(masked_query)}
    header = {"ssetape": 1, "id": "x", "kind": kind, "started": started, "recorder": "tests"}
    if tapped is not None:
        header["tapped"] = tapped
    lines = [_line({**header, "request": request})]
    last_s = head_s
    if status is not None:
        head: dict[str, Any] = {"status": status, "reason": reason, "http_version": "HTTP/1.1"}
        head["headers"] = [list(pair) for pair in headers]
        if decoded:
            head["decoded"] = [list(pair) for pair in decoded]
        if from_cache:
            head["from_cache"] = True
        lines.append(_line([head_s, "head", head]))
    size_bytes = chunk_count = 0
    for t_s, data in chunks:
        lines.append(_chunk_line(t_s, data))
        last_s = t_s
        chunk_count += 1
        size_bytes += len(data)
    if trailers is not None:
        lines.append(_line([last_s, "trailers", [list(pair) for pair in trailers]]))
    if end is not None:
        totals = {"chunks": chunk_count, "bytes": size_bytes}
        ended_s = last_s if end_s is None else end_s
        lines.append(_line([ended_s, "end", {"reason": end, **totals}]))
    return b"".join(lines) + tail


@pytest.fixture(scope="session")
def raw_capture() -> Callable[..., bytes]:
    """Gives a capture's bytes; for the arguments see `capture_bytes`."""
    return capture_bytes


@pytest.fixture(scope="session")
def capture_file(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Writes a capture (as bytes, or from the arguments of `capture_bytes`); gives its path.

    For a whole session, so that properties may use it: a fixture of one test would be the
    same for all examples.
    """
    folder = tmp_path_factory.mktemp("captures")
    numbers = count()

    def write(content: object = (), **fields: Any) -> Path:
        path = folder / f"{next(numbers):06d}.ssetape"
        path.write_bytes(
            content if isinstance(content, bytes) else capture_bytes(content, **fields)
        )
        return path

    return write


@pytest.fixture(scope="session")
def capture(capture_file: Callable[..., Path]) -> Callable[..., Any]:
    """Gives a capture as an object; the arguments are those of `capture_file`."""

    def opened(content: object = (), **fields: Any) -> Any:
        return ssetape.open(capture_file(content, **fields))

    return opened


@dataclass
class Answer:
    """A response as it came from the wire.

    Attributes:
        chunks: the body as HTTP chunked it; in one piece where it did not.
        times_s: when each chunk was there, in seconds since the request was sent.
        complete: whether it ended as HTTP says a complete one does.
    """

    status_line: str
    headers: list[tuple[str, str]]
    head_s: float = 0.0
    chunks: list[bytes] = field(default_factory=list)
    times_s: list[float] = field(default_factory=list)
    trailers: list[tuple[str, str]] = field(default_factory=list)
    complete: bool = False

    @property
    def status(self) -> int:
        return int(self.status_line.split()[1])

    @property
    def body(self) -> bytes:
        return b"".join(self.chunks)

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name), None)


class Client:
    """A client of a socket and little else: it sees what libraries smooth over."""

    def __init__(self, url: str, *, receive_buffer_bytes: int | None = None) -> None:
        address = urlsplit(url)
        self.sock = socket.socket()
        if receive_buffer_bytes is not None:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
        self.sock.settimeout(30)  # for what should never happen; no test waits for it
        self.sock.connect((address.hostname, address.port))
        self.sent_s = time.monotonic()
        self.was_reset = False
        self._unread = b""

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.sock.close()

    def send(self, data: bytes) -> None:
        self.sent_s = time.monotonic()
        self.sock.sendall(data)

    def ask(
        self,
        target: str = "/stream",
        *,
        method: str = "GET",
        version: str = "1.1",
        headers: Iterable[str] = (),
        body: bytes = b"",
    ) -> "Answer":
        """Send a request and read its answer."""
        lines = [f"{method} {target} HTTP/{version}", "Host: origin.test", *headers]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join([*lines, "", ""]).encode() + body)
        return self.read(has_body=method != "HEAD")

    def read(self, *, has_body: bool = True) -> "Answer":
        """Read one response, up to its end or to where it was cut."""
        status_line, *lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")[:-2]
        answer = Answer(status_line, [_pair(line) for line in lines])
        answer.head_s = time.monotonic() - self.sent_s
        length = answer.header("content-length")
        if not has_body or answer.status in (204, 304) or answer.status < 200:
            answer.complete = True
        elif answer.header("transfer-encoding") == "chunked":
            self._read_chunks(answer)
        else:
            body = self._exactly(int(length)) if length else self._exactly(sys.maxsize)
            answer.chunks.append(body)
            answer.complete = len(body) == int(length) if length else not self.was_reset
        return answer

    def at_end(self) -> bool:
        """Whether the server has closed (or reset) the connection, with nothing more to read."""
        return self._exactly(1) == b""

    def _read_chunks(self, answer: "Answer") -> None:
        while size_line := self._until(b"\r\n"):
            if int(size_line, 16) == 0:
                while (line := self._until(b"\r\n")) not in (b"\r\n", b""):
                    answer.trailers.append(_pair(line.decode("latin-1").removesuffix("\r\n")))
                answer.complete = line == b"\r\n"
                return
            data = self._exactly(int(size_line, 16) + 2)
            answer.chunks.append(data.removesuffix(b"\r\n"))
            answer.times_s.append(time.monotonic() - self.sent_s)

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._unread and self._receive():
            pass
        data, found, rest = self._unread.partition(mark)
        self._unread = rest
        return data + found

    def _exactly(self, size: int) -> bytes:
        parts = [self._unread]
        size -= len(self._unread)
        self._unread = b""
        while size > 0 and (data := self._receive()):
            parts.append(self._unread)
            size -= data
            self._unread = b""
        whole = b"".join(parts)
        if size < 0:
            whole, self._unread = whole[:size], whole[size:]
        return whole

    def _receive(self) -> int:
        try:
            data = self.sock.recv(1 << 16)
        except ConnectionResetError:
            self.was_reset = True
            return 0
        self._unread += data
        return len(data)


def _pair(line: str) -> tuple[str, str]:
    name, _, value = line.partition(": ")
    return name, value


@pytest.fixture(scope="session")
def client() -> type[Client]:
    """The class of clients: `with client(url) as c: answer = c.ask("/stream")`."""
    return Client


class FakeTimer:
    """A timer whose time passes only when it is told to: no test waits."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Any]] = []
        self._count = count()
        self.now_ns = 0

    def schedule(self, deadline_ns: int, player: Any) -> None:
        heapq.heappush(self._heap, (deadline_ns, next(self._count), player))

    def turn_ns(self) -> int:
        return time.monotonic_ns()

    def run(self, until_ns: float = math.inf) -> None:
        """Play all that is due up to `until_ns`."""
        while self._heap and self._heap[0][0] <= until_ns:
            deadline_ns, _, player = heapq.heappop(self._heap)
            self.now_ns = max(self.now_ns, deadline_ns)
            next_ns = player.play(self.now_ns)
            if next_ns is not None:
                self.schedule(next_ns, player)

    def close(self) -> None:
        self._heap.clear()


class FakeTransport(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.closed = False
        self.reading = True
        self.buffer_limit: int | None = None
        self.sock: Any = None

    @property
    def written(self) -> bytes:
        return b"".join(self.writes)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.closed
        self.writes.append(bytes(data))

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        if name == "socket":
            return self.sock or SimpleNamespace(fileno=lambda: -1)
        return default

    def get_write_buffer_size(self) -> int:
        return 1  # so that nobody writes past this object

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self.buffer_limit = high


@pytest.fixture
def fake_timer() -> FakeTimer:
    return FakeTimer()


@pytest.fixture
def fake_transport() -> FakeTransport:
    return FakeTransport()


@pytest.fixture
def fake_browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Gives a browser that needs no display and no Chromium: `fake_browser.py` has how it behaves.

    It logs its flags and the commands that it gets in "log" in the test's folder.
    """

    def make(how: str = "") -> Path:
        monkeypatch.setenv("FAKE_BROWSER", how)
        monkeypatch.setenv("FAKE_LOG", str(tmp_path / "log"))
        path = tmp_path / "fake-browser"
        script = Path(__file__).with_name("fake_browser.py")
        path.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n')
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    return make
