import pytest
from protocol_samples import SAMPLES, langchain
from said import Said, answer_of, name_of

from ssetape.protocols import langgraph

META: Said = ("metadata", {"run_id": "r"})
ASKED = {"type": "human", "content": "Say it"}


def test_messages_and_the_state_that_repeats_them() -> None:
    answer = answer_of(langgraph, *SAMPLES["langgraph"].said)
    assert (answer.text, answer.done, answer.role) == ("Red fox", "end", "assistant")
    assert answer.usage == {"input_tokens": 5, "output_tokens": 2}


@pytest.mark.parametrize(
    "said",
    [
        [("messages/partial", [langchain("Red")]), ("messages/partial", [langchain("Red fox")])],
        [("messages/partial", [langchain("Red")]), ("messages/complete", [langchain("Red fox")])],
        [("messages|child:1", [langchain("Red"), {}]), ("messages|child:1", [langchain(" fox")])],
        [
            ("messages", [langchain("Red fox", "ai"), {}]),
            ("messages", [langchain("Red fox", "ai")]),
        ],
        [("values", {"messages": [langchain("old", "ai") | {"id": "0"}, ASKED]})]
        + [("values", {"messages": [ASKED, langchain("Red fox", "ai")]})] * 2,
        [("updates", {"agent": {"messages": [langchain("Red fox", "ai")]}})],
        [
            ("events", {"event": "on_chat_model_stream", "data": {"chunk": langchain("Red fox")}}),
            ("events", {"event": "on_chain_end", "data": {}}),
        ],
    ],
    ids=["partial", "complete", "subgraph", "whole", "values", "updates", "events"],
)
def test_every_stream_mode(said: list[Said]) -> None:
    answer = answer_of(langgraph, META, *said)
    assert answer.text == "Red fox"
    assert name_of(META, *said) == "langgraph"


def test_custom_data_and_errors() -> None:
    answer = answer_of(langgraph, ("custom", {"a": 1}), ("error", {"error": "E", "message": "no"}))
    assert (answer.parts, answer.error) == ([("custom", {"a": 1})], "no")


def test_a_run_that_fails_at_once() -> None:
    said = [("metadata", {"run_id": "r"}), ("error", {"error": "ValueError", "message": "boom"})]
    assert name_of(*said) == "langgraph"
    assert answer_of(langgraph, *said).error == "boom"
    assert name_of(said[0], ("data", "Red"), said[1]) == "langserve"
