from typing import Any

from said import answer_of, calls_of, name_of

from ssetape.protocols import openai_responses


def event(kind: str, **fields: Any) -> tuple[str, dict[str, Any]]:
    return kind, {"type": kind, **fields}


def test_text_in_pieces_is_not_told_again_by_what_holds_it_whole() -> None:
    message = {
        "type": "message",
        "role": "assistant",
        "content": [{"type": "output_text", "text": "Hi!"}],
    }
    answer = answer_of(
        openai_responses,
        event("response.created", response={"model": "m"}),
        event(
            "response.output_item.added",
            output_index=0,
            item={"type": "message", "role": "assistant"},
        ),
        event("response.output_text.delta", output_index=0, content_index=0, delta="Hi"),
        event("response.output_text.delta", output_index=0, content_index=0, delta="!"),
        event("response.output_text.done", output_index=0, content_index=0, text="Hi!"),
        event("response.output_item.done", output_index=0, item=message),
        event(
            "response.completed",
            response={"status": "completed", "output": [message], "usage": {"output_tokens": 1}},
        ),
    )
    assert (answer.text, answer.model, answer.role) == ("Hi!", "m", "assistant")
    assert (answer.stop, answer.done) == ("completed", "response.completed")
    assert answer.usage == {"output_tokens": 1}


def test_what_comes_only_whole_is_taken_from_the_whole() -> None:
    message = {"type": "message", "content": [{"type": "output_text", "text": "Hi"}]}
    assert (
        answer_of(openai_responses, event("response.output_item.done", item=message)).text == "Hi"
    )
    end = event("response.completed", response={"output": [message]})
    assert answer_of(openai_responses, end).text == "Hi"


def test_calls_are_named_by_the_id_to_answer_to() -> None:
    item = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f"}
    answer = answer_of(
        openai_responses,
        event("response.output_item.added", output_index=1, item={**item, "arguments": ""}),
        event("response.function_call_arguments.delta", output_index=1, delta='{"a"'),
        event("response.function_call_arguments.delta", output_index=1, delta=":1}"),
        event("response.function_call_arguments.done", output_index=1, arguments='{"a":1}'),
        event("response.output_item.done", output_index=1, item={**item, "arguments": '{"a":1}'}),
        event("response.output_item.done", output_index=2, item={"type": "web_search_call"}),
    )
    assert calls_of(answer) == [("call_1", "f", '{"a":1}')]
    assert [kind for kind, _ in answer.parts] == ["web_search_call"]


def test_summaries_are_paragraphs() -> None:
    kind = "response.reasoning_summary_text.delta"
    answer = answer_of(
        openai_responses,
        event(kind, output_index=0, summary_index=0, delta="one "),
        event(kind, output_index=0, summary_index=0, delta="thing"),
        event(kind, output_index=0, summary_index=1, delta="another"),
        event(
            "response.reasoning_summary_text.done", output_index=0, summary_index=1, text="another"
        ),
    )
    assert answer.reasoning == "one thing\n\nanother"


def test_ends_and_errors() -> None:
    failed = event("response.failed", response={"status": "failed", "error": {"message": "no"}})
    answer = answer_of(openai_responses, failed)
    assert (answer.stop, answer.error, answer.done) == ("failed", "no", "response.failed")
    for said in (event("error", message="no"), event("error", error={"message": "no"})):
        assert answer_of(openai_responses, said).error == "no"


def test_it_is_recognised_by_its_first_messages_or_by_path_and_error() -> None:
    assert name_of(event("response.created")) == "openai-responses"
    assert name_of(event("error"), url="http://a.test/v1/responses") == "openai-responses"
    assert name_of(event("error")) is None


def message(*texts: str) -> dict[str, Any]:
    content = [{"type": "output_text", "text": text} for text in texts]
    return {"type": "message", "role": "assistant", "content": content}


def test_parts_may_be_counted_on_over_items() -> None:
    reasoning = {"type": "reasoning", "content": [{"text": "Hm."}], "summary": [{"text": "Well"}]}
    answer = answer_of(
        openai_responses,
        event("response.reasoning_text.delta", output_index=0, content_index=3, delta="Hm."),
        event(
            "response.reasoning_summary_text.delta", output_index=0, summary_index=2, delta="Well"
        ),
        event("response.output_item.done", output_index=0, item=reasoning),
        event("response.output_text.delta", output_index=1, content_index=4, delta="Red"),
        event("response.output_text.delta", output_index=1, content_index=5, delta=" f"),
        event("response.output_item.done", output_index=1, item=message("Red", " fox")),
    )
    assert (answer.text, answer.reasoning) == ("Red fox", "Hm.Well")


def test_several_responses_over_one_connection() -> None:
    item = {"type": "function_call", "name": "f", "arguments": "{}"}
    said = []
    for text in ("Red", " fox"):
        said += [
            event("response.create", input=[]),
            event("response.created", response={"model": "m"}),
            event("response.output_item.done", output_index=0, item=message(text)),
            event("response.output_item.done", output_index=1, item={**item, "call_id": text}),
            event("response.completed", response={"status": "completed"}),
        ]
    answer = answer_of(openai_responses, *said)
    assert answer.text == "Red fox"
    assert [call.id for call in answer.tool_calls] == ["Red", " fox"]
    client = answer_of(openai_responses, {"error": "mine"}, from_client=True)
    assert client.error is None
