from typing import Any

from said import answer_of, calls_of, name_of

from ssetape.protocols import gemini_interactions


def event(kind: str, index: int = 0, **fields: Any) -> dict[str, Any]:
    return {"event_type": kind, "index": index, **fields}


def test_steps_make_an_answer() -> None:
    answer = answer_of(
        gemini_interactions,
        event("interaction.created", interaction={"model": "m"}),
        event("step.start", 0, step={"type": "thought"}),
        event("step.delta", 0, delta={"type": "thought_summary", "content": {"text": "hm"}}),
        event("step.stop", 0),
        event("step.start", 1, step={"type": "model_output"}),
        event("step.delta", 1, delta={"type": "text", "text": "Hi"}),
        event("step.start", 2, step={"type": "function_call", "id": "i", "name": "f"}),
        event("step.delta", 2, delta={"type": "arguments", "partial_arguments": "{}"}),
        event("interaction.completed", interaction={"status": "completed", "usage": {"n": 1}}),
        "[DONE]",
    )
    assert (answer.text, answer.reasoning, answer.stop) == ("Hi", "hm", "completed")
    assert calls_of(answer) == [("i", "f", "{}")]
    assert (answer.model, answer.usage, answer.done) == ("m", {"n": 1}, "interaction.completed")


def test_an_error_is_told() -> None:
    assert answer_of(gemini_interactions, event("error", error={"message": "no"})).error == "no"


def test_it_is_recognised_by_its_first_messages() -> None:
    assert name_of(event("interaction.created")) == "gemini-interactions"
    assert name_of(event("other")) is None
