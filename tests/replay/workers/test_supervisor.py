"""The supervisor, with sockets that the tests speak on in place of processes.

`tests/cli/running/test_crew.py` has it as a whole program.
"""

import os
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from ssetape.errors import ReplayError
from ssetape.replay.exchange import ClientRequest, Say
from ssetape.replay.server import ReplayServer
from ssetape.replay.workers import supervisor as supervisor_module
from ssetape.replay.workers.channel import Messages, Order, Report, framed
from ssetape.replay.workers.processes import Process
from ssetape.replay.workers.supervisor import Supervisor

Make = Callable[..., Any]
PAUSE = ClientRequest("POST", "/_ssetape/pause")


class Forked(Process):
    """A process that there is not."""

    def signal(self, number: int) -> None:
        WORLD.signals.append((self.pid, number))

    def reap(self) -> int:
        self.channel.close()
        return WORLD.codes.get(self.pid, 0)


@dataclass
class World:
    """The processes that were forked, by their ids, as the tests see them."""

    sockets: dict[int, socket.socket] = field(default_factory=dict)
    codes: dict[int, int] = field(default_factory=dict)
    signals: list[tuple[int, int]] = field(default_factory=list)
    age_s: float = 100.0
    log: list[str] = field(default_factory=list)

    def fork(self, place: int, work: Any) -> Process:
        ours, theirs = socket.socketpair()
        theirs.settimeout(60)
        pid = len(self.sockets) + 1
        self.sockets[pid] = theirs
        return Forked(place, pid, ours, supervisor_module.time.monotonic() - self.age_s)

    def end(self, pid: int, code: int) -> None:
        self.codes[pid] = code
        self.sockets[pid].close()

    def heard(self, pid: int) -> Order | Report:
        """What the process has been told, which is one message."""
        (message,) = Messages().feed(self.sockets[pid].recv(65_536))
        return message


WORLD = World()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    global WORLD
    WORLD = World()
    monkeypatch.setattr(supervisor_module, "forked", WORLD.fork)
    yield WORLD
    for sock in WORLD.sockets.values():
        sock.close()


@pytest.fixture
def supervisor(world: World, capture: Make) -> Iterator[Supervisor]:
    server = ReplayServer([capture([(0.0, b"data: a\n\n")])])
    made = Supervisor(server, "127.0.0.1", [[], []], world.log.append)
    made.start()
    yield made
    for sock in world.sockets.values():
        sock.close()
    made._end()


def test_an_order_of_one_goes_to_all_and_the_sum_of_their_reports_comes_back(
    supervisor: Supervisor, world: World
) -> None:
    world.sockets[2].sendall(framed(Order(40, PAUSE)))
    supervisor._turn()
    for pid, count in ((1, b'{"streams": 1}'), (2, b'{"streams": 2}')):
        order = world.heard(pid)
        assert isinstance(order, Order)
        assert order.asked == PAUSE
        world.sockets[pid].sendall(framed(Report(order.number, Say(200, count, ""))))
    supervisor._turn()
    report = world.heard(2)
    assert isinstance(report, Report)
    assert (report.number, report.said.body.strip()) == (40, b'{"streams":3}')


def test_a_worker_that_dies_is_told_and_its_place_is_filled(
    supervisor: Supervisor, world: World
) -> None:
    assert supervisor.pids == [1, 2]
    world.end(1, -signal.SIGKILL)
    supervisor._turn()
    assert supervisor.pids == [3, 2]
    assert world.log == [
        "worker 1 (process 1) was ended by SIGKILL: its streams are cut; process 3 takes its place"
    ]


def test_the_asker_gets_its_answer_although_another_worker_dies(
    supervisor: Supervisor, world: World
) -> None:
    world.sockets[2].sendall(framed(Order(40, PAUSE)))
    supervisor._turn()
    order = world.heard(2)
    world.sockets[2].sendall(framed(Report(order.number, Say(200, b'{"streams": 2}', ""))))
    world.end(1, 1)
    supervisor._turn()
    assert world.heard(3) == order
    world.sockets[3].sendall(framed(Report(order.number, Say(200, b'{"streams": 0}', ""))))
    supervisor._turn()
    report = world.heard(2)
    assert isinstance(report, Report)
    assert report.said.status == 200


def test_the_asker_gets_an_error_if_another_worker_hangs(
    supervisor: Supervisor, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor_module.time, "monotonic", lambda: 1000.0)
    world.sockets[2].sendall(framed(Order(40, PAUSE)))
    supervisor._turn()
    world.heard(2)
    monkeypatch.setattr(supervisor_module.time, "monotonic", lambda: 2000.0)
    supervisor._turn()
    report = world.heard(2)
    assert isinstance(report, Report)
    assert (report.number, report.said.status) == (40, 503)


def test_workers_that_all_end_at_once_are_not_started_forever(
    supervisor: Supervisor, world: World
) -> None:
    world.end(supervisor.pids[0], 1)  # an old one
    world.age_s = 0.0
    for _ in range(supervisor_module._SOON_LIMIT):
        supervisor._turn()
        world.end(supervisor.pids[0], 1)
    with pytest.raises(ReplayError, match="giving up"):
        supervisor._turn()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_and_no_dead_worker_is_replaced(
    supervisor: Supervisor, world: World, number: signal.Signals
) -> None:
    os.kill(os.getpid(), number)
    world.end(1, -number)  # as a terminal or a service manager tells all
    world.end(2, -number)
    assert supervisor.run() == 0
    assert len(world.sockets) == 2
    assert world.log == []


def test_a_program_ends_it_with_its_exit_code(
    supervisor: Supervisor, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fork(place: int, work: Any) -> Process:
        process = world.fork(place, work)
        world.end(process.pid, 3)
        for pid in (1, 2):
            world.end(pid, 0)
        return process

    monkeypatch.setattr(supervisor_module, "forked", fork)
    assert supervisor.run(lambda channel: 0) == 3


def test_a_program_gets_what_ends_it_but_not_what_the_terminal_sends_it_anyway(
    supervisor: Supervisor, world: World
) -> None:
    supervisor._program = supervisor._forked(-1, lambda channel: 0)
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(os.getpid(), number)
        supervisor._turn()
    assert world.signals == [(3, signal.SIGTERM)]
    assert supervisor._exit_code is None


def test_a_worker_that_does_not_end_is_killed(
    supervisor: Supervisor, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor_module, "_ENDS_S", 0.01)
    os.kill(os.getpid(), signal.SIGTERM)
    assert supervisor.run() == 0
    assert world.signals == [(1, signal.SIGKILL), (2, signal.SIGKILL)]


def test_captures_whose_streams_wait_for_other_requests_are_refused(capture: Make) -> None:
    posted = {"method": "POST", "url": "http://origin.test/ask", "headers": [], "body": b"{}"}
    captures = [
        capture(
            [(0.0, b"data: hello\n\n"), (2.0, b"data: answer\n\n")],
            started="2026-01-01T00:00:00.000000Z",
        ),
        capture([], started="2026-01-01T00:00:01.000000Z", **posted),
    ]
    server = ReplayServer(captures)
    assert server.answerer.sessions.sessions.cues
    with pytest.raises(ReplayError, match="--independent"):
        Supervisor(server, "127.0.0.1", [[], []], print)
