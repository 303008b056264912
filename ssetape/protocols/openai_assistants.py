"""OpenAI Assistants. https://platform.openai.com/docs/api-reference/assistants-streaming"""

from collections.abc import Iterator
from typing import Any

from ssetape.facts import Done, Fact, Failure, Model, Part, Role, Stop, Text, ToolCall, Usage
from ssetape.loose_json import number, obj, objects, parse_object, string
from ssetape.messages.message import StreamMessage
from ssetape.protocols import Clues
from ssetape.protocols._conventions import DONE, error_text

NAME = "openai-assistants"

_ENDS = ("completed", "incomplete", "failed", "cancelled", "expired", "requires_action")


def recognises(clues: Clues) -> bool:
    return any(message.name.startswith("thread.") for message in clues.messages)


class Reader:
    """Remembers the model's name."""

    def __init__(self) -> None:
        self._model = ""

    def read(self, message: StreamMessage) -> Iterator[Fact]:
        if message.data.startswith(DONE):
            yield Done(DONE)
            return
        if not message.data.strip():
            return
        value = parse_object(message.data)
        kind = message.name
        if kind == "thread.message.delta":
            for content in objects(obj(value.get("delta")).get("content")):
                if text := string(obj(content.get("text")).get("value")):
                    yield Text(text)
        elif kind == "thread.message.created":
            if string(value.get("role")):
                yield Role(value["role"])
        elif kind == "thread.run.step.delta":
            details = obj(obj(value.get("delta")).get("step_details"))
            for call in objects(details.get("tool_calls")):
                yield from _call(string(value.get("id")), call)
        elif kind == "error":
            yield Failure(error_text(value), value)
        elif kind.startswith("thread.run.") and not kind.startswith("thread.run.step."):
            yield from self._run(kind.removeprefix("thread.run."), value)

    def _run(self, state: str, run: dict[str, Any]) -> Iterator[Fact]:
        model = string(run.get("model"))
        if model and model != self._model:
            self._model = model
            yield Model(model)
        if state not in _ENDS:
            return
        if usage := obj(run.get("usage")):
            yield Usage(usage)
        if error := run.get("last_error"):
            yield Failure(error_text(error), error)
        yield Stop(state)
        yield Done(f"thread.run.{state}")


def _call(step: str, call: dict[str, Any]) -> Iterator[Fact]:
    key = f"{step} {number(call.get('index'))}"
    function = obj(call.get("function"))
    if function:
        name, arguments = string(function.get("name")), string(function.get("arguments"))
        yield ToolCall(key, string(call.get("id")), name, arguments)
    elif string(call.get("type")):
        yield Part(call["type"], call)
