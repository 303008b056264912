import contextlib
import gzip
import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from h2.errors import ErrorCodes
from h2.events import DataReceived, ResponseReceived, StreamEnded, StreamReset
from h2.exceptions import StreamClosedError
from http2_peers import Http2Client, Http2Exchange, Http2Origin
from proxies import Client, Cut, Exchange, Mitmdump, Origin, captures, wait_until

EVENTS = [b"data: %d\n\n" % number for number in range(4)] + [b"data: [DONE]\n\n"]
BODY = b"".join(EVENTS)
# Between events, so that each is a read of its own; nothing is asserted about it.
GAP_S = 0.03


def chunked(exchange: Exchange) -> None:
    exchange.head()
    for data in EVENTS:
        exchange.chunk(data)
        time.sleep(GAP_S)
    exchange.end()


def with_length(exchange: Exchange) -> None:
    exchange.head("Content-Type: text/event-stream", f"Content-Length: {len(BODY)}", chunked=False)
    for data in EVENTS:
        exchange.send(data)
        time.sleep(GAP_S)


def zipped(exchange: Exchange) -> None:
    exchange.head("Content-Type: text/event-stream", "Content-Encoding: gzip")
    body = gzip.compress(BODY, mtime=0)
    for place in range(0, len(body), 20):
        exchange.chunk(body[place : place + 20])
        time.sleep(GAP_S)
    exchange.end()


def over_http2(exchange: Http2Exchange) -> None:
    exchange.head()
    with contextlib.suppress(StreamClosedError):  # after a cut
        for data in EVENTS:
            exchange.data(data)
            time.sleep(GAP_S)
        exchange.end()


# On their paths; a spec's `on` chooses the path.
FAULTS = {
    "stall": "stall event=2 seconds=0.3",
    "slow": "slow factor=3",
    "jitter": "jitter seconds=0.1",
    "cut": "cut event=2",
    "reset": "cut event=2 how=reset",
    "late": "cut at_s=0.05",
    "drop": "drop event=2",
    "duplicate": "duplicate event=2",
    "reorder": "reorder event=2",
    "corrupt": "corrupt event=2 how=half",
    "lose": "lose-done",
    "rechunk": "rechunk size=5",
    "coalesce": "coalesce",
    "type": "content-type value=text/html",
    "head": "slow-head seconds=0.3",
    "refuse": "refuse status=429 retry_after_s=2",
}


@pytest.fixture(scope="module")
def proxy(confdir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mitmdump]:
    options = [f"tape_fault={spec} on=/{name}-*" for name, spec in FAULTS.items()]
    with Mitmdump(confdir, tmp_path_factory.mktemp("faults") / "tapes", *options) as running:
        yield running


def events_of(*numbers: int) -> bytes:
    return b"".join(EVENTS[number] for number in numbers)


# What a client gets of the body.
CHANGED: dict[str, bytes] = {
    "drop": events_of(0, 2, 3, 4),
    "duplicate": events_of(0, 1, 1, 2, 3, 4),
    "reorder": events_of(0, 2, 1, 3, 4),
    "corrupt": BODY,  # of one byte of data, the second half is nothing
    "lose": events_of(0, 1, 2, 3),
    "cut": events_of(0, 1),
    "reset": events_of(0, 1),
}


class Got:
    """What a raw client got of a response."""

    def __init__(self, port: int, url: str) -> None:
        self.pieces: list[bytes] = []
        self.times_s: list[float] = []
        self.was_cut = self.was_reset = False
        start_s = time.monotonic()
        with Client(port, url) as client:
            client.head()
            self.head_s = time.monotonic() - start_s
            self.status, self.headers = client.status, client.headers
            is_chunked = "chunked" in client.headers.get("transfer-encoding", "")
            try:
                if is_chunked:
                    for piece in client.chunks():
                        self._take(piece, start_s)
                else:
                    length = int(client.headers.get("content-length", "1000000"))
                    while len(self.body) < length and (piece := client.read_some()):
                        self._take(piece, start_s)
                    self.was_cut = len(self.body) < length
            except (Cut, ConnectionResetError) as cut:
                self.was_cut = True
                why = cut.__cause__ or cut
                self.was_reset = isinstance(why, ConnectionResetError)

    def _take(self, piece: bytes, start_s: float) -> None:
        self.pieces.append(piece)
        self.times_s.append(time.monotonic() - start_s)

    @property
    def body(self) -> bytes:
        return b"".join(self.pieces)


def end_of(proxy: Mitmdump, url: str) -> tuple[list[bytes], dict[str, Any]]:
    """The chunks that were recorded, and the end record."""
    capture = proxy.capture(url)
    return [chunk.data for chunk in capture.chunks()], list(capture.records())[-1][2]


@pytest.mark.parametrize("name", [name for name in FAULTS if name != "refuse"])
@pytest.mark.parametrize("handler", [chunked, with_length, zipped])
def test_the_client_gets_the_fault_and_the_capture_what_the_server_sent(
    name: str, handler: Callable[[Exchange], None], proxy: Mitmdump, origin: Origin
) -> None:
    plain = origin.serve(handler, "plain")
    got_plain = Got(proxy.port, plain)
    url = origin.serve(handler, name)
    got = Got(proxy.port, url)
    recorded, end = end_of(proxy, url)
    unchanged, plain_end = end_of(proxy, plain)
    assert "faults" not in plain_end
    is_cut = name in ("cut", "reset", "late")
    if handler is not with_length:  # whose reads a busy machine may join
        assert recorded == unchanged[: len(recorded)]
    assert is_cut or b"".join(recorded) == b"".join(unchanged)
    assert end["reason"] == (
        f"fault_{'reset' if name == 'reset' else 'cut'}" if is_cut else "complete"
    )
    assert got.was_cut is is_cut
    # What the client got is in the end record.
    assert end["altered"] is True
    assert end["faults"][0].split()[0] == FAULTS[name].split()[0]
    assert end["client"]["bytes"] == len(got.body) or name == "reset"
    assert end["client"]["sha256"] == hashlib.sha256(got.body).hexdigest() or name == "reset"
    if not is_cut and handler is not with_length:  # whose client knows when it has all
        assert end["client"]["reason"] == "complete"
    coding = got.headers.get("content-encoding", "")
    text = gzip.decompress(got.body) if coding and not is_cut else got.body
    assert bool(coding) == (
        handler is zipped
        and name in ("slow", "jitter", "late", "rechunk", "coalesce", "type", "head")
    )
    if name not in ("late", "reset"):
        assert text == CHANGED.get(name, BODY)
    if name in ("drop", "duplicate", "lose"):
        assert "content-length" not in got.headers
    if name == "rechunk" and handler is chunked:
        assert {len(piece) for piece in got.pieces[:-1]} == {5}
    if name == "coalesce" and handler is not with_length:
        assert len(got.pieces) == 1
    if name == "type":
        assert got.headers["content-type"] == "text/html"
    else:
        assert got.headers["content-type"] == got_plain.headers["content-type"]
    if name == "head":
        assert got.head_s >= 0.3
    if name == "stall":
        assert got.times_s[-1] >= 0.3
        assert end["client"]["t"] >= proxy.capture(url).chunks().__iter__().__next__().t_s + 0.3


def test_a_cut_that_resets_sends_a_reset(proxy: Mitmdump, origin: Origin) -> None:
    got = Got(proxy.port, origin.serve(chunked, "reset"))
    assert got.was_reset
    assert not Got(proxy.port, origin.serve(chunked, "cut")).was_reset


def test_what_comes_in_one_read_with_the_cut_is_cut_off(proxy: Mitmdump, origin: Origin) -> None:
    def at_once(exchange: Exchange) -> None:
        exchange.head()
        whole = b"".join(b"%x\r\n%b\r\n" % (len(data), data) for data in EVENTS)
        exchange.send(whole + b"0\r\n\r\n")

    for _ in range(5):
        url = origin.serve(at_once, "cut")
        got = Got(proxy.port, url)
        assert got.was_cut
        assert got.body == events_of(0, 1)
        recorded, end = end_of(proxy, url)
        assert recorded == EVENTS[: len(recorded)]
        assert end["reason"] == "fault_cut"


def test_after_a_cut_the_server_is_left(proxy: Mitmdump, origin: Origin) -> None:
    left = threading.Event()

    def endless(exchange: Exchange) -> None:
        exchange.head()
        for data in EVENTS:
            exchange.chunk(data)
        exchange.wait_for_the_other_side_to_leave()
        left.set()

    url = origin.serve(endless, "cut")
    assert Got(proxy.port, url).was_cut
    assert left.wait(10)
    assert end_of(proxy, url)[1]["reason"] == "fault_cut"


def test_a_refusal_is_the_answer_and_nothing_reaches_the_server(
    proxy: Mitmdump, origin: Origin
) -> None:
    asked = threading.Event()

    def handler(exchange: Exchange) -> None:
        asked.set()

    url = origin.serve(handler, "refuse")
    got = Got(proxy.port, url)
    assert got.status == 429
    assert got.headers["retry-after"] == "2"
    assert b"is refused on purpose with 429" in got.body
    proxy.wait_for(r"refuse-\d+: refuse: 429, by tape_fault; not recorded")
    assert not asked.is_set()
    assert not [each for each in captures(proxy.tape_dir) if each.request.url == url]


@pytest.mark.parametrize(
    "name", ["stall", "drop", "cut", "reset", "coalesce", "head", "type", "slow"]
)
def test_over_http2(name: str, proxy: Mitmdump, http2_origin: Http2Origin) -> None:
    url = http2_origin.serve(over_http2, name)
    pieces: list[bytes] = []
    with Http2Client(proxy.port, http2_origin.authority) as client:
        client.get(url)
        headers: Any = dict(client.event(ResponseReceived).headers)
        while isinstance(
            event := client.event(DataReceived, StreamEnded, StreamReset), DataReceived
        ):
            pieces.append(bytes(event.data))
        if name in ("cut", "reset"):
            assert isinstance(event, StreamReset)
            assert event.error_code == ErrorCodes.INTERNAL_ERROR
    assert b"".join(pieces) == CHANGED.get(name, BODY)
    found = {_text(key): _text(value) for key, value in headers.items()}
    assert found["content-type"] == ("text/html" if name == "type" else "text/event-stream")
    recorded, end = end_of(proxy, url)
    is_cut = name in ("cut", "reset")
    assert recorded == EVENTS[: len(recorded)]
    assert is_cut or recorded == EVENTS
    assert end["client"]["reason"] == end["reason"]
    assert end["reason"] == (f"fault_{name}" if is_cut else "complete")


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else value


def test_a_client_that_leaves_in_a_stall_ends_the_exchange(proxy: Mitmdump, origin: Origin) -> None:
    def endless(exchange: Exchange) -> None:
        exchange.head()
        for data in EVENTS:
            exchange.chunk(data)
        exchange.wait_for_the_other_side_to_leave()

    url = origin.serve(endless, "stall")
    with Client(proxy.port, url) as client:
        client.head()
        assert client.chunk() == EVENTS[0]
    _, end = end_of(proxy, url)
    assert end["reason"] == end["client"]["reason"] == "client_closed"
    assert end["client"]["bytes"] < len(BODY)


def test_a_client_that_leaves_after_the_server_s_end_is_told_apart(
    proxy: Mitmdump, origin: Origin
) -> None:
    url = origin.serve(chunked, "coalesce")
    with Client(proxy.port, url) as client:
        client.head()
        list(client.chunks())
    assert end_of(proxy, url)[1]["client"]["reason"] == "complete"

    def at_once(exchange: Exchange) -> None:
        exchange.head()
        for data in EVENTS:
            exchange.chunk(data)
        exchange.end()

    url = origin.serve(at_once, "stall")
    with Client(proxy.port, url) as client:
        client.head()
        assert client.chunk() == EVENTS[0]
        wait_until(lambda: _chunks_written(proxy, url) == len(EVENTS), "the stream to be recorded")
    _, end = end_of(proxy, url)
    assert end["reason"] in ("complete", "client_closed")
    assert end["client"]["reason"] == "client_closed"


def _chunks_written(proxy: Mitmdump, url: str) -> int:
    found = [each for each in captures(proxy.tape_dir) if each.request.url == url]
    return sum(1 for each in found for _ in each.chunks())


def test_a_server_that_cuts_is_told_when_the_client_has_all(
    proxy: Mitmdump, origin: Origin
) -> None:
    def cuts(exchange: Exchange) -> None:
        exchange.head()
        for data in EVENTS[:3]:
            exchange.chunk(data)
        time.sleep(GAP_S)

    url = origin.serve(cuts, "stall")
    got = Got(proxy.port, url)
    assert got.was_cut
    assert got.body == events_of(0, 1, 2)
    assert got.times_s[-1] >= 0.3
    _, end = end_of(proxy, url)
    assert end["reason"] == end["client"]["reason"] == "upstream_cut"


def test_the_proxy_s_end_ends_what_is_held_back(
    confdir: Path, origin: Origin, tmp_path: Path
) -> None:
    url = origin.serve(chunked)
    with Mitmdump(confdir, tmp_path, "tape_fault=stall event=2") as proxy:
        with Client(proxy.port, url) as client:
            client.head()
            assert client.chunk() == EVENTS[0]
            wait_until(lambda: _chunks_written(proxy, url) == len(EVENTS), "all to be recorded")
            time.sleep(0.2)  # the server's end
            assert proxy.stop() == 0
        _, end = end_of(proxy, url)
    assert end["client"]["bytes"] == 18
    assert end["reason"] == "complete"
    assert end["client"]["reason"] == "proxy_shutdown"
    assert "has crashed" not in proxy.log, proxy.log[proxy.log.index("has crashed") :][:3000]


def test_a_body_that_is_not_what_its_head_says_is_cut_for_the_client(
    proxy: Mitmdump, origin: Origin
) -> None:
    def broken(exchange: Exchange) -> None:
        exchange.head("Content-Type: text/event-stream", "Content-Encoding: gzip")
        exchange.chunk(b"this is no gzip at all, whatever the head says")
        exchange.end()

    url = origin.serve(broken, "drop")
    assert Got(proxy.port, url).was_cut
    proxy.wait_for(r"drop-\d+: cannot go on with faults, so the response is cut for the client")
    recorded, _ = end_of(proxy, url)
    assert len(recorded) == 1


def test_one_of_fifty_streams_has_the_fault(proxy: Mitmdump, origin: Origin) -> None:
    urls = [origin.serve(chunked, "cut" if number == 25 else "plain") for number in range(50)]
    found: dict[str, Got] = {}

    def fetch(url: str) -> None:
        found[url] = Got(proxy.port, url)

    threads = [threading.Thread(target=fetch, args=(url,)) for url in urls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for url in urls:
        if "cut" in url:
            assert found[url].was_cut
        else:
            assert found[url].pieces == EVENTS
            assert end_of(proxy, url)[0] == EVENTS
    assert "has crashed" not in proxy.log, proxy.log[proxy.log.index("has crashed") :][:3000]
