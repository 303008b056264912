"""Bedrock's ConverseStream.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
"""

from collections.abc import Iterator
from typing import Any

from ssetape.errors import MessageError
from ssetape.facts import Done, Fact, Failure, Part, Reasoning, Role, Stop, Text, ToolCall, Usage
from ssetape.loose_json import as_text, number, obj, parse_object, string
from ssetape.messages.message import StreamMessage
from ssetape.protocols import Clues
from ssetape.protocols._conventions import error_text

NAME = "bedrock-converse"

_CONTENT = ("messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop")
# The names of all events.
NAMES = (*_CONTENT, "messageStop", "metadata")


def recognises(clues: Clues) -> bool:
    if any(message.name in NAMES[:-1] for message in clues.messages):
        return True
    path = clues.request.url.partition("?")[0]
    return path.endswith("/converse-stream") and any(each.is_error for each in clues.messages)


class Reader:
    """Keeps no state."""

    def read(self, message: StreamMessage) -> Iterator[Fact]:
        if message.is_error:
            yield failure(message)
            return
        value = parse_object(message.data)
        index = number(value.get("contentBlockIndex"))
        if message.name == "contentBlockDelta":
            yield from self._delta(index, obj(value.get("delta")))
        elif message.name == "contentBlockStart":
            start = obj(value.get("start"))
            if tool := obj(start.get("toolUse")):
                call_id, name = string(tool.get("toolUseId")), string(tool.get("name"))
                yield ToolCall(f"{index}", call_id, name)
            elif start:
                yield Part("start", start)
        elif message.name == "messageStart":
            if string(value.get("role")):
                yield Role(value["role"])
        elif message.name == "messageStop":
            if string(value.get("stopReason")):
                yield Stop(value["stopReason"])
            yield Done(message.name)
        elif message.name == "metadata" and obj(value.get("usage")):
            yield Usage(value["usage"])

    def _delta(self, index: int, delta: dict[str, Any]) -> Iterator[Fact]:
        reasoning = obj(delta.get("reasoningContent"))
        if string(delta.get("text")):
            yield Text(delta["text"])
        elif tool := obj(delta.get("toolUse")):
            yield ToolCall(f"{index}", arguments=as_text(tool.get("input")))
        elif string(reasoning.get("text")):
            yield Reasoning(reasoning["text"])
        elif "citation" in delta:
            yield Part("citation", delta["citation"])


def failure(message: StreamMessage) -> Failure:
    """An exception as a failure."""
    try:
        value: Any = parse_object(message.data)
    except MessageError:
        value = message.data
    return Failure(f"{message.name}: {error_text(value)}", value)
