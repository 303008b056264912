from written import events_of

from ssetape.facts import Done, Failure, Model, Reasoning, Stop, Text, ToolCall, Usage


def test_each_part_is_a_content_block_as_the_documentation_has_it() -> None:
    facts = [
        *(Model("m"), Usage({"input_tokens": 9, "output_tokens": 15}), Stop("tool_use")),
        *(Reasoning("So"), Text("Hi"), ToolCall("a", "i", "f"), ToolCall("a", arguments="{}")),
        Done(""),
    ]
    events = events_of("anthropic", facts)
    assert all(name == value.pop("type") for name, value in events)
    message = events[0][1]["message"]
    assert (message["model"], message["usage"]) == ("m", {"input_tokens": 9, "output_tokens": 0})
    call = {"type": "tool_use", "id": "i", "name": "f", "input": {}}
    usage = {"input_tokens": 9, "output_tokens": 15}

    def delta(index: int, **fields: str) -> tuple[str, object]:
        return "content_block_delta", {"index": index, "delta": fields}

    def start(index: int, **block: object) -> tuple[str, object]:
        return "content_block_start", {"index": index, "content_block": block}

    assert events[1:] == [
        start(0, type="thinking", thinking="", signature=""),
        delta(0, type="thinking_delta", thinking="So"),
        ("content_block_stop", {"index": 0}),
        start(1, type="text", text=""),
        delta(1, type="text_delta", text="Hi"),
        ("content_block_stop", {"index": 1}),
        start(2, **call),
        delta(2, type="input_json_delta", partial_json="{}"),
        ("content_block_stop", {"index": 2}),
        (
            "message_delta",
            {"delta": {"stop_reason": "tool_use", "stop_sequence": None}, "usage": usage},
        ),
        ("message_stop", {}),
    ]


def test_an_error_has_a_name_of_its_own() -> None:
    *_, last = events_of("anthropic", [Text("a"), Failure("slow", None)])
    error = {"type": "api_error", "message": "slow"}
    assert last == ("error", {"type": "error", "error": error})
