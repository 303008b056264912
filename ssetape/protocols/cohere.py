"""Cohere Chat v2. https://docs.cohere.com/v2/docs/streaming"""

from collections.abc import Iterator
from typing import Any

from ssetape.facts import (
    Done,
    Fact,
    Failure,
    Part,
    Reasoning,
    Role,
    Stop,
    Text,
    ToolCall,
    Usage,
)
from ssetape.loose_json import number, obj, objects, parse_object, string
from ssetape.messages.message import StreamMessage
from ssetape.protocols import Clues
from ssetape.protocols._conventions import DONE, error_text, first_objects

NAME = "cohere"

_TYPES = frozenset({"message-start", "content-start", "content-delta", "tool-plan-delta"})


def recognises(clues: Clues) -> bool:
    return any(string(value.get("type")) in _TYPES for value in first_objects(clues.messages))


class Reader:
    """Keeps no state."""

    def read(self, message: StreamMessage) -> Iterator[Fact]:
        if message.data.startswith(DONE):
            yield Done(DONE)
            return
        if not message.data.strip():
            return
        value = parse_object(message.data)
        kind = string(value.get("type")) or message.name
        delta = obj(value.get("delta"))
        said = obj(delta.get("message"))
        if kind in ("content-start", "content-delta"):
            content = obj(said.get("content"))
            if string(content.get("thinking")):
                yield Reasoning(content["thinking"])
            if string(content.get("text")):
                yield Text(content["text"])
        elif kind == "tool-plan-delta":
            if string(said.get("tool_plan")):
                yield Reasoning(said["tool_plan"])
        elif kind in ("tool-call-start", "tool-call-delta"):
            yield from _calls(number(value.get("index")), said.get("tool_calls"))
        elif kind == "citation-start":
            yield Part("citation", said.get("citations"))
        elif kind == "message-start":
            if string(said.get("role")):
                yield Role(said["role"])
        elif kind == "message-end":
            if usage := obj(delta.get("usage")):
                yield Usage(usage)
            if string(delta.get("finish_reason")):
                yield Stop(delta["finish_reason"])
            if error := delta.get("error"):
                yield Failure(error_text(error), error)
            yield Done(kind)
        elif value.get("error") or kind == "error":
            yield Failure(error_text(value), value)


def _calls(index: int, calls: Any) -> Iterator[Fact]:
    for call in objects([calls] if type(calls) is dict else calls):
        function = obj(call.get("function"))
        yield ToolCall(
            f"{index}",
            string(call.get("id")),
            string(function.get("name")),
            string(function.get("arguments")),
        )
