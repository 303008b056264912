import asyncio
import json
import socket
from collections.abc import Callable
from typing import Any

import pytest

from ssetape.replay.counts import OwnCounts
from ssetape.replay.exchange import ClientRequest, Say, refusal
from ssetape.replay.server import ReplayServer
from ssetape.replay.tally import Tally
from ssetape.replay.workers.channel import Messages, Order, Report, framed
from ssetape.replay.workers.worker import Crew, _work

Make = Callable[..., Any]
HOST = [("host", "127.0.0.1:8900")]
PAUSE = ClientRequest("POST", "/_ssetape/pause", HOST)


class Sent:
    """A transport that keeps what was sent."""

    def __init__(self) -> None:
        self.messages: list[Order | Report] = []

    def write(self, data: bytes) -> None:
        self.messages += Messages().feed(data)


@pytest.fixture
def server(capture: Make) -> ReplayServer:
    return ReplayServer([capture([(0.0, b"data: a\n\n")])])


@pytest.fixture
def crew(server: ReplayServer) -> Any:
    crew: Any = Crew(server, OwnCounts())
    crew._transport = Sent()
    return crew


def test_what_concerns_all_workers_is_ordered_and_answered_later(crew: Any) -> None:
    later = crew.asked(PAUSE)
    said: list[Say] = []
    later.on_said(said.append)
    (order,) = crew._transport.messages
    assert (order.asked, said) == (PAUSE, [])
    crew.data_received(framed(Report(order.number, Say(200, b"all", ""))))
    assert [answer.body for answer in said] == [b"all"]


def test_metrics_are_those_of_all_workers(crew: Any) -> None:
    later = crew.asked(ClientRequest("GET", "/_ssetape/metrics", HOST))
    said: list[Say] = []
    later.on_said(said.append)
    (order,) = crew._transport.messages
    assert (order.asked.method, order.asked.target) == ("GET", "/_ssetape/tally")
    tally = json.dumps(Tally(begun=12).fields()).encode()
    crew.data_received(framed(Report(order.number, Say(200, tally, ""))))
    assert b"ssetape_streams_begun_total 12.0" in said[0].body


def test_metrics_that_not_all_have_given_are_none(crew: Any) -> None:
    said: list[Say] = []
    crew.asked(ClientRequest("GET", "/_ssetape/metrics", HOST)).on_said(said.append)
    error = refusal(503, "worker 2 did not answer")
    crew.data_received(framed(Report(crew._transport.messages[0].number, error)))
    assert said == [error]


@pytest.mark.parametrize(
    "asked",
    [
        ClientRequest("GET", "/stream", HOST),
        ClientRequest("GET", "/_ssetape/", HOST),
        ClientRequest("GET", "/_ssetape/captures/0", HOST),
        ClientRequest("HEAD", "/_ssetape/served", HOST),
        ClientRequest("POST", "/_ssetape/pause", [("host", "evil.example")]),
    ],
)
def test_all_else_each_worker_answers_itself(asked: ClientRequest, crew: Any) -> None:
    assert crew.asked(asked) is None


def test_an_order_is_followed_and_reported(crew: Any, server: ReplayServer) -> None:
    crew.data_received(framed(Order(5, PAUSE)))
    (report,) = crew._transport.messages
    assert (report.number, json.loads(report.said.body)) == (5, {"streams": 0})
    assert server.control.paused == {None}


def test_faults_count_the_requests_of_all_workers(capture: Make) -> None:
    counts = OwnCounts()
    scenario = ClientRequest(
        "PUT", "/_ssetape/scenario", HOST, b'{"fault": ["cut event=1 requests=2"]}'
    )
    servers = [ReplayServer([capture([(0.0, b"data: a\n\n")])]) for _ in range(2)]
    crews = [Crew(server, counts) for server in servers]
    for number in (3, 8):  # the second time, they count anew
        for crew in crews:
            crew.obey(Order(number, scenario))
        asked = ClientRequest("GET", "/stream", HOST)
        logs = [server.answerer.answer(asked).log for server in (*servers, *servers)]
        assert [log.endswith("with cut") for log in logs] == [False, True, False, False]


def test_the_turns_of_equal_captures_are_those_of_all_workers(capture: Make) -> None:
    captures = [
        capture([(0.0, b"data: %d\n\n" % n)], started=f"2026-01-01T00:00:0{n}.000000Z")
        for n in range(3)
    ]
    counts = OwnCounts()
    servers = [ReplayServer(captures) for _ in range(2)]
    for server in servers:
        server.share(counts)
    asked = ClientRequest("GET", "/stream", HOST)
    names = [servers[n % 2].answerer.answer(asked).log for n in range(3)]
    assert len(set(names)) == 3


def test_a_worker_serves_from_its_start_as_was_ordered_and_ends_with_its_supervisor(
    server: ReplayServer,
) -> None:
    ours, theirs = socket.socketpair()

    async def both() -> bytes:
        loop = asyncio.get_running_loop()
        with socket.create_server(("127.0.0.1", 0)) as listening:
            listening.setblocking(False)
            theirs.setblocking(False)
            standing = [Order(0, PAUSE)]
            working = loop.create_task(
                _work(server, "127.0.0.1", [listening], theirs, OwnCounts(), standing)
            )
            reader, writer = await asyncio.open_connection(*listening.getsockname())
            writer.write(b"GET /_ssetape/captures/0 HTTP/1.1\r\nHost: localhost\r\n\r\n")
            writer.write(b"GET /_ssetape/served HTTP/1.1\r\nHost: localhost\r\n\r\n")
            while not server.control.served():
                await asyncio.sleep(0.01)
            ours.close()
            received = await reader.read()
            writer.close()
            await working
            return received

    with ours:
        assert asyncio.run(both()) == b""  # the stream is paused, and then cut
    assert server.control.paused == {None}
