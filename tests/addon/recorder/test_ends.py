import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from h2.errors import ErrorCodes
from h2.events import StreamReset
from http2_peers import Http2Client, Http2Exchange, Http2Origin
from mitmproxy import http
from mitmproxy.options import Options
from proxies import (
    EVENT_STREAM,
    RECORD,
    TIMEOUT_S,
    Client,
    Cut,
    Exchange,
    Mitmdump,
    Origin,
    captures,
    ended_capture,
    in_process,
    wait_until,
)

from ssetape.addon.record import SsetapeRecord
from ssetape.addon.recorder import ends
from ssetape.capture import Capture

FIRST = b"data: one\n\n"
SECOND = b"data: two\n\n"


def assert_ended(capture: Capture, reason: str, *chunks: bytes, guessed: bool = False) -> None:
    assert [chunk.data for chunk in capture.chunks()] == list(chunks)
    assert not capture.problems
    end = list(capture.records())[-1]
    assert end[1] == "end"
    assert (end[2]["reason"], end[2].get("guessed", False)) == (reason, guessed)
    assert (end[2]["chunks"], end[2]["bytes"]) == (len(chunks), len(b"".join(chunks)))


# The server leaves


def cut(exchange: Exchange) -> None:
    exchange.chunk(SECOND)


def cut_in_a_chunk(exchange: Exchange) -> None:
    exchange.send(b"40\r\n" + SECOND)


def reset_after_reading(exchange: Exchange) -> None:
    exchange.chunk(SECOND)
    time.sleep(0.1)  # a reset takes what the proxy has not read yet with it
    exchange.reset()


@pytest.mark.parametrize("leave", [cut, cut_in_a_chunk, reset_after_reading])
def test_a_server_that_goes_before_the_end_has_cut_the_stream(
    leave: Callable[[Exchange], None], mitmdump: Mitmdump, origin: Origin
) -> None:
    def handler(exchange: Exchange) -> None:
        exchange.head()
        exchange.chunk(FIRST)
        leave(exchange)

    url = origin.serve(handler)
    with Client(mitmdump.port, url) as client:
        client.head()
        wire = client.read_to_the_end()
    assert b"".join(unchunked(wire)) == FIRST + SECOND
    assert_ended(mitmdump.capture(url), "upstream_cut", FIRST, SECOND)


def test_a_body_that_is_shorter_than_its_length_was_cut(mitmdump: Mitmdump, origin: Origin) -> None:
    def handler(exchange: Exchange) -> None:
        exchange.head(EVENT_STREAM, "Content-Length: 100", chunked=False)
        exchange.send(FIRST)

    url = origin.serve(handler)
    with Client(mitmdump.port, url) as client:
        client.head()
        assert client.read() == FIRST
    assert_ended(mitmdump.capture(url), "upstream_cut", FIRST)


def test_a_server_that_cuts_a_tls_stream_is_named_too(
    mitmdump: Mitmdump, tls_origin: Origin
) -> None:
    def handler(exchange: Exchange) -> None:
        exchange.head()
        exchange.chunk(FIRST)

    url = tls_origin.serve(handler)
    with Client(mitmdump.port, url) as client:
        client.head()
        with pytest.raises(Cut):
            list(client.chunks())
    assert_ended(mitmdump.capture(url), "upstream_cut", FIRST)


def test_an_http2_server_that_resets_the_stream_is_named_with_a_doubt(
    mitmdump: Mitmdump, http2_origin: Http2Origin
) -> None:
    seen = threading.Event()

    def handler(exchange: Http2Exchange) -> None:
        exchange.head()
        exchange.data(FIRST)
        assert seen.wait(TIMEOUT_S)
        exchange.reset(ErrorCodes.INTERNAL_ERROR)

    url = http2_origin.serve(handler)
    with Http2Client(mitmdump.port, http2_origin.authority) as client:
        client.get(url)
        assert client.data() == FIRST
        seen.set()
        client.event(StreamReset)
    # mitmproxy's words are the same whoever resets: both sides speak HTTP/2 here.
    assert_ended(mitmdump.capture(url), "upstream_reset", FIRST, guessed=True)


@pytest.mark.parametrize("leave", [Http2Exchange.go_away, Http2Exchange.close])
def test_an_http2_server_that_goes_has_cut_the_stream(
    leave: Callable[[Http2Exchange], None], mitmdump: Mitmdump, http2_origin: Http2Origin
) -> None:
    seen = threading.Event()

    def handler(exchange: Http2Exchange) -> None:
        exchange.head()
        exchange.data(FIRST)
        assert seen.wait(TIMEOUT_S)
        leave(exchange)

    url = http2_origin.serve(handler)
    with Http2Client(mitmdump.port, http2_origin.authority) as client:
        client.get(url)
        assert client.data() == FIRST
        seen.set()
        capture = mitmdump.capture(url)
    assert_ended(capture, "upstream_cut", FIRST)


# The client leaves


def holding(left: threading.Event) -> Callable[[Exchange], None]:
    """Streams one chunk, and notes when the other side leaves."""

    def handler(exchange: Exchange) -> None:
        exchange.head()
        exchange.chunk(FIRST)
        try:
            exchange.wait_for_the_other_side_to_leave()
        finally:
            left.set()

    return handler


@pytest.mark.parametrize("leave", [Client.close, Client.reset])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_client_that_goes_ends_the_stream_and_frees_the_server(
    leave: Callable[[Client], None],
    scheme: str,
    mitmdump: Mitmdump,
    origin: Origin,
    tls_origin: Origin,
) -> None:
    left = threading.Event()
    url = (origin if scheme == "http" else tls_origin).serve(holding(left))
    client = Client(mitmdump.port, url)
    client.head()
    assert client.chunk() == FIRST
    leave(client)
    assert_ended(mitmdump.capture(url), "client_closed", FIRST)
    assert left.wait(TIMEOUT_S)


def test_a_client_that_resets_its_http2_stream_is_named_with_a_doubt(
    mitmdump: Mitmdump, http2_origin: Http2Origin
) -> None:
    exchanges: list[Http2Exchange] = []

    def handler(exchange: Http2Exchange) -> None:
        exchanges.append(exchange)
        exchange.head()
        exchange.data(FIRST)

    url = http2_origin.serve(handler)
    with Http2Client(mitmdump.port, http2_origin.authority) as client:
        stream_id = client.get(url)
        assert client.data() == FIRST
        client.reset(stream_id, ErrorCodes.CANCEL)
        assert_ended(mitmdump.capture(url), "client_reset", FIRST, guessed=True)
        assert exchanges[0].was_reset.wait(TIMEOUT_S)
        # The connection is as good as before.
        client.get(url)
        assert client.data() == FIRST


def test_an_http2_client_that_goes_ends_the_stream(
    mitmdump: Mitmdump, http2_origin: Http2Origin
) -> None:
    def handler(exchange: Http2Exchange) -> None:
        exchange.head()
        exchange.data(FIRST)

    url = http2_origin.serve(handler)
    client = Http2Client(mitmdump.port, http2_origin.authority)
    client.get(url)
    assert client.data() == FIRST
    client.close()
    assert_ended(mitmdump.capture(url), "client_closed", FIRST)


def test_where_only_the_client_speaks_http2_there_is_no_doubt_who_reset_or_cut(
    confdir: Path, tls_origin: Origin, tmp_path: Path
) -> None:
    left = threading.Event()

    def going(exchange: Exchange) -> None:
        exchange.head()
        exchange.chunk(FIRST)

    held, gone = tls_origin.serve(holding(left)), tls_origin.serve(going)
    authority = tls_origin.url.partition("://")[2]
    # The connection to the server is made later, so the client may have what it likes.
    with in_process(
        confdir, SsetapeRecord(), tape_dir=str(tmp_path), connection_strategy="lazy"
    ) as port:
        with Http2Client(port, authority) as client:
            stream_id = client.get(held)
            assert client.data() == FIRST
            client.reset(stream_id, ErrorCodes.CANCEL)
            assert_ended(ended_capture(tmp_path, held), "client_reset", FIRST)
            assert left.wait(TIMEOUT_S)
        with Http2Client(port, authority) as client:
            client.get(gone)
            assert client.data() == FIRST
            assert_ended(ended_capture(tmp_path, gone), "upstream_cut", FIRST)


def test_a_client_that_leaves_before_the_head_leaves_no_capture(
    confdir: Path, origin: Origin, tmp_path: Path
) -> None:
    asked, left = threading.Event(), threading.Event()

    def handler(exchange: Exchange) -> None:
        asked.set()
        exchange.wait_for_the_other_side_to_leave()
        left.set()

    recorder = SsetapeRecord()
    with in_process(confdir, recorder, tape_dir=str(tmp_path)) as port:
        with Client(port, origin.serve(handler)):
            assert asked.wait(TIMEOUT_S)
        assert left.wait(TIMEOUT_S)
        wait_until(lambda: len(recorder._moments) == 0, "the flow to be forgotten")
    assert not list(tmp_path.iterdir())


# The proxy ends it


@pytest.mark.skipif(
    "tcp_timeout" not in Options(), reason="this mitmproxy has no option tcp_timeout"
)
def test_silence_that_is_too_long_for_the_proxy_is_named(
    confdir: Path, origin: Origin, tmp_path: Path
) -> None:
    url = origin.serve(holding(threading.Event()))
    with (
        in_process(confdir, SsetapeRecord(), tape_dir=str(tmp_path), tcp_timeout=1) as port,
        Client(port, url) as client,
    ):
        client.head()
        assert client.chunk() == FIRST
        capture = ended_capture(tmp_path, url)
    assert_ended(capture, "idle_timeout", FIRST, guessed=True)
    assert capture.end is not None
    assert capture.end.t_s >= 1


@pytest.mark.parametrize("status", ["100 Continue", "103 Early Hints"])
def test_an_interim_response_that_mitmproxy_takes_for_the_whole_one_is_told(
    status: str, confdir: Path, origin: Origin, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def handler(exchange: Exchange) -> None:
        exchange.send(f"HTTP/1.1 {status}\r\nLink: </style.css>\r\n\r\n".encode())
        exchange.head()
        exchange.chunk(FIRST)
        exchange.end()

    url = origin.serve(handler)
    with (
        in_process(confdir, SsetapeRecord(), tape_dir=str(tmp_path), tape_all=True) as port,
        Client(port, url) as client,
    ):
        assert client.head() == int(status[:3])
        capture = ended_capture(tmp_path, url)
    assert_ended(capture, "proxy_failed")
    assert capture.end is not None
    assert f"takes the interim response {status[:3]} for" in (capture.end.error or "")
    assert f"takes the interim response {status[:3]} for" in caplog.text


class Kills:
    """Another addon, that kills flows."""

    def __init__(self, *, at_the_head: bool) -> None:
        self.at_the_head = at_the_head
        self.flows: list[http.HTTPFlow] = []

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        self.flows.append(flow)
        if self.at_the_head:
            flow.kill()


def test_a_flow_that_is_killed_in_mid_stream_is_recorded_to_its_end(
    confdir: Path, origin: Origin, tmp_path: Path
) -> None:
    killed = threading.Event()

    def handler(exchange: Exchange) -> None:
        exchange.head()
        exchange.chunk(FIRST)
        assert killed.wait(TIMEOUT_S)
        exchange.chunk(SECOND)
        exchange.end()

    url = origin.serve(handler)
    killer = Kills(at_the_head=False)
    with (
        in_process(confdir, SsetapeRecord(), killer, tape_dir=str(tmp_path)) as port,
        Client(port, url) as client,
    ):
        client.head()
        assert client.chunk() == FIRST
        killer.flows[0].kill()
        killed.set()
        # mitmproxy lets a stream run out before it cuts the connection.
        assert client.chunk() == SECOND
        capture = ended_capture(tmp_path, url)
    assert_ended(capture, "killed", FIRST, SECOND)


def test_a_flow_that_is_killed_at_the_head_is_an_empty_capture_that_says_so(
    confdir: Path, origin: Origin, tmp_path: Path
) -> None:
    url = origin.serve(holding(threading.Event()))
    with (
        in_process(
            confdir, SsetapeRecord(), Kills(at_the_head=True), tape_dir=str(tmp_path)
        ) as port,
        Client(port, url) as client,
    ):
        with pytest.raises(Cut):
            client.head()
        assert_ended(ended_capture(tmp_path, url), "killed")


def endless(seed: int) -> Callable[[Exchange], None]:
    """Streams as fast as the other side reads, chunks of all sizes, until it leaves."""

    def handler(exchange: Exchange) -> None:
        numbers = random.Random(seed)
        exchange.head()
        for number in range(1_000_000):
            exchange.chunk(b"data: %d %b\n\n" % (number, b"x" * numbers.choice([5, 50, 3000])))

    return handler


def unchunked(wire: bytes) -> Iterator[bytes]:
    """The body bytes in chunks, those of a torn one too."""
    start = 0
    while (line_end := wire.find(b"\r\n", start)) >= 0:
        size = int(wire[start:line_end], 16)
        yield wire[line_end + 2 : line_end + 2 + size]
        start = line_end + 2 + size + 2


STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@pytest.fixture(scope="module")
def stoppable(
    confdir: Path, mitmdump: Mitmdump, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[signal.Signals, Mitmdump]]:
    """A proxy for each signal; they start side by side."""
    assert mitmdump.port  # so the keys in confdir are made
    proxies = {n: Mitmdump(confdir, tmp_path_factory.mktemp(n.name)) for n in STOPS}
    yield proxies
    for proxy in proxies.values():
        proxy.stop()


@pytest.mark.parametrize("number", STOPS)
def test_a_proxy_that_is_told_to_stop_has_every_byte_the_client_got(
    number: signal.Signals,
    stoppable: dict[signal.Signals, Mitmdump],
    origin: Origin,
    http2_origin: Http2Origin,
) -> None:
    def http2_waiting(exchange: Http2Exchange) -> None:
        exchange.head()
        exchange.data(FIRST)

    proxy = stoppable[number]
    fast, idle = origin.serve(endless(1)), origin.serve(holding(threading.Event()))
    over_http2 = http2_origin.serve(http2_waiting)
    quiet, busy = Client(proxy.port, idle), Client(proxy.port, fast)
    http2 = Http2Client(proxy.port, http2_origin.authority)
    http2.get(over_http2)
    assert http2.data() == FIRST
    quiet.head()
    assert quiet.chunk() == FIRST
    busy.head()
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(busy.read_to_the_end)
        time.sleep(0.3)
        assert proxy.stop(number) == 0
        received = b"".join(unchunked(reading.result()))
    for client in (quiet, busy, http2):
        client.close()
    assert len(received) > 1000
    for url in (fast, idle, over_http2):
        capture = proxy.capture(url)
        assert capture.end is not None
        assert capture.end.reason == "proxy_shutdown"
        assert not capture.problems
    recorded = b"".join(chunk.data for chunk in proxy.capture(fast).chunks())
    assert recorded.startswith(received)
    for url in (idle, over_http2):
        assert_ended(proxy.capture(url), "proxy_shutdown", FIRST)


KILLS = 20

# Starting a mitmdump is mostly its imports: made once, and then forked, each is a process of
# its own that runs mitmdump's own entry.
FORK = """
import os, sys, warnings
warnings.simplefilter("ignore")
from mitmproxy.tools.main import mitmdump
folder, count, *arguments = sys.argv[1:]
for number in range(int(count)):
    pid = os.fork()
    if not pid:
        log = os.open(f"{folder}/{number}.log", os.O_WRONLY | os.O_CREAT)
        os.dup2(log, 1)
        os.dup2(log, 2)
        sys.argv = ["mitmdump", *arguments, "--set", f"tape_dir={folder}/{number}"]
        mitmdump()
        os._exit(0)
    print(pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def forked(confdir: Path, tmp_path: Path) -> Iterator[list[int]]:
    """The process ids of many proxies, that record and log to numbered places in tmp_path."""
    command = [sys.executable, "-c", FORK, str(tmp_path), str(KILLS)]
    command += ["--listen-host", "127.0.0.1", "--listen-port", "0", "-s", str(RECORD)]
    command += ["--set", f"confdir={confdir}", "--set", "flow_detail=0"]
    parent = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pids = [int(parent.stdout.readline()) for _ in range(KILLS)]
    yield pids
    for pid in pids:  # still its own: the parent has not waited for any
        os.kill(pid, signal.SIGKILL)
    parent.communicate()


def port_in(log: Path) -> int:
    def port() -> str:
        text = log.read_text() if log.exists() else ""
        return "".join(re.findall(r"listening at \S*:(\d+)", text)[:1])

    return int(wait_until(port, f"a port in {log}"))


def test_a_proxy_that_is_killed_at_any_moment_has_every_byte_the_client_got(
    forked: list[int], origin: Origin, tmp_path: Path
) -> None:
    delays = random.Random(7)
    moments_s = [delays.uniform(0.0, 0.25) for _ in range(KILLS)]
    urls = [origin.serve(endless(number)) for number in range(KILLS)]

    def run(number: int) -> bytes:
        with Client(port_in(tmp_path / f"{number}.log"), urls[number]) as client:
            client.head()
            first = client.chunk()
            assert first is not None
            killer = threading.Timer(moments_s[number], os.kill, (forked[number], signal.SIGKILL))
            killer.start()
            rest = client.read_to_the_end()
            killer.join()
            return first + b"".join(unchunked(rest))

    with ThreadPoolExecutor(4) as pool:
        bodies = list(pool.map(run, range(KILLS)))
    assert sum(map(len, bodies)) > 10_000 * KILLS
    for number, received in enumerate(bodies):
        (capture,) = captures(tmp_path / str(number))
        recorded = b"".join(chunk.data for chunk in capture.chunks())
        assert recorded.startswith(received), f"proxy {number} lost bytes the client has"
        assert capture.end is None
        assert capture.response is not None


# Names, from what mitmproxy says


def seen(
    message: str,
    *,
    client: bool = True,
    server: bool = True,
    http2: str = "",
    stopping: bool = False,
    crashed: bool = False,
    idle_s: float = 0.1,
    limit_s: float = 600.0,
) -> ends.Circumstances:
    return ends.Circumstances(
        message=message,
        client_connected=client,
        server_connected=server,
        client_multiplexes="client" in http2,
        server_multiplexes="server" in http2,
        shutting_down=stopping,
        idle_s=idle_s,
        idle_limit_s=limit_s,
        has_crashed=crashed,
    )


LEFT = "Client disconnected."


@pytest.mark.parametrize(
    ("circumstances", "expected"),
    [
        (seen(LEFT, client=False), ("client_closed", False)),
        (seen(LEFT, client=False, idle_s=600.0), ("idle_timeout", True)),
        (seen(LEFT, client=False, idle_s=599.9), ("idle_timeout", True)),
        (seen(LEFT, client=False, idle_s=599.0), ("client_closed", False)),
        (seen(LEFT, client=False, idle_s=600.0, limit_s=0), ("client_closed", False)),
        (seen("peer closed connection", client=False), ("client_closed", False)),
        (seen("HTTP/1 protocol error: peer closed", server=False), ("upstream_cut", False)),
        (seen("HTTP/2 connection closed: code", server=False), ("upstream_cut", False)),
        (seen("stream reset by client (CANCEL)", http2="client"), ("client_reset", False)),
        (seen("stream reset by client (CANCEL)", http2="server"), ("upstream_reset", False)),
        (seen("stream reset by client (CANCEL)", http2="client server"), ("client_reset", True)),
        (
            seen("stream reset by client (INTERNAL_ERROR)", http2="client server"),
            ("upstream_reset", True),
        ),
        (
            seen("stream closed by client (H3_REQUEST_CANCELLED)", http2="client server"),
            ("client_reset", True),
        ),
        (seen("Connection killed."), ("killed", False)),
        (seen("HTTP response body size exceeds body_size_limit"), ("limit_reached", False)),
        (seen(LEFT, client=False, stopping=True), ("proxy_shutdown", False)),
        (seen(LEFT, client=False, crashed=True), ("proxy_failed", False)),
        (seen(LEFT, client=False, idle_s=600.0, crashed=True), ("proxy_failed", False)),
        (seen("HTTP/1 protocol error: x", server=False, crashed=True), ("proxy_failed", False)),
        (
            seen("stream reset by client (CANCEL)", http2="client", crashed=True),
            ("proxy_failed", True),
        ),
        (seen("Connection killed.", crashed=True), ("killed", False)),
        (seen(LEFT, client=False, stopping=True, crashed=True), ("proxy_shutdown", False)),
        (seen("something new"), ("unknown", False)),
        (seen(""), ("unknown", False)),
    ],
    ids=lambda value: value.message if isinstance(value, ends.Circumstances) else value[0],
)
def test_what_mitmproxy_says_is_named(
    circumstances: ends.Circumstances, expected: tuple[str, bool]
) -> None:
    assert ends.reason(circumstances) == expected


@pytest.mark.parametrize(
    ("idle_s", "limit_s", "was_idle"),
    [(1.0, 1.0, True), (0.9, 1.0, True), (0.5, 1.0, False), (0.0, 0.0, False), (9.0, 0.0, False)],
)
def test_a_silence_is_compared_with_the_proxy_s_limit(
    idle_s: float, limit_s: float, was_idle: bool
) -> None:
    assert ends.was_idle(idle_s, limit_s) is was_idle


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ({"was_closed": True}, (ends.COMPLETE, False)),
        ({"was_closed": True, "shutting_down": True}, (ends.PROXY_SHUTDOWN, False)),
        ({"by_client": True}, (ends.CLIENT_CLOSED, False)),
        ({"by_client": False}, (ends.UPSTREAM_CUT, False)),
        ({"by_client": True, "idled": True}, (ends.IDLE_TIMEOUT, True)),
        ({"by_client": True, "idled": True, "crashed": True}, (ends.PROXY_FAILED, False)),
        ({"was_closed": True, "crashed": True}, (ends.COMPLETE, False)),
    ],
)
def test_a_websocket_s_end_has_a_name(seen: dict[str, bool], expected: tuple[str, bool]) -> None:
    names = ("was_closed", "by_client", "shutting_down", "idled", "crashed")
    nothing = dict.fromkeys(names, False)
    assert ends.websocket_reason(**{**nothing, **seen}) == expected
