"""Measurements of captures whose every figure can be worked out by hand."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import ssetape
from ssetape.meaning.tokens import OutputTokens
from ssetape.measures.gaps import Silence
from ssetape.measures.measure import measure, milestone_distributions
from ssetape.measures.milestones import Milestones

Write = Callable[..., Path]


def chat(delta: str, **fields: object) -> bytes:
    choice = {"index": 0, "delta": json.loads(delta), **fields}
    return b"data: " + json.dumps({"model": "m", "choices": [choice]}).encode() + b"\n\n"


CALL = '{"tool_calls":[{"index":0,"id":"c","function":{"name":"four","arguments":""}}]}'
CHUNKS = [
    (1.0, b": wait\n\n"),
    (1.5, chat('{"role":"assistant"}')[:20]),
    (2.0, chat('{"role":"assistant"}')[20:]),
    (2.5, chat('{"reasoning":"1234"}')),
    (3.0, chat(CALL)),
    (4.0, chat('{"content":"5678"}')),
    (6.0, chat('{"content":"9012"}')),
    (6.5, chat("{}", finish_reason="stop")),
    (7.0, b"data: [DONE]\n\n"),
]


def test_every_milestone(capture_file: Write) -> None:
    made = measure(ssetape.open(capture_file(CHUNKS, head_s=0.5, end_s=8.0)))
    assert made.milestones == Milestones(
        sent_s=0.0,
        head_s=0.5,
        first_byte_s=1.0,
        first_event_s=2.0,
        first_reasoning_s=2.5,
        first_tool_call_s=3.0,
        first_text_s=4.0,
        last_text_s=6.0,
        done_s=6.5,
        end_s=8.0,
    )
    assert (made.protocol, made.model, made.stop, made.end) == (
        "openai-chat",
        "m",
        "stop",
        "complete",
    )


def test_gaps_stalls_and_rates(capture_file: Write) -> None:
    made = measure(ssetape.open(capture_file(CHUNKS)))
    size_bytes = sum(len(data) for _, data in CHUNKS)
    assert (made.events, made.chunks, made.size_bytes) == (7, 9, size_bytes)
    # 0.5, 0.5, 1.0, 2.0, 0.5, 0.5
    assert [made.gaps.quantile(share) for share in (0.5, 0.9, 1.0)] == [0.5, 1.5, 2.0]
    assert made.stalls[0][:4] == (2.0, 6.0, 4, "message")
    assert [stall.gap_s for stall in made.stalls] == [2.0, 1.0, 0.5]
    assert made.events_per_s == pytest.approx(6 / 5)
    assert made.bytes_per_s == pytest.approx(size_bytes / 6)
    # 16 characters are 4 tokens, from 2.5 to 6.0.
    assert made.tokens == OutputTokens(4, reported=False)
    assert made.tokens_per_s == pytest.approx(4 / 3.5)
    assert max(gap for gap in made.rhythm if gap is not None) == 2.0


def test_what_the_provider_counts_is_taken(capture_file: Write) -> None:
    usage = b'data: {"choices":[],"usage":{"completion_tokens":70}}\n\n'
    made = measure(ssetape.open(capture_file([*CHUNKS, (7.5, usage)])))
    assert made.tokens == OutputTokens(70, reported=True)
    assert made.tokens_per_s == pytest.approx(20)
    assert made.usage == {"completion_tokens": 70}


def test_a_stream_of_no_known_protocol_has_its_rhythm(capture_file: Write) -> None:
    made = measure(
        ssetape.open(capture_file([(1, b'data: {"t":1}\n\n'), (2, b'data: {"t":2}\n\n')]))
    )
    assert (made.protocol, made.figures, made.tokens) == (None, [], None)
    assert (made.milestones.first_event_s, made.milestones.first_text_s) == (1, None)
    assert made.stalls == [Silence(1, 2, 1, "message", '{"t":2}')]


def test_a_body_that_is_no_stream_is_counted(capture_file: Write) -> None:
    path = capture_file([(1, b"<p>"), (2, b"</p>")], headers=[("content-type", "text/html")])
    made = measure(ssetape.open(path))
    assert (made.events, made.chunks, made.size_bytes) == (0, 2, 7)
    assert (made.milestones.first_byte_s, made.bytes_per_s) == (1, 7)


def test_what_ended_before_anything_came_has_few_milestones(capture_file: Write) -> None:
    made = measure(ssetape.open(capture_file([], status=None, end="connect_failed", end_s=0.1)))
    assert made.milestones == Milestones(end_s=0.1)
    assert (made.gaps.count, made.events_per_s, made.bytes_per_s) == (0, None, None)
    interrupted = measure(ssetape.open(capture_file(CHUNKS, end=None)))
    assert (interrupted.end, interrupted.milestones.end_s) == (None, None)


def test_damage_is_told_and_what_is_before_it_measured(capture_file: Write) -> None:
    path = capture_file([(1.0, b"data: a\n\n"), (2.0, b"x")], headers=[
        ("content-type", "text/event-stream"), ("content-encoding", "gzip")
    ])  # fmt: skip
    made = measure(ssetape.open(path))
    assert (made.events, made.chunks, made.size_bytes) == (0, 2, 10)
    assert any("not gzip" in problem for problem in made.problems)


def test_a_clock_that_was_set_back_makes_no_negative_gap(capture_file: Write) -> None:
    made = measure(ssetape.open(capture_file([(2, b"data: a\n\n"), (1, b"data: b\n\n")])))
    assert made.gaps.quantile(1.0) == 0.0
    assert made.stalls == []


def test_milestones_of_several_captures(capture_file: Write) -> None:
    made = [
        measure(ssetape.open(capture_file([(t_s, b"data: a\n\n")], end_s=9))) for t_s in (1, 2, 3)
    ]
    found = dict(milestone_distributions(made))
    assert list(found) == [
        "response head", "first byte", "first event", "first text", "last text", "end of transport"
    ]  # fmt: skip
    assert [found["first text"].quantile(share) for share in (0.0, 0.5, 1.0)] == [1, 2, 3]
