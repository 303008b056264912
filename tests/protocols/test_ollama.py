from said import answer_of, calls_of, name_of

from ssetape.protocols import ollama


def test_a_chat() -> None:
    function = {"name": "f", "arguments": {"a": 1}}
    said = {"model": "m", "done": False}
    answer = answer_of(
        ollama,
        {**said, "message": {"role": "assistant", "thinking": "hm", "content": ""}},
        {**said, "message": {"content": "Hi"}},
        {**said, "message": {"content": "", "tool_calls": [{"function": function}]}},
        {
            **said,
            "message": {"content": ""},
            "done": True,
            "done_reason": "stop",
            "eval_count": 2,
            "load_duration": 5,
        },
    )
    assert (answer.text, answer.reasoning, answer.stop) == ("Hi", "hm", "stop")
    assert calls_of(answer) == [("", "f", '{"a":1}')]
    assert (answer.usage, answer.done, answer.model) == ({"eval_count": 2}, "done", "m")


def test_a_completion_and_an_error() -> None:
    answer = answer_of(ollama, {"response": "Hi", "done": False}, {"error": "gone"})
    assert (answer.text, answer.error, answer.done) == ("Hi", "gone", None)


def test_it_is_recognised_by_its_first_messages_or_by_path_and_error() -> None:
    assert name_of({"message": {}, "done": False}) == "ollama"
    assert name_of({"response": "", "done": True}) == "ollama"
    assert name_of({"error": "no"}, url="http://a.test/api/chat") == "ollama"
    assert name_of({"done": True}) is None
