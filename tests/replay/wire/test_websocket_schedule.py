from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ssetape.format.values import End, Message
from ssetape.replay.pacing import Pace
from ssetape.replay.sessions.cued import Cued
from ssetape.replay.sessions.cues import Cue
from ssetape.replay.sessions.runs import Asked, Run
from ssetape.replay.wire.websocket_schedule import WebSocketSchedule

S = 1_000_000_000
END = End(9.0, "complete")


def server(t_s: float, **marks: bool) -> Message:
    return Message(t_s, False, True, b"s", **marks)


def client(t_s: float, **marks: bool) -> Message:
    return Message(t_s, True, True, b"c", **marks)


def schedule(*messages: Message, pace: Pace | None = None, end: End | None = END) -> Any:
    return WebSocketSchedule(iter(messages), end, 0.5, pace or Pace(), 100 * S)


def test_before_the_client_has_spoken_it_counts_from_the_opening() -> None:
    plan = schedule(server(1.0), server(2.5))
    assert plan.opens_ns == 100.5 * S
    assert [plan.next().at_ns for _ in range(3)] == [101 * S, 102.5 * S, 109 * S]
    assert plan.next() is None


def test_an_answer_keeps_its_distance_from_what_it_answers() -> None:
    plan = schedule(client(1.0), server(1.25), client(2.0), server(3.0))
    assert plan.next() is None
    plan.client_sent(200 * S)
    assert plan.next().at_ns == 200.25 * S
    assert plan.next() is None
    plan.client_sent(200 * S)  # earlier than recorded, and not before what came before it
    assert plan.next().at_ns == 201.25 * S


def test_a_client_that_says_all_at_once_is_answered_in_order() -> None:
    plan = schedule(client(1.0), server(1.5), client(2.0), server(2.5))
    for _ in range(5):
        plan.client_sent(100 * S)
    assert [plan.next().at_ns for _ in range(3)] == [101 * S, 101.5 * S, 108 * S]


def test_a_message_waits_for_other_requests_of_its_session() -> None:
    run = Run(1, "")
    cued = Cued(run, (Cue(7, 2.0),), {}, {7: "POST /ask"})
    messages = iter([server(1.0), server(3.0), server(4.0)])
    plan = WebSocketSchedule(messages, END, 0.5, Pace(), 100 * S, cued)
    assert plan.next().at_ns == 101 * S  # type: ignore[union-attr]
    assert plan.next() is None
    assert plan.waits_for == ["POST /ask"]
    run.note(7, Asked(200 * S, None))
    assert [plan.next().at_ns for _ in range(2)] == [201 * S, 202 * S]  # type: ignore[union-attr]
    assert plan.waits_for == []


def test_what_an_addon_kept_or_made_is_not_waited_for() -> None:
    plan = schedule(client(1.0, injected=True), server(1.5, dropped=True), server(2.0))
    assert plan.next().at_ns == 102 * S


def test_the_pace_is_kept() -> None:
    messages = server(1.0), server(11.0)
    assert [d.at_ns for d in drained(schedule(*messages, pace=Pace(instant=True)))] == [100 * S] * 3
    fast = drained(schedule(*messages, pace=Pace(speed=2.0)))
    assert [due.at_ns for due in fast] == [100.5 * S, 105.5 * S, 105.5 * S]
    short = drained(schedule(*messages, pace=Pace(max_gap_s=0.25)))
    assert [due.at_ns for due in short] == [100.5 * S, 100.75 * S, 100.75 * S]


def drained(plan: Any) -> list[Any]:
    return list(iter(plan.next, None))


def test_an_interrupted_recording_is_cut_after_its_last_message() -> None:
    last = drained(schedule(server(2.0), end=None))[-1]
    assert (last.at_ns, last.what) == (102 * S, None)


@given(
    times=st.lists(st.tuples(st.floats(0, 1e6), st.booleans()), max_size=20),
    arrivals=st.lists(st.integers(100 * S, 300 * S), max_size=20).map(sorted),
)
def test_nothing_is_due_before_what_came_before_it(
    times: list[tuple[float, bool]], arrivals: list[int]
) -> None:
    plan = schedule(*(Message(t_s, sent, True, b"") for t_s, sent in sorted(times)))
    latest = plan.opens_ns
    for arrival in arrivals:
        for due in drained(plan):
            assert due.at_ns >= latest
            latest = due.at_ns
        plan.client_sent(arrival)
    assert len(drained(plan)) <= len(times) + 1
