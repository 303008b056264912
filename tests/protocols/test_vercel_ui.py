from said import answer_of, calls_of, name_of

from ssetape.protocols import vercel_ui


def test_an_answer() -> None:
    answer = answer_of(
        vercel_ui,
        {"type": "start", "messageId": "m"},
        {"type": "start-step"},
        {"type": "reasoning-delta", "id": "0", "delta": "hm"},
        {"type": "text-delta", "id": "1", "delta": "Hi"},
        {"type": "tool-input-start", "toolCallId": "t", "toolName": "f"},
        {"type": "tool-input-delta", "toolCallId": "t", "inputTextDelta": '{"a": 1}'},
        {"type": "tool-input-available", "toolCallId": "t", "toolName": "f", "input": {"a": 1}},
        {"type": "tool-input-available", "toolCallId": "u", "toolName": "g", "input": {"b": 2}},
        {"type": "tool-output-available", "toolCallId": "t", "output": 1},
        {"type": "source-url", "url": "u"},
        {"type": "finish", "finishReason": "stop", "messageMetadata": {"usage": {"n": 1}}},
        "[DONE]",
    )
    assert (answer.text, answer.reasoning, answer.stop) == ("Hi", "hm", "stop")
    assert calls_of(answer) == [("t", "f", '{"a": 1}'), ("u", "g", '{"b":2}')]
    assert (answer.done, answer.role, answer.usage) == ("finish", "assistant", {"n": 1})
    assert [kind for kind, _ in answer.parts] == ["tool-output-available", "source-url"]


def test_a_step_is_taken_back() -> None:
    answer = answer_of(
        vercel_ui,
        {"type": "start-step"},
        {"type": "text-delta", "delta": "a"},
        {"type": "start-step"},
        {"type": "text-delta", "delta": "b"},
        {"type": "reset-step"},
        {"type": "text-delta", "delta": "c"},
    )
    assert answer.text == "ac"


def test_errors_and_aborts() -> None:
    assert answer_of(vercel_ui, {"type": "error", "errorText": "no"}).error == "no"
    aborted = answer_of(vercel_ui, {"type": "abort"})
    assert (aborted.stop, aborted.done) == ("abort", "abort")
    wrong = {"type": "tool-input-error", "toolCallId": "t", "toolName": "f", "input": "x"}
    assert calls_of(answer_of(vercel_ui, wrong)) == [("t", "f", "x")]


def test_it_is_recognised_by_its_header_or_its_first_messages() -> None:
    header = [("X-Vercel-AI-UI-Message-Stream", "v1")]
    assert name_of({"type": "error"}, headers=header) == "vercel-ui"
    assert name_of({"type": "text-start"}) == "vercel-ui"
    assert name_of({"type": "error"}) is None
