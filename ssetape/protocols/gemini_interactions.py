"""Gemini's Interactions API. https://ai.google.dev/gemini-api/docs/interactions"""

from collections.abc import Iterator
from typing import Any

from ssetape.facts import Done, Fact, Failure, Model, Part, Reasoning, Stop, Text, ToolCall, Usage
from ssetape.loose_json import as_text, number, obj, parse_object, string
from ssetape.messages.message import StreamMessage
from ssetape.protocols import Clues
from ssetape.protocols._conventions import DONE, error_text, first_objects

NAME = "gemini-interactions"

_PREFIXES = ("interaction.", "step.", "content.")


def recognises(clues: Clues) -> bool:
    return any(
        string(value.get("event_type")).startswith(_PREFIXES)
        for value in first_objects(clues.messages)
    )


class Reader:
    """Remembers the kind of step at each index."""

    def __init__(self) -> None:
        self._kinds: dict[int, str] = {}

    def read(self, message: StreamMessage) -> Iterator[Fact]:
        if message.data.startswith(DONE):
            yield Done(DONE)
            return
        if not message.data.strip():
            return
        value = parse_object(message.data)
        kind = string(value.get("event_type"))
        index = number(value.get("index"))
        if kind.endswith(".start") and kind != "interaction.start":
            step = obj(value.get("step")) or obj(value.get("content"))
            self._kinds[index] = string(step.get("type"))
            if "call" in self._kinds[index]:
                yield _call(index, step)
        elif kind.endswith(".delta"):
            yield from self._delta(index, obj(value.get("delta")))
        elif kind in ("interaction.created", "interaction.start"):
            if model := string(obj(value.get("interaction")).get("model")):
                yield Model(model)
        elif kind in ("interaction.completed", "interaction.complete"):
            interaction = obj(value.get("interaction"))
            if usage := obj(interaction.get("usage")):
                yield Usage(usage)
            if string(interaction.get("status")):
                yield Stop(interaction["status"])
            yield Done(kind)
        elif value.get("error") or kind == "error":
            error = value.get("error") or value
            yield Failure(error_text(error), error)

    def _delta(self, index: int, delta: dict[str, Any]) -> Iterator[Fact]:
        kind = string(delta.get("type")) or self._kinds.get(index, "")
        text = string(delta.get("text")) or string(obj(delta.get("content")).get("text"))
        if "call" in kind or "arguments" in kind:
            yield _call(index, delta)
        elif "thought" in kind:
            if text:
                yield Reasoning(text)
        elif text:
            yield Text(text)
        elif kind:
            yield Part(kind, delta)


def _call(index: int, said: dict[str, Any]) -> ToolCall:
    arguments = said.get("arguments") or said.get("partial_arguments")
    return ToolCall(
        f"{index}",
        string(said.get("id")),
        string(said.get("name")),
        as_text(arguments) if arguments else "",
    )
