from written import events_of

from ssetape.facts import Done, Failure, Reasoning, Stop, Text, ToolCall, Usage
from ssetape.protocols.writing import writer_of


def test_parts_begin_and_end_within_a_step() -> None:
    call = [ToolCall("a", "i", "f"), ToolCall("a", arguments='{"x":1}')]
    usage = Usage({"inputTokens": 1})
    facts = [usage, Stop("tool-calls"), Reasoning("So"), Text("Hi"), *call, Done("")]
    told = [value for _, value in events_of("vercel-ui", facts)]
    assert told == [
        {"type": "start", "messageId": "0123456789abcdef"},
        {"type": "start-step"},
        {"type": "reasoning-start", "id": "0"},
        {"type": "reasoning-delta", "id": "0", "delta": "So"},
        {"type": "reasoning-end", "id": "0"},
        {"type": "text-start", "id": "1"},
        {"type": "text-delta", "id": "1", "delta": "Hi"},
        {"type": "text-end", "id": "1"},
        {"type": "tool-input-start", "toolCallId": "i", "toolName": "f"},
        {"type": "tool-input-delta", "toolCallId": "i", "inputTextDelta": '{"x":1}'},
        {"type": "tool-input-available", "toolCallId": "i", "toolName": "f", "input": {"x": 1}},
        {"type": "finish-step"},
        {
            "type": "finish",
            "finishReason": "tool-calls",
            "messageMetadata": {"usage": {"inputTokens": 1}},
        },
        "[DONE]",
    ]


def test_its_header_and_its_error_are_the_sdk_s() -> None:
    assert ("x-vercel-ai-ui-message-stream", "v1") in writer_of("vercel-ui").HEADERS
    *_, (_, last) = events_of("vercel-ui", [Text("a"), Failure("slow", None)])
    assert last == {"type": "error", "errorText": "slow"}
