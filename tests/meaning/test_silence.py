import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from protocol_samples import SAMPLES
from said import message

import ssetape
from ssetape.facts import Fact, Failure, Stop, Text, Usage
from ssetape.meaning.answer import Answer
from ssetape.meaning.silence import Silence

Write = Callable[..., Path]


def problem(*said: tuple[Any, list[Fact]], from_client: bool = False) -> str | None:
    silence = Silence()
    for value, facts in said:
        silence.see(message(value, from_client=from_client), facts)
    return silence.problem("x")


def test_words_of_which_nothing_is_understood_are_told() -> None:
    found = problem(({"deep": [{"text": "Red"}]}, [Usage({"total_tokens": 4})]), ({}, [Stop("s")]))
    assert found is not None
    assert "recognised as x, but nothing was understood in 2 messages" in found
    assert "'Red'" in found
    assert problem(({"delta": "x" * 99}, [])) is not None


@pytest.mark.parametrize(
    "value",
    [
        {"type": "ping"},
        {"id": "Red", "object": "chat.completion.chunk", "choices": []},
        {"text": {"format": {"type": "text"}}},
        {"content": " ", "delta": "12", "value": None},
        "[DONE]",
        "not JSON",
        [[[[[[[[[[["deep"]]]]]]]]]]],
    ],
)
def test_a_message_without_words_is_not(value: Any) -> None:
    assert problem((value, [])) is None


def test_what_is_understood_or_the_client_s_is_not() -> None:
    assert problem(({"text": "Red"}, []), ({"text": "x"}, [Text("x")])) is None
    assert problem(({"text": "no"}, [Failure("no", None)])) is None
    assert problem(({"text": "Red"}, []), from_client=True) is None


def answer_in(write: Write, *values: Any) -> Answer:
    body = "".join(f"data: {json.dumps(value)}\n\n" for value in values)
    return ssetape.open(write([(0.1, body.encode())])).answer()


def test_a_dialect_of_a_known_protocol_is_told(capture_file: Write) -> None:
    choice = {"index": 0, "delta": {"utterance": {"text": "Red fox"}}, "finish_reason": "stop"}
    answer = answer_in(capture_file, {"choices": [choice], "usage": {"total_tokens": 4}})
    assert (answer.protocol, answer.text, len(answer.problems)) == ("openai-chat", "", 1)
    assert "'Red fox'" in answer.problems[0]


def test_another_problem_explains_it(capture_file: Write) -> None:
    choice = {"index": 0, "delta": {}, "text": {"content": "Red"}}
    path = capture_file(
        [(0.1, b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\ndata: {\n\n")]
    )
    problems = ssetape.open(path).answer().problems
    assert len(problems) == 1
    assert "expected JSON" in problems[0]


@pytest.mark.parametrize("name", [name for name in SAMPLES if not SAMPLES[name].is_websocket])
def test_no_sample_is_told(name: str, capture_file: Write) -> None:
    values = [each for each in SAMPLES[name].said if isinstance(each, dict)]
    assert answer_in(capture_file, *values).problems == []
