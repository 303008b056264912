import gzip
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from proxies import EVENT_STREAM, TIMEOUT_S, Exchange, Origin

from ssetape.doctor import probe
from ssetape.doctor.bot_checks import BEGINNING_BYTES

CHUNKS = [b"data: one\n\n", b"data: tw", b"o\n\n"]


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    with Origin() as running:
        yield running


def test_reads_come_as_the_server_sent_them(origin: Origin) -> None:
    def handler(exchange: Exchange) -> None:
        exchange.head()
        for data in CHUNKS:
            exchange.chunk(data)
            time.sleep(0.2)
        exchange.end()

    bodies: list[bytes] = []
    answer = probe.ask(origin.serve(handler), bodies=bodies, watch_s=TIMEOUT_S)
    assert (answer.status, answer.http_version, answer.error) == (200, "1.1", "")
    assert b"".join(bodies) == b"".join(CHUNKS)
    assert [size for _, size in answer.arrivals] == [len(data) for data in bodies]
    assert answer.arrivals[-1][0] - answer.arrivals[0][0] > 0.1
    assert answer.events == 2
    assert answer.ended


def test_interim_responses_are_noted_and_the_real_one_is_read(origin: Origin) -> None:
    def handler(exchange: Exchange) -> None:
        for line in (b"100 Continue", b"103 Early Hints\r\nLink: </style.css>"):
            exchange.send(b"HTTP/1.1 " + line + b"\r\n\r\n")
        exchange.head()
        for data in CHUNKS:
            exchange.chunk(data)
        exchange.end()

    answer = probe.ask(origin.serve(handler), watch_s=TIMEOUT_S)
    assert (answer.interim, answer.status, answer.events) == ((100, 103), 200, 2)
    assert answer.ended


def test_method_headers_and_body_are_those_asked_for(origin: Origin) -> None:
    seen: list[Exchange] = []

    def handler(exchange: Exchange) -> None:
        seen.append(exchange)
        exchange.head()
        exchange.end()

    url = origin.serve(handler)
    probe.ask(f"{url}?q=1", method="POST", headers=[("accept", "x/y"), ("A", "b")], body=b"{}")
    assert (seen[0].method, seen[0].target.rpartition("?")[2], seen[0].body) == (
        "POST",
        "q=1",
        b"{}",
    )
    assert seen[0].headers["accept"] == "x/y"
    assert seen[0].headers["a"] == "b"
    probe.ask(url)
    assert seen[1].headers["accept"] == "text/event-stream"


def test_events_are_counted_in_what_is_compressed_and_not_in_what_is_damaged(
    origin: Origin,
) -> None:
    def answering(body: bytes) -> str:
        def handler(exchange: Exchange) -> None:
            length = f"Content-Length: {len(body)}"
            exchange.head("Content-Encoding: gzip", length, chunked=False)
            exchange.send(body)

        return origin.serve(handler)

    answer = probe.ask(answering(gzip.compress(b"data: 1\n\ndata: 2\n\n")))
    assert (answer.events, answer.ended) == (2, True)
    assert probe.ask(answering(b"no gzip")).events is None


def test_a_stream_without_end_is_watched_for_as_long_as_was_asked(origin: Origin) -> None:
    left = threading.Event()

    def handler(exchange: Exchange) -> None:
        exchange.head()
        exchange.chunk(CHUNKS[0])
        exchange.wait_for_the_other_side_to_leave()
        left.set()

    answer = probe.ask(origin.serve(handler), watch_s=0.5)
    assert (answer.ended, answer.events, answer.error) == (False, 1, "")
    assert answer.watched_s >= 0.4
    assert left.wait(TIMEOUT_S)


def test_a_server_that_says_nothing_is_told(origin: Origin) -> None:
    url = origin.serve(Exchange.wait_for_the_other_side_to_leave)
    answer = probe.ask(url, watch_s=0.3)
    assert answer.error == "no response head within 0.3 s"


def test_a_body_that_is_cut_is_told(origin: Origin) -> None:
    def handler(exchange: Exchange) -> None:
        exchange.head()
        exchange.send(b"ff\r\ndata: on")

    answer = probe.ask(origin.serve(handler))
    assert answer.status == 200
    assert "IncompleteRead" in answer.error


def test_a_port_where_nobody_listens_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
    answer = probe.ask(url)
    assert answer.status == 0
    assert url in answer.error
    assert "refused" in answer.error


def test_the_beginning_of_the_body_is_kept_decoded_and_no_more_of_it(origin: Origin) -> None:
    body = bytes(range(256)) * (BEGINNING_BYTES // 256) + b"more"

    def handler(exchange: Exchange) -> None:
        exchange.head(EVENT_STREAM, "Content-Encoding: gzip")
        exchange.chunk(gzip.compress(body))
        exchange.end()

    answer = probe.ask(origin.serve(handler), watch_s=TIMEOUT_S)
    assert answer.beginning == body[:BEGINNING_BYTES]
