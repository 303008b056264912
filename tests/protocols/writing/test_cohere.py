from written import events_of

from ssetape.facts import Done, Failure, Reasoning, Stop, Text, ToolCall, Usage


def test_contents_and_calls_are_counted_each_from_zero() -> None:
    calls = [ToolCall("a", "i", "f"), ToolCall("a", arguments="{}"), ToolCall("b", "j", "g")]
    facts = [Usage({"tokens": {"output_tokens": 1}}), Stop("TOOL_CALL"), Reasoning("So")]
    events = events_of("cohere", [*facts, Text("Hi"), *calls, Done("")])
    assert all(name == value["type"] for name, value in events)
    assert [(name, value.get("index")) for name, value in events] == [
        ("message-start", None),
        *(("content-start", 0), ("content-delta", 0), ("content-end", 0)),
        *(("content-start", 1), ("content-delta", 1), ("content-end", 1)),
        *(("tool-call-start", 0), ("tool-call-delta", 0), ("tool-call-end", 0)),
        *(("tool-call-start", 1), ("tool-call-end", 1)),
        ("message-end", None),
    ]
    contents = [
        value["delta"]["message"]["content"] for _, value in events[1:6] if "delta" in value
    ]
    assert contents[:2] == [{"type": "thinking", "thinking": ""}, {"thinking": "So"}]
    assert contents[2:] == [{"type": "text", "text": ""}, {"text": "Hi"}]
    usage = {"tokens": {"output_tokens": 1}}
    assert events[-1][1]["delta"] == {"finish_reason": "TOOL_CALL", "usage": usage}


def test_an_error_ends_the_message() -> None:
    *_, (name, last) = events_of("cohere", [Text("a"), Failure("slow", None)])
    assert (name, last["delta"]) == ("message-end", {"error": "slow", "finish_reason": "ERROR"})
