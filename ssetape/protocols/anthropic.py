"""Anthropic Messages. https://docs.anthropic.com/en/docs/build-with-claude/streaming"""

from collections.abc import Iterator
from typing import Any

from ssetape.facts import (
    Done,
    Fact,
    Failure,
    Model,
    Part,
    Reasoning,
    Role,
    Stop,
    Text,
    ToolCall,
    Usage,
)
from ssetape.loose_json import json_of, number, obj, parse_object, string
from ssetape.messages.message import StreamMessage
from ssetape.protocols import Clues
from ssetape.protocols._conventions import DONE, error_text, first_objects

NAME = "anthropic"

_TYPES = frozenset({"message_start", "content_block_start", "content_block_delta", "message_delta"})
_CALLS = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})


def recognises(clues: Clues) -> bool:
    types = [value.get("type") for value in first_objects(clues.messages)]
    if _TYPES.intersection(filter(None, map(string, types))):
        return True
    path = clues.request.url.partition("?")[0]
    return path.endswith("/messages") and bool({"error", "ping"}.intersection(map(string, types)))


class Reader:
    """Remembers the input that each tool call started with."""

    def __init__(self) -> None:
        self._inputs: dict[int, str] = {}

    def read(self, message: StreamMessage) -> Iterator[Fact]:
        if message.data.startswith(DONE):
            yield Done(DONE)
        elif message.data.strip():
            yield from self.read_value(parse_object(message.data), message.name)

    def read_value(self, value: dict[str, Any], name: str = "") -> Iterator[Fact]:
        """Yield the facts in a message's JSON, wherever it came from."""
        kind = string(value.get("type")) or name
        index = number(value.get("index"))
        if kind == "content_block_delta":
            yield from self._delta(index, obj(value.get("delta")))
        elif kind == "content_block_start":
            yield from self._block(index, obj(value.get("content_block")))
        elif kind == "content_block_stop":
            # The input came whole and not in pieces.
            if whole := self._inputs.pop(index, ""):
                yield ToolCall(f"{index}", arguments=whole)
        elif kind == "message_start":
            message = obj(value.get("message"))
            if string(message.get("model")):
                yield Model(message["model"])
            if string(message.get("role")):
                yield Role(message["role"])
            if obj(message.get("usage")):
                yield Usage(message["usage"])
        elif kind == "message_delta":
            delta = obj(value.get("delta"))
            if string(delta.get("stop_reason")):
                yield Stop(delta["stop_reason"])
            if obj(value.get("usage")):
                yield Usage(value["usage"])
        elif kind == "message_stop":
            yield Done(kind)
        elif kind == "error" or value.get("error"):
            error = value.get("error") or value
            yield Failure(error_text(error), error)

    def _block(self, index: int, block: dict[str, Any]) -> Iterator[Fact]:
        kind = string(block.get("type"))
        if kind == "text":
            if string(block.get("text")):
                yield Text(block["text"])
        elif kind == "thinking":
            if string(block.get("thinking")):
                yield Reasoning(block["thinking"])
        elif kind in _CALLS:
            self._inputs[index] = json_of(block.get("input")) or "{}"
            yield ToolCall(f"{index}", string(block.get("id")), string(block.get("name")))
        elif kind:
            yield Part(kind, block)

    def _delta(self, index: int, delta: dict[str, Any]) -> Iterator[Fact]:
        kind = string(delta.get("type"))
        if kind == "text_delta":
            if string(delta.get("text")):
                yield Text(delta["text"])
        elif kind == "thinking_delta":
            if string(delta.get("thinking")):
                yield Reasoning(delta["thinking"])
        elif kind == "input_json_delta":
            if string(delta.get("partial_json")):
                self._inputs.pop(index, None)
                yield ToolCall(f"{index}", arguments=delta["partial_json"])
        elif kind == "citations_delta":
            yield Part("citation", delta.get("citation"))
        elif kind == "compaction_delta":
            yield Part("compaction", delta)
