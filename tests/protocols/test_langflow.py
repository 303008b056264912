from protocol_samples import SAMPLES
from said import Said, answer_of

from ssetape.protocols import langflow


def test_a_run_that_streams() -> None:
    answer = answer_of(langflow, *SAMPLES["langflow"].said)
    assert (answer.text, answer.done) == ("Red fox", "end")


def test_one_that_has_only_messages_or_only_a_result() -> None:
    message: Said = {
        "event": "add_message",
        "data": {
            "sender": "Machine",
            "text": "Red fox",
            "id": "m",
            "content_blocks": [{"contents": [{"type": "tool_use", "name": "f"}]}],
            "properties": {"usage": {"input_tokens": 5, "output_tokens": 2}},
        },
    }
    answer = answer_of(langflow, message, {"event": "end", "data": {}})
    assert (answer.text, answer.usage["output_tokens"]) == ("Red fox", 2)
    assert answer.parts == [("tool_use", {"type": "tool_use", "name": "f"})]
    outputs = [{"outputs": [{"results": {"message": {"text": "Red fox"}}}]}]
    for result in ({"message": "Red fox"}, {"outputs": outputs}):
        assert answer_of(langflow, {"event": "end", "data": {"result": result}}).text == "Red fox"


def test_errors() -> None:
    failed = {"sender": "Machine", "text": "no key", "error": True, "category": "error"}
    assert answer_of(langflow, {"event": "add_message", "data": failed}).error == "no key"
    assert answer_of(langflow, {"event": "error", "data": {"error": "no flow"}}).error == "no flow"
