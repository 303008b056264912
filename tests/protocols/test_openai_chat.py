from typing import Any

import pytest
from said import answer_of, calls_of, facts_of, name_of

from ssetape.facts import Failure
from ssetape.protocols import openai_chat


def chunk(delta: dict[str, Any] | None = None, index: int = 0, **fields: Any) -> dict[str, Any]:
    choice = {"index": index, "delta": delta or {}, "finish_reason": None, **fields}
    return {"object": "chat.completion.chunk", "model": "m", "choices": [choice]}


def call(index: int | None, id: str | None, name: str | None, arguments: str) -> dict[str, Any]:
    piece = {"index": index, "id": id, "function": {"name": name, "arguments": arguments}}
    return {"tool_calls": [{key: value for key, value in piece.items() if value is not None}]}


def test_text_reasoning_stop_and_usage() -> None:
    answer = answer_of(
        openai_chat,
        chunk({"role": "assistant", "content": ""}),
        chunk({"reasoning_content": "hm"}),
        chunk({"content": "Hel"}),
        chunk({"content": "lo", "role": "assistant"}),
        chunk(finish_reason="stop"),
        {"choices": [], "usage": {"completion_tokens": 2}},
        "[DONE]",
    )
    assert (answer.text, answer.reasoning, answer.stop) == ("Hello", "hm", "stop")
    assert (answer.model, answer.role, answer.done) == ("m", "assistant", "[DONE]")
    assert answer.usage == {"completion_tokens": 2}


@pytest.mark.parametrize(
    ("pieces", "calls"),
    [
        ([call(0, "a", "f", "{"), call(0, None, None, "}")], [("a", "f", "{}")]),
        # id and name again in every piece
        ([call(0, "a", "f", "{"), call(0, "a", "f", "}")], [("a", "f", "{}")]),
        # another id at an index that is taken
        ([call(0, "a", "f", "1"), call(0, "b", "g", "2")], [("a", "f", "1"), ("b", "g", "2")]),
        # no index
        (
            [call(None, "a", "f", "1"), call(None, "b", "g", "2")],
            [("a", "f", "1"), ("b", "g", "2")],
        ),
        ([call(None, "a", "f", "{"), call(None, None, None, "}")], [("a", "f", "{}")]),
        # two at once, in turns
        (
            [
                call(0, "a", "f", "["),
                call(1, "b", "g", "{"),
                call(0, None, None, "]"),
                call(1, None, None, "}"),
            ],
            [("a", "f", "[]"), ("b", "g", "{}")],
        ),
        (
            [
                {"function_call": {"name": "f", "arguments": "{"}},
                {"function_call": {"arguments": "}"}},
            ],
            [("", "f", "{}")],
        ),
    ],
)
def test_tool_calls_in_the_pieces_of_many_servers(pieces: Any, calls: Any) -> None:
    assert calls_of(answer_of(openai_chat, *map(chunk, pieces))) == calls


def test_several_choices() -> None:
    answer = answer_of(
        openai_chat, chunk({"content": "a"}), chunk({"content": "b"}, 1), chunk({"content": "c"}, 0)
    )
    assert [choice.text for choice in answer.choices] == ["ac", "b"]


def test_dialects() -> None:
    parts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
        {"type": "text", "text": "a"},
        {"type": "reference", "ids": [1]},
    ]
    mistral = answer_of(openai_chat, chunk({"content": parts}))
    assert (mistral.reasoning, mistral.text, mistral.parts[0][0]) == ("hm", "a", "reference")
    details = {"reasoning_details": [{"text": "so"}, {"summary": "!"}]}
    assert answer_of(openai_chat, chunk(details)).reasoning == "so!"
    # Both of the same say it once.
    both = {"reasoning": "so", "reasoning_details": [{"text": "so"}]}
    assert answer_of(openai_chat, chunk(both)).reasoning == "so"
    groq = answer_of(openai_chat, {**chunk(), "x_groq": {"usage": {"total_tokens": 1}}})
    assert groq.usage == {"total_tokens": 1}
    legacy = answer_of(openai_chat, {"choices": [{"index": 0, "text": "once"}]})
    assert legacy.text == "once"
    cited = answer_of(openai_chat, {**chunk(), "citations": ["u"]}, {**chunk(), "citations": ["u"]})
    assert cited.parts == [("citations", ["u"])]
    refused = answer_of(openai_chat, chunk({"refusal": "no"}))
    assert refused.parts == [("refusal", "no")]


@pytest.mark.parametrize(
    "said",
    [
        {"error": {"message": "full", "code": 1}},
        ("error", {"message": "full"}),
        ("error", "full"),
        {"choices": [{"delta": {}, "error": {"message": "full"}}]},
    ],
)
def test_errors_within_the_stream(said: Any) -> None:
    assert [f.text for f in facts_of(openai_chat, said) if isinstance(f, Failure)] == ["full"]


def test_it_is_recognised_by_its_first_messages_or_by_path_and_json() -> None:
    assert name_of(chunk()) == "openai-chat"
    assert name_of({"choices": [{"delta": {}}]}) == "openai-chat"
    assert name_of({"error": {}}, url="http://a.test/v1/chat/completions?x") == "openai-chat"
    assert name_of({"error": {}}) is None


def test_a_text_in_two_places_is_said_once() -> None:
    said = [
        {"choices": [{"index": 0, "delta": {"content": t}, "text": t}]} for t in ("Red", " fox")
    ]
    last = {"choices": [{"index": 0, "delta": {"content": ""}, "text": ""}]}
    assert answer_of(openai_chat, *said, last).text == "Red fox"


def test_a_whole_answer_counts_where_no_delta_came() -> None:
    message = {"role": "assistant", "content": "Red fox"}
    whole = {"object": "chat.completion", "choices": [{"index": 0, "message": message}]}
    assert answer_of(openai_chat, whole).text == "Red fox"
    piece = {"choices": [{"index": 0, "delta": {"content": "Red fox"}}]}
    assert answer_of(openai_chat, piece, whole).text == "Red fox"


def test_messages_may_be_pieces() -> None:
    pieces = [{"message": {"content": text}, "stop_reason": None} for text in ("Red", " fox")]
    said = [{"choices": [piece]} for piece in pieces]
    end = {"choices": [{"message": {"content": ""}, "stop_reason": "stop"}]}
    answer = answer_of(openai_chat, *said, end)
    assert (answer.text, answer.stop) == ("Red fox", "stop")


def test_the_transcript_of_speech_is_text() -> None:
    audio = [{"id": "a", "transcript": "Red"}, {"transcript": " fox"}, {"data": "AAAA"}]
    said = [{"choices": [{"index": 0, "delta": {"audio": each}}]} for each in audio]
    assert answer_of(openai_chat, *said).text == "Red fox"
