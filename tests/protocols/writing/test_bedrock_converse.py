import json
from typing import Any

import pytest
from written import body_of

from ssetape.facts import Done, Failure, Reasoning, Stop, Text, ToolCall, Usage
from ssetape.format.values import Chunk
from ssetape.messages.aws import AwsFrames


def frames(*facts: Any) -> list[tuple[str, Any, bool]]:
    found = AwsFrames([]).feed(Chunk(0.0, body_of("bedrock-converse", facts)))
    return [(each.name, json.loads(each.data), each.is_error) for each in found]


def test_each_piece_is_a_frame_and_only_calls_have_a_start() -> None:
    call = [ToolCall("a", "i", "f"), ToolCall("a", arguments="{}")]
    about = [Usage({"totalTokens": 3}), Stop("tool_use")]
    told = [
        (name, value)
        for name, value, _ in frames(*about, Reasoning("So"), Text("Hi"), *call, Done(""))
    ]

    def delta(index: int, **fields: Any) -> tuple[str, Any]:
        return "contentBlockDelta", {"contentBlockIndex": index, "delta": fields}

    start = {"toolUse": {"toolUseId": "i", "name": "f"}}
    assert told == [
        ("messageStart", {"role": "assistant"}),
        delta(0, reasoningContent={"text": "So"}),
        ("contentBlockStop", {"contentBlockIndex": 0}),
        delta(1, text="Hi"),
        ("contentBlockStop", {"contentBlockIndex": 1}),
        ("contentBlockStart", {"contentBlockIndex": 2, "start": start}),
        delta(2, toolUse={"input": "{}"}),
        ("contentBlockStop", {"contentBlockIndex": 2}),
        ("messageStop", {"stopReason": "tool_use"}),
        ("metadata", {"usage": {"totalTokens": 3}, "metrics": {"latencyMs": 0}}),
    ]


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("too slow", "modelStreamErrorException", "too slow"),
        ("throttlingException: wait", "throttlingException", "wait"),
        ("note: wait", "modelStreamErrorException", "note: wait"),
    ],
)
def test_an_error_is_an_exception(text: str, name: str, message: str) -> None:
    assert frames(Text("a"), Failure(text, None))[-1] == (name, {"message": message}, True)
