"""Anthropic Messages, and Text Completions before it.

https://docs.anthropic.com/en/docs/build-with-claude/streaming and
https://docs.anthropic.com/en/api/complete. The first versions of the latter have the whole text in
each message.
"""

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
from ssetape.protocols import Clues, TypedReader
from ssetape.protocols._conventions import DONE, ModelName, error_text, first_objects
from ssetape.protocols._text_so_far import TextSoFar
from ssetape.protocols._typed import AnthropicPiece, fitting, new_text

NAME = "anthropic"

_TYPES = frozenset({"message_start", "content_block_start", "content_block_delta", "message_delta"})
_CALLS = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})
_fit = fitting(AnthropicPiece)


def recognises(clues: Clues) -> bool:
    return not is_of_the_page(clues) and is_spoken(clues)


def is_of_the_page(clues: Clues) -> bool:
    """Whether a stream is of Claude's page: it says in each answer what is left of a limit."""
    return any(
        "messageLimit" in value or value.get("type") == "message_limit" or "message_limit" in value
        for value in first_objects(clues.messages)
    ) or any(message.name == "message_limit" for message in clues.messages)


def is_spoken(clues: Clues) -> bool:
    """Whether a stream has messages of this protocol, whoever sends them."""
    values = list(first_objects(clues.messages))
    types = [value.get("type") for value in values]
    if _TYPES.intersection(filter(None, map(string, types))) or any(map(_is_completion, values)):
        return True
    path = clues.request.url.partition("?")[0]
    return path.endswith("/messages") and bool({"error", "ping"}.intersection(map(string, types)))


def _is_completion(value: dict[str, Any]) -> bool:
    return type(value.get("completion")) is str and "stop_reason" in value


class Reader(TypedReader):
    """Remembers the input that each tool call started with, and the text of a completion."""

    def __init__(self) -> None:
        self._inputs: dict[int, str] = {}
        self._model = ModelName()
        self._completion = TextSoFar()

    def read_typed(self, message: StreamMessage) -> list[Fact] | None:
        piece = _fit(message.data)
        if piece is None:
            return None
        delta = piece.delta
        if delta.type == "text_delta":
            return [new_text((delta.text, 0, False))] if delta.text else []
        if delta.type == "thinking_delta":
            return [Reasoning(delta.thinking)] if delta.thinking else []
        if not delta.partial_json:
            return []
        self._inputs.pop(piece.index, None)
        return [ToolCall(f"{piece.index}", arguments=delta.partial_json)]

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
        elif _is_completion(value):
            yield from self._model.facts(value.get("model"))
            yield from self._completion.either(string(value["completion"]))
            if string(value["stop_reason"]):
                yield Stop(value["stop_reason"])
                yield Done("stop_reason")
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
