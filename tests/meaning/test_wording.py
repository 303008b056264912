from typing import Any

import pytest

from ssetape.facts import (
    Done,
    Fact,
    Failure,
    Model,
    Part,
    Reasoning,
    Role,
    Stop,
    Text,
    ToolCall,
    Usage,
)
from ssetape.meaning.phrases import Phrase, Sort, in_words
from ssetape.meaning.wording import Wording

CALL = ToolCall("k", "id", "get_weather", '{"ci')


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ([], ""),
        ([Text("café\n")], '"café\\n"'),
        ([Text(" a"), Text(" b")], '" a b"'),
        ([Text("a"), Text("b", 1)], '"a", [1] "b"'),
        ([Text("a"), Text("b", replaces=True), Text("c")], '"a", = "bc"'),
        ([Text("", replaces=True)], '= ""'),
        ([Reasoning('so "it"')], '(thinking) so \\"it\\"'),
        ([Reasoning("so"), Text("a")], '(thinking) so, "a"'),
        ([CALL], 'call get_weather({"ci'),
        ([CALL, ToolCall("k", arguments='ty":')], 'call get_weather({"ci, call get_weather(…ty":'),
        ([CALL, ToolCall("k", "id")], 'call get_weather({"ci'),
        (
            [CALL, ToolCall("k", arguments="{}", replaces=True)],
            'call get_weather({"ci, call get_weather({}',
        ),
        ([ToolCall("k", arguments="{")], "call ({"),
        ([ToolCall("k", name="f", choice=2)], "[2] call f("),
        ([Part("refusal", "I can't")], 'refusal "I can\'t"'),
        ([Part("citation", {"url": "u"})], 'citation {"url":"u"}'),
        ([Usage({"prompt_tokens": 12, "completion_tokens": 40})], "usage 12+40"),
        ([Usage({"output_tokens": 40})], "usage +40"),
        ([Usage({"input_tokens": 12})], "usage 12+"),
        ([Usage({"seconds": 3})], 'usage {"seconds":3}'),
        ([Model("m"), Role("assistant")], "model m, role assistant"),
        ([Stop("stop")], "stop"),
        ([Stop("")], "stop"),
        ([Stop("length")], "stop length"),
        ([Failure("overloaded", {})], "error overloaded"),
        ([Done("[DONE]")], "done"),
    ],
)
def test_words_of_facts(facts: list[Fact], words: str) -> None:
    assert in_words(Wording().of(facts)) == words


def test_a_call_keeps_its_name_through_all_messages() -> None:
    wording = Wording()
    assert wording.of([CALL]) == [Phrase(Sort.CALL, 'call get_weather({"ci')]
    assert wording.of([ToolCall("k", arguments="ty")]) == [
        Phrase(Sort.CALL, "call get_weather(…ty")
    ]
    assert wording.of([ToolCall("k")]) == []


@pytest.mark.parametrize(
    ("fact", "sort"),
    [
        (Text("a"), Sort.TEXT),
        (Reasoning("a"), Sort.REASONING),
        (CALL, Sort.CALL),
        (Failure("a", None), Sort.ERROR),
        (Stop("a"), Sort.NOTE),
    ],
)
def test_each_fact_has_its_sort(fact: Fact, sort: Sort) -> None:
    assert [phrase.sort for phrase in Wording().of([fact])] == [sort]


@pytest.mark.parametrize("value", [None, 1, [], "\ud83d", float("nan"), 2**70])
def test_any_value_has_words(value: Any) -> None:
    assert in_words(Wording().of([Part("k", value), Usage({"x": value}), Failure("", value)]))
