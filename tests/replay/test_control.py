from collections.abc import Callable
from typing import Any

import pytest

from ssetape.replay import control as control_module
from ssetape.replay.answers.answerer import Answerer
from ssetape.replay.control import Control
from ssetape.replay.exchange import ClientRequest, Say
from ssetape.replay.faults import Scenario, parse
from ssetape.replay.pacing import Pace
from ssetape.replay.shelf import Shelf
from ssetape.replay.wire.http1 import Http1Connection
from ssetape.replay.wire.service import Service
from ssetape.replay.wire.websocket import Strictness

Make = Callable[..., Any]

EVENTS = [b"data: one\n\n", b"data: t", b"wo\n\ndata: three\n\n", b"data: four\n\n"]
CHUNKS = [(0.001 * n, data) for n, data in enumerate(EVENTS, 1)]
STREAM = [("content-type", "text/event-stream")]
MS = 1_000_000


class Wired:
    """A connection without socket or clock, and its control."""

    def __init__(self, capture: Any, timer: Any, transport: Any, clock: Any) -> None:
        self.timer, self.transport, self.clock = timer, transport, clock
        answerer = Answerer(Shelf([capture]), Pace())
        self.control = Control(answerer)
        self.service = Service(
            answerer=answerer,
            timer=timer,
            strictness=Strictness.LOOSE,
            log=lambda line: None,
            control=self.control,
        )
        self.connection = Http1Connection(self.service)
        self.connection.connection_made(transport)

    def ask(self, session: str = "") -> None:
        field = f"X-Ssetape-Session: {session}\r\n" if session else ""
        self.connection.data_received(f"GET /stream HTTP/1.1\r\nHost: a\r\n{field}\r\n".encode())

    def at(self, now_ns: int) -> bytes:
        """What has been written when it is then."""
        self.clock.now_ns = now_ns
        self.timer.run(now_ns)
        written: bytes = self.transport.written
        return written


class Clock:
    now_ns = 0

    def __call__(self) -> int:
        return self.now_ns


@pytest.fixture
def wired(
    capture: Make, fake_timer: Any, fake_transport: Any, monkeypatch: pytest.MonkeyPatch
) -> Wired:
    clock = Clock()
    monkeypatch.setattr(control_module, "now_ns", clock)
    monkeypatch.setattr(fake_timer, "turn_ns", clock)
    return Wired(capture(CHUNKS, headers=STREAM), fake_timer, fake_transport, clock)


def count(written: bytes) -> int:
    return written.count(b"data: ")


def test_a_paused_stream_stands_still_and_then_goes_on_as_it_was(wired: Wired) -> None:
    wired.ask()
    assert count(wired.at(1 * MS)) == 1
    assert wired.control.pause() == 1
    assert count(wired.at(50 * MS)) == 1
    assert wired.control.resume() == 1
    # It stood still at 1 ms; the second chunk is due 1 ms after that.
    assert count(wired.at(51 * MS - 1)) == 1
    assert count(wired.at(51 * MS)) == 2
    assert count(wired.at(52 * MS)) == 3
    assert wired.at(100 * MS).endswith(b"0\r\n\r\n")
    assert wired.control.served()[0]["outcome"] == "complete"


def test_what_comes_while_all_is_paused_waits_too(wired: Wired) -> None:
    wired.control.pause()
    wired.ask()
    assert wired.at(10 * MS) == b""
    assert wired.control.served()[0]["outcome"] == "waiting"
    for _ in range(3):  # the head, once
        wired.control.step(0)
    assert wired.at(10 * MS).endswith(b"\r\n\r\n")
    assert count(wired.at(10 * MS)) == 0
    wired.control.resume()
    wired.at(100 * MS)
    assert wired.control.served()[0]["outcome"] == "complete"


def test_a_step_is_the_next_event_whatever_chunks_it_takes(wired: Wired) -> None:
    wired.control.pause()
    wired.ask()
    wired.control.step()
    assert wired.transport.written.endswith(b"data: one\n\n\r\n")
    wired.control.step()
    assert wired.transport.written.endswith(b"data: three\n\n\r\n")
    fields = wired.control.served()[0]
    assert (fields["chunks"], fields["events"], fields["outcome"]) == (3, 3, "streaming")
    wired.control.step()
    assert wired.transport.written.endswith(b"data: four\n\n\r\n")
    wired.control.step()
    assert wired.transport.written.endswith(b"0\r\n\r\n")
    assert wired.control.step() == 0


def test_a_step_may_go_to_a_marker(wired: Wired) -> None:
    wired.control.pause()
    wired.ask()
    wired.control.step(marker="thr")
    assert wired.transport.written.endswith(b"data: three\n\n\r\n")
    wired.control.step(marker="nowhere")
    assert wired.transport.written.endswith(b"0\r\n\r\n")


def test_after_steps_the_rest_keeps_its_distance(wired: Wired) -> None:
    wired.control.pause()
    wired.ask()
    wired.control.step(3)
    wired.clock.now_ns = 80 * MS
    wired.control.resume()
    # Sent was what is due at 3 ms; the next was 1 ms later.
    assert count(wired.at(81 * MS - 1)) == 3
    assert count(wired.at(81 * MS)) == 4


def test_sessions_are_held_up_one_by_one(wired: Wired) -> None:
    wired.control.pause("a")
    wired.ask("b")
    assert count(wired.at(2 * MS)) == 2
    assert wired.control.pause("a") == 0
    assert wired.control.step(session="a") == 0
    assert wired.control.pause("b") == 1
    wired.control.resume("a")
    assert count(wired.at(9 * MS)) == 2
    wired.control.resume("b")
    assert count(wired.at(90 * MS)) == 4
    assert len(wired.control.served("b")) == 1
    assert wired.control.served("a") == []


def test_a_client_that_leaves_is_told_of(wired: Wired) -> None:
    wired.ask()
    wired.at(1 * MS)
    wired.connection.connection_lost(None)
    fields = wired.control.served()[0]
    assert (fields["outcome"], fields["chunks"], fields["status"]) == ("left", 1, 200)
    assert wired.control.pause() == 0


def test_a_last_line_without_a_line_feed_counts(
    capture: Make, fake_timer: Any, fake_transport: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(control_module, "now_ns", clock)
    monkeypatch.setattr(fake_timer, "turn_ns", clock)
    chunks = [(0.001, b'{"a":1}\n{"a'), (0.002, b'":2}')]
    lines = capture(chunks, headers=[("content-type", "application/x-ndjson")])
    wired = Wired(lines, fake_timer, fake_transport, clock)
    wired.control.pause()
    wired.ask()
    wired.control.step()
    assert wired.control.served()[0]["events"] == 1
    wired.control.step(marker="2")
    fields = wired.control.served()[0]
    assert (fields["events"], fields["outcome"]) == (2, "streaming")


def test_a_damaged_capture_is_listed_up_to_its_damage(
    capture: Make, fake_timer: Any, fake_transport: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(control_module, "now_ns", clock)
    monkeypatch.setattr(fake_timer, "turn_ns", clock)
    damaged = capture(CHUNKS, headers=STREAM, end=None, tail=b"{}\n")
    wired = Wired(damaged, fake_timer, fake_transport, clock)
    wired.ask()
    wired.at(100 * MS)
    fields = wired.control.served()[0]
    assert (fields["chunks"], fields["events"]) == (4, 4)


def test_a_cut_may_be_stepped_to(wired: Wired) -> None:
    wired.control.scenario = Scenario([parse("cut event=1")])
    wired.control.pause()
    wired.ask()
    wired.control.step()
    assert not wired.transport.closed
    wired.control.step()
    assert wired.transport.closed
    assert wired.control.served()[0]["outcome"] == "cut"
    assert wired.control.scenario.rules


def test_words_of_our_own_are_remembered_and_forgotten() -> None:
    control = Control()
    control.note(ClientRequest("GET", "/x", body=b"abc"), Say(404, b"", "a miss"))
    fields = control.served()[0]
    assert (fields["capture"], fields["outcome"], fields["status"]) == (None, "said", 404)
    assert (fields["request_bytes"], fields["log"]) == (3, "a miss")
    control.forget()
    assert control.served() == []


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    control = Control()
    answer = Say(404, b"", "x" * 10_000)
    for _ in range(control_module.REMEMBERED + 5):
        control.note(ClientRequest("GET", "/" + "x" * 10_000), answer)
    served = control.served()
    assert len(served) == control_module.REMEMBERED
    assert len(served[0]["target"]) == len(served[0]["log"]) == 2_000
