from typing import Any

from written import events_of

from ssetape.facts import Done, Failure, Model, Reasoning, Stop, Text, ToolCall, Usage
from ssetape.protocols.writing import Tokens, writer_of


def deltas(*facts: Any) -> list[Any]:
    chunks = [value for _, value in events_of("openai-chat", facts) if isinstance(value, dict)]
    return [chunk["choices"][0]["delta"] for chunk in chunks if chunk.get("choices")]


def test_each_piece_is_a_chunk_as_the_documentation_has_it() -> None:
    facts = [Model("m"), Usage({"total_tokens": 3}), Stop("length"), Text("Hi"), Done("")]
    head = {
        "id": "chatcmpl-0123456789abcdef0123456789abcdef",
        "object": "chat.completion.chunk",
        "created": 1_700_000_000,
        "model": "m",
    }

    def chunk(delta: Any, stop: str | None = None) -> tuple[str, Any]:
        return "", {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": stop}]}

    assert events_of("openai-chat", facts) == [
        chunk({"role": "assistant", "content": ""}),
        chunk({"content": "Hi"}),
        chunk({}, "length"),
        ("", {**head, "choices": [], "usage": {"total_tokens": 3}}),
        ("", "[DONE]"),
    ]


def test_calls_are_counted_and_named_once() -> None:
    calls = [ToolCall("a", "i", "f"), ToolCall("a", arguments="{}"), ToolCall("b", "j", "g")]
    assert [delta["tool_calls"] for delta in deltas(*calls)[1:]] == [
        [{"index": 0, "id": "i", "type": "function", "function": {"name": "f", "arguments": ""}}],
        [{"index": 0, "function": {"arguments": "{}"}}],
        [{"index": 1, "id": "j", "type": "function", "function": {"name": "g", "arguments": ""}}],
    ]


def test_reasoning_and_errors_are_where_clients_look_for_them() -> None:
    assert deltas(Reasoning("So"))[1] == {"reasoning_content": "So"}
    *_, (_, last) = events_of("openai-chat", [Text("a"), Failure("slow", None)])
    assert last["error"]["message"] == "slow"


def test_usage_is_counted_as_openai_does() -> None:
    counts = writer_of("openai-chat").counts
    total = {"prompt_tokens": 2, "completion_tokens": 5, "total_tokens": 7}
    assert counts(Tokens(2, 5)) == total
    details = {"completion_tokens_details": {"reasoning_tokens": 3}}
    assert counts(Tokens(2, 5, 3)) == {**total, **details}
