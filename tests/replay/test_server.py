import asyncio
import gc
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from proxies import server_context

from ssetape.errors import ReplayError
from ssetape.replay.pacing import Pace
from ssetape.replay.running import running as serving_running
from ssetape.replay.running import serving
from ssetape.replay.server import ReplayServer
from ssetape.replay.tally import LATE_BOUNDS_NS
from ssetape.replay.wire import tls

Make = Callable[..., Any]

INSTANT = Pace(instant=True)
CHUNKS = [(0.0, b"data: a\n\nda"), (0.1, b"ta: \xc3"), (0.2, b"\xa9\n\n"), (0.3, b"\0\r\n")]
BODY = b"".join(data for _, data in CHUNKS)
LENGTH = ("content-length", str(len(BODY)))


@contextmanager
def running(server: ReplayServer, port: int = 0) -> Iterator[str]:
    """A server of our own making in a thread, for what `serving` has no argument for."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield asyncio.run_coroutine_threadsafe(server.start(port=port), loop).result(30)
    finally:
        asyncio.run_coroutine_threadsafe(server.close(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()


# --- bytes and boundaries --------------------------------------------------------------------


def test_bytes_and_boundaries_are_those_recorded(capture: Make, client: Any) -> None:
    headers = [("Content-Type", "text/event-stream"), ("X-A", "1"), ("x-a", "\xff")]
    with (
        serving([capture(CHUNKS, headers=headers, trailers=[("T", "1")])], INSTANT) as url,
        client(url) as c,
    ):
        answer = c.ask()
    assert answer.status_line == "HTTP/1.1 200 OK"
    assert answer.headers == [*headers, ("transfer-encoding", "chunked")]
    assert answer.chunks == [data for _, data in CHUNKS]
    assert answer.trailers == [("T", "1")]
    assert answer.complete


@settings(max_examples=40)
@given(
    bodies=st.lists(st.lists(st.binary(min_size=1, max_size=200), max_size=80), max_size=3),
    with_length=st.booleans(),
)
def test_any_bytes_cut_anywhere_are_replayed_as_recorded(
    bodies: list[list[bytes]], with_length: bool, capture: Make, client: Any
) -> None:
    captures = []
    for number, parts in enumerate(bodies):
        headers = [("content-length", str(sum(map(len, parts))))] if with_length else []
        chunks = [(index / 10, part) for index, part in enumerate(parts)]
        captures.append(capture(chunks, url=f"http://origin.test/{number}", headers=headers))
    if not captures:
        return
    with serving(captures, INSTANT) as url, client(url) as c:
        for number, parts in enumerate(bodies):
            answer = c.ask(f"/{number}")
            assert answer.complete
            assert answer.body == b"".join(parts)
            if not with_length:
                assert answer.chunks == parts


def test_more_chunks_than_are_sent_in_one_go_come_in_order(capture: Make, client: Any) -> None:
    chunks = [(0.0, b"%d\n" % number) for number in range(1_000)]
    with serving([capture(chunks)]) as url, client(url) as c:
        assert c.ask().chunks == [data for _, data in chunks]


def test_a_large_body_comes_whole(capture: Make, client: Any) -> None:
    chunks = [(0.0, bytes([number]) * 500_000) for number in range(8)]
    with serving([capture(chunks)], INSTANT) as url, client(url) as c:
        answer = c.ask()
    assert answer.complete
    assert answer.chunks == [data for _, data in chunks]


def test_a_usual_client_reads_it(capture: Make) -> None:
    with serving([capture(CHUNKS)], INSTANT) as url, httpx.Client(trust_env=False) as usual:
        for _ in range(2):
            response = usual.get(f"{url}/stream")
            assert response.status_code == 200
            assert response.content == BODY


# --- how it ends -----------------------------------------------------------------------------

CUTS = pytest.mark.parametrize("end", ["server_closed", "client_closed", "error", None])


@CUTS
def test_what_was_cut_lacks_its_final_chunk(capture: Make, client: Any, end: str | None) -> None:
    with serving([capture(CHUNKS, end=end)], INSTANT) as url, client(url) as c:
        answer = c.ask()
        assert answer.chunks == [data for _, data in CHUNKS]
        assert not answer.complete
        assert c.at_end()


@CUTS
def test_what_was_cut_is_short_of_its_length(capture: Make, client: Any, end: str | None) -> None:
    headers = [("content-length", str(len(BODY) + 5))]
    with serving([capture(CHUNKS, headers=headers, end=end)], INSTANT) as url, client(url) as c:
        answer = c.ask()
        assert answer.body == BODY
        assert not answer.complete
        assert c.at_end()


@CUTS
def test_what_was_cut_is_reset_for_a_client_that_knows_no_chunks(
    capture: Make, client: Any, end: str | None
) -> None:
    with serving([capture(CHUNKS, end=end)], INSTANT) as url, client(url) as c:
        answer = c.ask(version="1.0")
        assert answer.body == BODY
        assert c.was_reset
        assert not answer.complete


def test_a_complete_body_ends_well_for_a_client_that_knows_no_chunks(
    capture: Make, client: Any
) -> None:
    with serving([capture(CHUNKS)], INSTANT) as url, client(url) as c:
        answer = c.ask(version="1.0")
        assert answer.header("transfer-encoding") is None
        assert answer.body == BODY
        assert answer.complete


def test_a_usual_client_notices_a_cut(capture: Make) -> None:
    with (
        serving([capture(CHUNKS, end="error")], INSTANT) as url,
        httpx.Client(trust_env=False) as usual,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        usual.get(f"{url}/stream")


def test_a_cut_comes_at_its_moment(capture: Make, client: Any) -> None:
    with serving([capture([(0.0, b"a")], end="error", end_s=0.2)]) as url, client(url) as c:
        answer = c.ask()
        assert not answer.complete
        assert time.monotonic() - c.sent_s >= 0.2


# --- moments ---------------------------------------------------------------------------------


def check_moments(answer: Any, due_s: list[float]) -> None:
    """Never early. How late is the machine's affair, up to what no machine should need."""
    for found_s, expected_s in zip(answer.times_s, due_s, strict=True):
        assert expected_s <= found_s < expected_s + 5
    assert answer.times_s == sorted(answer.times_s)


@pytest.mark.parametrize(
    ("pace", "due_s"),
    [
        (Pace(), [0.1, 0.2, 0.4]),
        (Pace(speed=2.0), [0.05, 0.1, 0.2]),
        (Pace(speed=0.5), [0.2, 0.4, 0.8]),
        (Pace(max_gap_s=0.05), [0.05, 0.1, 0.15]),
        (Pace(speed=0.5, max_gap_s=0.15), [0.2, 0.4, 0.7]),
    ],
)
def test_no_chunk_comes_before_its_moment(
    capture: Make, client: Any, pace: Pace, due_s: list[float]
) -> None:
    chunks = [(0.1, b"a"), (0.2, b"b"), (0.4, b"c")]
    with serving([capture(chunks)], pace) as url, client(url) as c:
        check_moments(c.ask(), due_s)


def test_the_head_waits_for_its_moment_too(capture: Make, client: Any) -> None:
    with serving([capture([(0.2, b"a")], head_s=0.2)]) as url, client(url) as c:
        assert c.ask().head_s >= 0.2


def test_the_end_waits_for_its_moment_too(capture: Make, client: Any) -> None:
    with serving([capture([(0.0, b"a")], end_s=0.2)]) as url, client(url) as c:
        assert c.ask().complete
        assert time.monotonic() - c.sent_s >= 0.2


def test_instant_waits_for_nothing(capture: Make, client: Any) -> None:
    hours = [(3600.0 * number, b"x") for number in range(5)]
    with serving([capture(hours, head_s=600, end_s=1e6)], INSTANT) as url, client(url) as c:
        answer = c.ask()
    assert answer.chunks == [b"x"] * 5
    assert answer.complete


def test_each_client_has_its_own_time(capture: Make, client: Any) -> None:
    chunks = [(number / 20, b"%d" % number) for number in range(8)]

    def ask(delay_s: float) -> Any:
        time.sleep(delay_s)
        with client(url) as c:
            return c.ask()

    with serving([capture(chunks)]) as url, ThreadPoolExecutor(10) as pool:
        for answer in pool.map(ask, [number / 50 for number in range(10)]):
            assert answer.chunks == [data for _, data in chunks]
            check_moments(answer, [t_s for t_s, _ in chunks])


# --- slow readers ----------------------------------------------------------------------------


def test_a_slow_reader_holds_back_itself_alone_and_takes_no_memory(
    capture: Make, client: Any
) -> None:
    # Larger than what is kept in memory, so that all there is would be what waits to be sent.
    large = capture([(0.0, b"x" * 100_000)] * 300, url="http://origin.test/large")
    timed = capture([(number / 20, b"y") for number in range(6)])
    with (
        serving([large, timed]) as url,
        client(url, receive_buffer_bytes=4096) as slow,
        client(url) as other,
    ):
        tracemalloc.start()
        try:
            slow.send(b"GET /large HTTP/1.1\r\nHost: origin.test\r\n\r\n")
            answer = other.ask()
            peak_bytes = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        check_moments(answer, [number / 20 for number in range(6)])
        assert answer.complete
        assert peak_bytes < 5_000_000  # of 30 MB
        caught_up = slow.read()
        assert caught_up.complete
        assert caught_up.chunks == [b"x" * 100_000] * 300


def test_a_slow_reader_that_asks_ahead_takes_no_memory_either(capture: Make, client: Any) -> None:
    size, requests = 1_000_000, 60
    with (
        serving([capture([(0.0, b"x" * size)])], INSTANT) as url,
        client(url, receive_buffer_bytes=4096) as slow,
        client(url) as other,
    ):
        other.ask()
        tracemalloc.start()
        try:
            slow.send(b"GET /stream HTTP/1.1\r\nHost: origin.test\r\n\r\n" * requests)
            # Others' answers pass the time in which all could be taken in.
            for _ in range(3 * requests):
                other.ask("/miss")
            peak_bytes = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak_bytes < size * requests / 2
        for _ in range(requests):
            answer = slow.read()
            assert answer.complete
            assert len(answer.body) == size


# --- requests after requests -----------------------------------------------------------------


@pytest.mark.parametrize("headers", [[], [LENGTH]])
def test_a_connection_serves_one_request_after_another(
    capture: Make, client: Any, headers: list[tuple[str, str]]
) -> None:
    with serving([capture(CHUNKS, headers=headers)], INSTANT) as url, client(url) as c:
        for _ in range(3):
            answer = c.ask()
            assert answer.complete
            assert answer.body == BODY


def test_requests_sent_ahead_are_answered_in_order(capture: Make, client: Any) -> None:
    captures = [capture([(0.0, b"%d" % n)], url=f"http://origin.test/{n}") for n in range(50)]
    with serving(captures) as url, client(url) as c:
        c.send(b"".join(b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % n for n in range(50)))
        for number in range(50):
            assert c.read().chunks == [b"%d" % number]


def test_a_request_sent_in_single_bytes_is_answered(capture: Make, client: Any) -> None:
    with serving([capture(CHUNKS, method="POST", body=b"ab")], INSTANT) as url, client(url) as c:
        c.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        request = b"POST /stream HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab"
        for start in range(len(request)):
            c.send(request[start : start + 1])
        assert c.read().complete


def test_a_client_that_expects_100_is_told_to_go_on(capture: Make, client: Any) -> None:
    with serving([capture(CHUNKS, method="POST", body=b"ab")], INSTANT) as url, client(url) as c:
        c.send(
            b"POST /stream HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
        )
        assert c.read().status == 100
        c.send(b"ab")
        assert c.read().body == BODY


def test_a_client_that_asks_for_it_is_left_afterwards(capture: Make, client: Any) -> None:
    with serving([capture(CHUNKS)], INSTANT) as url, client(url) as c:
        answer = c.ask(headers=["Connection: close"])
        assert answer.complete
        assert answer.header("connection") == "close"
        assert c.at_end()


def test_repeated_requests_take_captures_in_recorded_order(capture: Make, client: Any) -> None:
    captures = [
        capture([(0.0, b"%d" % n)], started=f"2026-11-23T09:30:0{n}.000000Z") for n in range(3)
    ]
    with serving(reversed(captures)) as url:
        bodies = []
        for _ in range(4):
            with client(url) as c:
                bodies.append(c.ask().body)
    assert bodies == [b"0", b"1", b"2", b"0"]


# --- what cannot be --------------------------------------------------------------------------


def test_a_busy_port_is_told(capture: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        server = ReplayServer([capture(CHUNKS)])
        with pytest.raises(ReplayError) as raised:
            asyncio.run(server.start(port=port))
    assert f"cannot listen on 127.0.0.1:{port}: " in str(raised.value)
    assert "port 0 picks a free one" in str(raised.value)


@pytest.mark.parametrize("port", [-1, 70_000])
def test_a_port_that_is_none_is_told(capture: Make, port: int) -> None:
    with pytest.raises(ReplayError, match=f"cannot listen on 127.0.0.1:{port}"):
        asyncio.run(ReplayServer([capture(CHUNKS)]).start(port=port))


def test_nothing_to_replay_is_told_with_the_reasons(capture: Make) -> None:
    with pytest.raises(ReplayError, match=r"^nothing to replay$"):
        ReplayServer([])
    headless = capture(status=None)
    with pytest.raises(ReplayError) as raised:
        ReplayServer([headless])
    assert str(raised.value) == (
        f"nothing to replay; {headless.path}: cannot replay it: it has no response head"
    )


def test_one_that_cannot_be_replayed_does_not_stop_the_others(capture: Make, client: Any) -> None:
    headless = capture(status=None)
    server = ReplayServer([headless, capture(CHUNKS)], INSTANT)
    assert len(server.shelf.unusable) == 1
    with running(server) as url, client(url) as c:
        assert c.ask().body == BODY


# A capture is a file from anywhere. One of a strange time must not stop the timer of all.
@pytest.mark.parametrize("t_s", [1e300, 1e20, 1e10, -1e300])
def test_a_strange_time_in_one_capture_leaves_the_others_alone(
    capture: Make, client: Any, t_s: float
) -> None:
    strange = capture([(t_s, b"x")], url="http://origin.test/strange", end=None)
    good = capture([(0.05, b"a"), (0.1, b"b")])
    with serving([strange, good]) as url, client(url) as c, client(url) as other:
        c.send(b"GET /strange HTTP/1.1\r\nHost: x\r\n\r\n")
        for _ in range(2):
            other.sock.settimeout(5)
            assert other.ask().chunks == [b"a", b"b"]


@pytest.mark.parametrize("t_s", [1e300, 1e20])
def test_a_strange_time_of_a_head_leaves_the_others_alone(
    capture: Make, client: Any, t_s: float
) -> None:
    strange = capture([], url="http://origin.test/strange", head_s=t_s)
    good = capture([(0.05, b"a"), (0.1, b"b")])
    with serving([strange, good]) as url, client(url) as c, client(url) as other:
        c.send(b"GET /strange HTTP/1.1\r\nHost: x\r\n\r\n")
        for _ in range(2):
            other.sock.settimeout(5)
            assert other.ask().chunks == [b"a", b"b"]


# --- starting and stopping -------------------------------------------------------------------


def refuses(url: str) -> bool:
    try:
        socket.create_connection((httpx.URL(url).host, httpx.URL(url).port), timeout=5).close()
    except OSError:
        return True
    return False


def test_a_server_is_gone_after_its_block(capture: Make, client: Any) -> None:
    before = threading.active_count()
    with serving([capture(CHUNKS)], INSTANT) as url, client(url) as c:
        assert c.ask().complete
    assert refuses(url)
    assert threading.active_count() == before


def test_a_server_is_gone_after_a_block_that_failed(capture: Make) -> None:
    before = threading.active_count()
    with pytest.raises(ZeroDivisionError), serving([capture(CHUNKS)]) as url:
        _ = 1 / 0
    assert refuses(url)
    assert threading.active_count() == before


def test_closing_cuts_what_is_being_streamed(capture: Make, client: Any) -> None:
    with serving([capture([(0.0, b"a"), (3600.0, b"b")])]) as url:
        c = client(url)
        c.send(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
        while b"1\r\na\r\n" not in c.sock.recv(1000, socket.MSG_PEEK):
            pass
    with c:
        answer = c.read()
    assert answer.chunks == [b"a"]
    assert not answer.complete


def test_closing_what_never_started_or_is_closed_is_nothing(capture: Make) -> None:
    async def close_twice() -> None:
        server = ReplayServer([capture(CHUNKS)])
        await server.close()
        await server.start()
        await server.close()
        await server.close()

    asyncio.run(close_twice())


def test_every_request_is_logged_in_a_line(capture: Make, client: Any) -> None:
    lines: list[str] = []
    opened = capture(CHUNKS)
    with running(ReplayServer([opened], INSTANT, lines.append)) as url, client(url) as c:
        c.ask()
        c.ask("/stream?a=1")
        c.ask("/other")
    assert lines[0] == f"GET /stream <- {opened.path}"
    assert lines[1] == f"GET /stream?a=1 <- {opened.path} (query: asked 'a=1', captured '')"
    assert lines[2].startswith("GET /other <- MISS: no capture answers GET /other")
    assert len(lines) == 3


def test_an_ipv6_address_is_given_as_a_url(capture: Make) -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")

    async def address() -> str:
        server = ReplayServer([capture(CHUNKS)])
        try:
            return await server.start("::1")
        finally:
            await server.close()

    try:
        url = asyncio.run(address())
    except ReplayError:
        pytest.skip("no IPv6 here")
    assert url.startswith("http://[::1]:")


def test_many_clients_at_once_are_all_served(capture: Make, client: Any) -> None:
    with serving([capture(CHUNKS)], INSTANT) as url:
        clients = [client(url) for _ in range(100)]
        try:
            for c in clients:
                c.send(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
            assert all(c.read().complete for c in clients)
        finally:
            for c in clients:
                c.sock.close()


def test_a_client_amid_its_handshake_is_cut_too(capture: Make, tmp_path: Path) -> None:
    server_context(tmp_path)
    server = ReplayServer([capture(CHUNKS)], tls=tls.context(tmp_path / "server.pem"))
    with running(server):
        sock = socket.create_connection(("127.0.0.1", server.port), 60)
        time.sleep(0.1)  # it is accepted
    with sock, suppress(ConnectionResetError):
        assert sock.recv(1) == b""
    gc.collect()  # a transport that was left open would be told of here


def test_sockets_that_listen_already_are_served(capture: Make) -> None:
    server = ReplayServer([capture(CHUNKS)], INSTANT)

    async def served() -> tuple[str, bytes]:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            listening.setblocking(False)
            url = await server.start(listening=[listening.dup()])
            reader, writer = await asyncio.open_connection(*listening.getsockname())
            writer.write(b"GET /stream HTTP/1.0\r\n\r\n")
            body = (await reader.read()).partition(b"\r\n\r\n")[2]
            writer.close()
            await server.close()
            assert url == f"http://127.0.0.1:{listening.getsockname()[1]}"
            return url, body

    url, body = asyncio.run(served())
    assert body == BODY
    assert server.port == int(url.rpartition(":")[2])


# --- metrics ---------------------------------------------------------------------------------


def metrics(url: str) -> dict[str, float]:
    """The values of the metrics, by name with labels."""
    text = httpx.get(f"{url}/_ssetape/metrics").raise_for_status().text
    lines = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


@pytest.mark.parametrize("http2", [False, True])
def test_streams_are_counted_over_every_protocol(capture: Make, http2: bool) -> None:
    whole = capture(CHUNKS, url="http://origin.test/whole")
    cut = capture(CHUNKS, url="http://origin.test/cut", end="upstream_cut")
    with serving([whole, cut]) as url, httpx.Client(http1=not http2, http2=http2) as c:
        assert c.get(f"{url}/whole").content == BODY
        with pytest.raises(httpx.RemoteProtocolError):
            c.get(f"{url}/cut")
        assert c.get(f"{url}/none").status_code == 404
        found = metrics(url)
    assert found["ssetape_streams_begun_total"] == 2
    assert found["ssetape_streams_open"] == 0
    assert found['ssetape_streams_ended_total{outcome="complete"}'] == 1
    assert found['ssetape_streams_ended_total{outcome="cut"}'] == 1
    assert found['ssetape_said_total{status="404"}'] == 1
    assert found["ssetape_chunks_total"] == 2 * len(CHUNKS)
    assert found["ssetape_sent_bytes_total"] >= 2 * len(BODY)
    # The later chunks, and the end or the cut; the head and the first are due with the request.
    assert found["ssetape_lateness_seconds_count"] == 2 * len(CHUNKS)


def test_an_instant_replay_is_never_late(capture: Make) -> None:
    with serving([capture(CHUNKS)], INSTANT) as url:
        assert httpx.get(f"{url}/stream").content == BODY
        found = metrics(url)
    assert found["ssetape_chunks_total"] == len(CHUNKS)
    assert found["ssetape_lateness_seconds_count"] == 0


def test_what_is_late_is_told_in_the_log(capture: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    server = ReplayServer([capture(CHUNKS)], log=lines.append)
    server.meter.note_late(6_000_000)
    with running(server):
        while not lines:
            time.sleep(0.01)
    assert lines[0].startswith("late: 1 of the last 1 chunks")


def test_a_server_that_is_held_up_knows_that_it_is_late(capture: Make) -> None:
    chunks = [(index / 1000, b"x") for index in range(200)]
    with serving_running([capture(chunks)]) as server, httpx.stream("GET", f"{server.url}/stream"):
        while server.tally().chunks == 0:
            time.sleep(0.001)
        server._call(lambda: time.sleep(0.03))  # in the loop, as a program with too much to do
        late = server.tally().late
    # Whatever became due in the first 5 ms of it.
    assert sum(late[LATE_BOUNDS_NS.index(10_000_000) + 1 :]) > 0
