"""Vercel's UI message stream (AI SDK 5 and later).

https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol#ui-message-stream-protocol
"""

from collections.abc import Iterator
from typing import Any

from ssetape.facts import Done, Fact, Failure, Part, Reasoning, Role, Stop, Text, ToolCall, Usage
from ssetape.format.values import header_values
from ssetape.loose_json import as_text, obj, parse_object, string
from ssetape.messages.message import StreamMessage
from ssetape.protocols import Clues
from ssetape.protocols._conventions import DONE, error_text, first_objects

NAME = "vercel-ui"

_HEADER = "x-vercel-ai-ui-message-stream"
_TYPES = frozenset(
    {"start-step", "text-start", "text-delta", "reasoning-start", "tool-input-start", "finish-step"}
)


def recognises(clues: Clues) -> bool:
    if clues.response and header_values(clues.response.headers, _HEADER):
        return True
    return any(string(value.get("type")) in _TYPES for value in first_objects(clues.messages))


class Reader:
    """Remembers the text so far, because a step may be reset."""

    def __init__(self) -> None:
        self._before = ""  # the text before this step
        self._text = ""
        self._inputs: set[str] = set()

    def read(self, message: StreamMessage) -> Iterator[Fact]:
        if message.data.startswith(DONE):
            yield Done(DONE)
            return
        if not message.data.strip():
            return
        value = parse_object(message.data)
        kind = string(value.get("type"))
        if kind == "text-delta":
            if delta := string(value.get("delta")):
                self._text += delta
                yield Text(delta)
        elif kind == "reasoning-delta":
            if string(value.get("delta")):
                yield Reasoning(value["delta"])
        elif kind.startswith("tool-input-"):
            yield from self._call(kind, value)
        elif kind == "start-step":
            self._before = self._text
        elif kind == "reset-step":
            self._text = self._before
            yield Text(self._text, replaces=True)
        elif kind == "start":
            yield Role("assistant")
            yield from _metadata(value)
        elif kind == "finish":
            yield from _metadata(value)
            yield Stop(string(value.get("finishReason")) or kind)
            yield Done(kind)
        elif kind == "message-metadata":
            yield from _metadata(value)
        elif kind == "error":
            yield Failure(string(value.get("errorText")) or error_text(value), value)
        elif kind == "abort":
            yield Stop(kind)
            yield Done(kind)
        elif kind.startswith(("source", "file", "data-", "tool-output", "reasoning-file")):
            yield Part(kind, value)

    def _call(self, kind: str, value: dict[str, Any]) -> Iterator[Fact]:
        call_id = string(value.get("toolCallId"))
        name = string(value.get("toolName"))
        if kind == "tool-input-delta":
            yield ToolCall(call_id, call_id, arguments=string(value.get("inputTextDelta")))
            self._inputs.add(call_id)
        elif kind == "tool-input-available" and call_id in self._inputs:
            yield ToolCall(call_id, call_id, name)  # its input came in pieces, as written
        elif kind in ("tool-input-available", "tool-input-error"):
            yield ToolCall(call_id, call_id, name, as_text(value.get("input")), replaces=True)
        else:
            yield ToolCall(call_id, call_id, name)
        if kind == "tool-input-error":
            yield Part(kind, value)


def _metadata(value: dict[str, Any]) -> Iterator[Fact]:
    """Yield usage: apps define their own metadata, and most put usage there."""
    metadata = obj(value.get("messageMetadata"))
    for name in ("usage", "totalUsage"):
        if obj(metadata.get(name)):
            yield Usage(metadata[name])
