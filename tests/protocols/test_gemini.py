import json
from typing import Any

from said import answer_of, calls_of, name_of

from ssetape.protocols import gemini


def chunk(*parts: dict[str, Any], **candidate: Any) -> dict[str, Any]:
    content = {"role": "model", "parts": list(parts)}
    return {"candidates": [{"content": content, "index": 0, **candidate}], "modelVersion": "m"}


def test_an_answer() -> None:
    answer = answer_of(
        gemini,
        chunk({"text": "hm", "thought": True}),
        chunk({"text": "Hi"}, {"text": "", "thoughtSignature": "x"}),
        {**chunk({"text": "!"}, finishReason="STOP"), "usageMetadata": {"totalTokenCount": 6}},
    )
    assert (answer.text, answer.reasoning, answer.stop) == ("Hi!", "hm", "STOP")
    assert (answer.model, answer.role, answer.usage) == ("m", "model", {"totalTokenCount": 6})
    assert (answer.done, answer.parts) == ("finishReason", [])


def test_calls_come_whole() -> None:
    answer = answer_of(
        gemini,
        chunk({"functionCall": {"name": "f", "args": {"a": 1}}}),
        chunk({"functionCall": {"name": "g", "id": "i"}}, {"inlineData": {"data": "x"}}),
    )
    assert calls_of(answer) == [("", "f", '{"a":1}'), ("i", "g", "{}")]
    assert answer.parts == [("inlineData", {"data": "x"})]


def test_calls_come_in_pieces() -> None:
    def piece(path: str, **value: Any) -> dict[str, Any]:
        return chunk({"functionCall": {"partialArgs": [{"jsonPath": path, **value}]}})

    answer = answer_of(
        gemini,
        chunk({"functionCall": {"name": "f", "willContinue": True}}),
        piece("$.a[0].b", stringValue="x", willContinue=True),
        piece("$.a[0].b", stringValue="y"),
        piece("$.n", numberValue=1.5),
        piece("$.t", boolValue=True),
        piece("$.z", nullValue="NULL_VALUE"),
        chunk({"functionCall": {}}),
    )
    [(_, name, arguments)] = calls_of(answer)
    assert name == "f"
    assert json.loads(arguments) == {"a": [{"b": "xy"}], "n": 1.5, "t": True, "z": None}


def test_errors_and_blocked_prompts() -> None:
    assert answer_of(gemini, {"error": {"code": 429, "message": "slow"}}).error == "slow"
    blocked = answer_of(gemini, {"promptFeedback": {"blockReason": "SAFETY"}})
    assert (blocked.stop, blocked.error) == ("SAFETY", "the prompt was blocked: SAFETY")


def test_it_is_recognised_by_its_first_messages_or_by_path_and_json() -> None:
    assert name_of(chunk({"text": "a"})) == "gemini"
    assert name_of({"response": chunk({"text": "a"})}) == "gemini"
    url = "http://a.test/v1/models/m:streamGenerateContent?alt=sse"
    assert name_of({"error": {}}, url=url) == "gemini"
    assert name_of({"candidates": []}) is None


def test_code_assist_wraps_each_chunk() -> None:
    assert answer_of(gemini, {"response": chunk({"text": "a"})}).text == "a"
