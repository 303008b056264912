from typing import Any

from said import answer_of, calls_of, name_of

from ssetape.protocols import cohere


def event(kind: str, **said: Any) -> tuple[str, dict[str, Any]]:
    return kind, {"type": kind, "index": said.pop("index", 0), "delta": {"message": said}}


def test_an_answer() -> None:
    answer = answer_of(
        cohere,
        event("message-start", role="assistant"),
        event("tool-plan-delta", tool_plan="I will"),
        event("content-delta", content={"thinking": " think"}),
        event("content-start", content={"type": "text", "text": ""}),
        event("content-delta", content={"text": "Hi"}),
        event(
            "tool-call-start", tool_calls={"id": "t", "function": {"name": "f", "arguments": ""}}
        ),
        event("tool-call-delta", tool_calls={"function": {"arguments": "{}"}}),
        event("citation-start", citations={"start": 0}),
        (
            "message-end",
            {
                "type": "message-end",
                "delta": {"finish_reason": "COMPLETE", "usage": {"tokens": {}}},
            },
        ),
        "[DONE]",
    )
    assert (answer.text, answer.reasoning, answer.stop) == ("Hi", "I will think", "COMPLETE")
    assert calls_of(answer) == [("t", "f", "{}")]
    assert (answer.done, answer.role) == ("message-end", "assistant")
    assert answer.parts == [("citation", {"start": 0})]


def test_an_error_ends_the_message() -> None:
    said = {"type": "message-end", "delta": {"finish_reason": "ERROR", "error": "broken"}}
    assert answer_of(cohere, said).error == "broken"


def test_it_is_recognised_by_its_first_messages() -> None:
    assert name_of(event("message-start")) == "cohere"
    assert name_of({"type": "message-end"}) is None
