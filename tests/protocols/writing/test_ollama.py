import json

from written import body_of

from ssetape.facts import Done, Failure, Model, Reasoning, Text, ToolCall, Usage


def test_each_piece_is_a_line_and_a_call_is_whole() -> None:
    call = [ToolCall("a", "", "f"), ToolCall("a", arguments='{"x":1}')]
    facts = [Model("m"), Usage({"eval_count": 3}), Reasoning("So"), Text("Hi"), *call, Done("")]
    lines = list(map(json.loads, body_of("ollama", facts).splitlines()))
    for line in lines:
        assert (line.pop("model"), line.pop("created_at")) == ("m", "2023-11-14T22:13:20Z")
        assert line["message"].pop("role") == "assistant"
    function = {"name": "f", "arguments": {"x": 1}}
    assert lines == [
        {"message": {"content": "", "thinking": "So"}, "done": False},
        {"message": {"content": "Hi"}, "done": False},
        {"message": {"content": "", "tool_calls": [{"function": function}]}, "done": False},
        {"message": {"content": ""}, "done": True, "done_reason": "stop", "eval_count": 3},
    ]


def test_an_error_is_a_line() -> None:
    body = body_of("ollama", [Text("a"), Failure("slow", None)])
    assert body.splitlines()[-1] == b'{"error":"slow"}'
