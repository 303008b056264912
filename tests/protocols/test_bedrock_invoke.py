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


def test_nova_s_events_are_those_of_converse() -> None:
    answer = answer_of(
        bedrock_invoke,
        chunk({"messageStart": {"role": "assistant"}}),
        chunk({"contentBlockDelta": {"delta": {"text": "Red fox"}, "contentBlockIndex": 0}}),
        chunk({"messageStop": {"stopReason": "end_turn"}}),
        chunk({"metadata": {"usage": {"outputTokens": 2}}, **METRICS}),
    )
    assert (answer.text, answer.stop, answer.role) == ("Red fox", "end_turn", "assistant")
    assert answer.usage == {"outputTokenCount": 2}
    alone = answer_of(bedrock_invoke, chunk({"metadata": {"usage": {"outputTokens": 2}}}))
    assert alone.usage == {"outputTokens": 2}


def test_mistral_s_are_outputs_or_choices() -> None:
    pieces = [{"text": "Red", "stop_reason": None}, {"text": " fox", "stop_reason": "stop"}]
    answer = answer_of(bedrock_invoke, *(chunk({"outputs": [piece]}) for piece in pieces))
    assert (answer.text, answer.stop) == ("Red fox", "stop")
    chat = [{"message": {"content": piece["text"]}, **piece, "text": ""} for piece in pieces]
    answer = answer_of(bedrock_invoke, *(chunk({"choices": [each]}) for each in chat))
    assert (answer.text, answer.stop) == ("Red fox", "stop")


def test_cohere_s_and_claude_s_older_events() -> None:
    said = [
        {"event_type": "text-generation", "is_finished": False, "text": "Red fox"},
        {"event_type": "stream-end", "is_finished": True, "finish_reason": "COMPLETE", **METRICS},
    ]
    answer = answer_of(bedrock_invoke, *map(chunk, said))
    assert (answer.text, answer.stop, answer.usage) == (
        "Red fox",
        "COMPLETE",
        {"outputTokenCount": 2},
    )
    claude = {"type": "completion", "completion": " Red", "stop_reason": None}
    assert answer_of(bedrock_invoke, chunk(claude)).text == " Red"


def test_a_text_in_two_places_is_said_once() -> None:
    both = chunk({"generation": "Red fox", "outputText": "Red fox"})
    assert answer_of(bedrock_invoke, both).text == "Red fox"
