from protocol_samples import SAMPLES
from said import answer_of, calls_of

from ssetape.meaning.tokens import output_tokens
from ssetape.protocols import cohere_v1


def test_a_chat() -> None:
    answer = answer_of(cohere_v1, *SAMPLES["cohere-v1"].said)
    assert (answer.text, answer.stop, answer.done) == ("Red fox", "COMPLETE", "is_finished")
    tokens = output_tokens(answer.usage, 0)
    assert tokens is not None
    assert tokens.count == 2


def test_calls_come_in_pieces_and_then_whole() -> None:
    calls = [{"name": "f", "parameters": {"a": 1}}]
    delta = {"index": 0, "name": "f"}
    answer = answer_of(
        cohere_v1,
        {"event_type": "tool-calls-chunk", "is_finished": False, "text": "I will"},
        {"event_type": "tool-calls-chunk", "is_finished": False, "tool_call_delta": delta},
        {
            "event_type": "tool-calls-chunk",
            "is_finished": False,
            "tool_call_delta": {"index": 0, "parameters": '{"a":'},
        },
        {"event_type": "tool-calls-generation", "is_finished": False, "tool_calls": calls},
        {"event_type": "citation-generation", "is_finished": False, "citations": [{"start": 0}]},
    )
    assert (answer.text, answer.reasoning) == ("", "I will")
    assert calls_of(answer) == [("", "f", '{"a":1}')]
    assert answer.parts == [("citations", [{"start": 0}])]


def test_what_came_only_in_the_end_and_what_failed() -> None:
    generated = {"generations": [{"text": "Red fox"}]}
    assert answer_of(cohere_v1, {"is_finished": True, "response": generated}).text == "Red fox"
    said = {"is_finished": True, "finish_reason": "ERROR_TOXIC", "response": {}}
    assert answer_of(cohere_v1, said).error == "ERROR_TOXIC"
