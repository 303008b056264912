import json
from base64 import b64encode
from typing import Any

from said import Said, answer_of, clues, message, name_of

from ssetape.protocols import bedrock_invoke, recognise


def chunk(value: Any) -> Said:
    text = value if isinstance(value, str) else json.dumps(value)
    return "chunk", {"bytes": b64encode(text.encode()).decode(), "p": "abc"}


METRICS = {"amazon-bedrock-invocationMetrics": {"outputTokenCount": 2}}


def test_the_events_of_anthropic_and_openai_are_read_as_theirs() -> None:
    answer = answer_of(
        bedrock_invoke,
        chunk({"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Hi"}}),
        chunk({"type": "message_stop", **METRICS}),
    )
    assert (answer.text, answer.done, answer.usage) == ("Hi", "message_stop", {})
    openai = chunk({"choices": [{"delta": {"content": "Hi"}}]})
    assert answer_of(bedrock_invoke, openai).text == "Hi"


def test_other_makers_have_their_text_in_one_place_or_another() -> None:
    for name, stop in (
        ("outputText", "completionReason"),
        ("generation", "stop_reason"),
        ("text", "finish_reason"),
        ("completion", "stop_reason"),
    ):
        answer = answer_of(bedrock_invoke, chunk({name: "Hi", stop: None}), chunk({stop: "end"}))
        assert (answer.text, answer.stop) == ("Hi", "end")
    last = answer_of(bedrock_invoke, chunk({"outputText": "", **METRICS}))
    assert (last.usage, last.done) == ({"outputTokenCount": 2}, "amazon-bedrock-invocationMetrics")


def test_an_agent_sends_plain_text() -> None:
    assert answer_of(bedrock_invoke, chunk("Based on"), chunk(" this")).text == "Based on this"


def test_what_is_no_base64_leaves_the_rest() -> None:
    bad: Said = ("chunk", {"bytes": "a"})
    assert answer_of(bedrock_invoke, bad, chunk("x"), ("other", "y")).text == "x"


def test_it_is_recognised_by_its_first_messages_or_by_path_and_exception() -> None:
    assert name_of(chunk("x")) == "bedrock-invoke"
    made = clues(url="http://a.test/model/m/invoke-with-response-stream")
    made.messages.append(message(("throttling", {"message": "slow"}), is_error=True))
    assert recognise(made) is bedrock_invoke
    reader = bedrock_invoke.Reader()
    assert [fact.text for fact in reader.read(made.messages[0]) if hasattr(fact, "text")] == [
        "throttling: slow"
    ]
