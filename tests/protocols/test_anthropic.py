from typing import Any

from said import answer_of, calls_of, name_of

from ssetape.protocols import anthropic


def event(kind: str, **fields: Any) -> tuple[str, dict[str, Any]]:
    return kind, {"type": kind, **fields}


def delta(index: int, kind: str, **fields: Any) -> tuple[str, dict[str, Any]]:
    return event("content_block_delta", index=index, delta={"type": kind, **fields})


def test_blocks_make_an_answer() -> None:
    tool = {"type": "tool_use", "id": "t1", "name": "f", "input": {}}
    answer = answer_of(
        anthropic,
        event(
            "message_start",
            message={
                "model": "m",
                "role": "assistant",
                "usage": {"input_tokens": 9, "output_tokens": 1},
            },
        ),
        event("content_block_start", index=0, content_block={"type": "thinking", "thinking": ""}),
        delta(0, "thinking_delta", thinking="hm"),
        delta(0, "signature_delta", signature="x"),
        event("content_block_start", index=1, content_block={"type": "text", "text": ""}),
        ("ping", {"type": "ping"}),
        delta(1, "text_delta", text="Hi"),
        delta(1, "citations_delta", citation={"url": "u"}),
        event("content_block_start", index=2, content_block=tool),
        delta(2, "input_json_delta", partial_json=""),
        delta(2, "input_json_delta", partial_json='{"a":'),
        delta(2, "input_json_delta", partial_json="1}"),
        event("content_block_stop", index=2),
        event("content_block_start", index=3, content_block={**tool, "id": "t2"}),
        event("content_block_stop", index=3),
        event(
            "content_block_start", index=4, content_block={**tool, "id": "t3", "input": {"b": 2}}
        ),
        event("content_block_stop", index=4),
        event("message_delta", delta={"stop_reason": "tool_use"}, usage={"output_tokens": 15}),
        event("message_stop"),
    )
    assert (answer.text, answer.reasoning, answer.model) == ("Hi", "hm", "m")
    assert calls_of(answer) == [("t1", "f", '{"a":1}'), ("t2", "f", "{}"), ("t3", "f", '{"b":2}')]
    assert answer.usage == {"input_tokens": 9, "output_tokens": 15}
    assert (answer.stop, answer.done) == ("tool_use", "message_stop")
    assert answer.parts == [("citation", {"url": "u"})]


def test_an_error_is_told() -> None:
    said = event("error", error={"type": "overloaded_error", "message": "Overloaded"})
    assert answer_of(anthropic, said).error == "Overloaded"


def test_results_of_tools_are_parts() -> None:
    block = {"type": "web_search_tool_result", "content": []}
    assert answer_of(anthropic, event("content_block_start", index=0, content_block=block)).parts


def test_it_is_recognised_by_its_first_messages_or_by_path_and_error() -> None:
    assert name_of(event("message_start")) == "anthropic"
    assert name_of(event("error"), url="http://a.test/v1/messages") == "anthropic"
    assert name_of(event("error"), ("error", {"type": "error"})) is None


def test_the_older_completions() -> None:
    said = {"type": "completion", "completion": " Red", "stop_reason": None, "model": "m"}
    end = {**said, "completion": " fox", "stop_reason": "stop_sequence"}
    answer = answer_of(anthropic, said, ("ping", {"type": "ping"}), end)
    assert (answer.text, answer.stop, answer.model) == (" Red fox", "stop_sequence", "m")
    assert answer.done == "stop_reason"
    del said["type"], end["type"]
    assert name_of(said) == "anthropic"
    assert answer_of(anthropic, said, {**end, "completion": " Red fox"}).text == " Red fox"
