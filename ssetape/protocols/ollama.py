"""Ollama's own API: one JSON object per line. https://github.com/ollama/ollama/blob/main/docs/api.md"""

from collections.abc import Iterator

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
from ssetape.loose_json import as_text, obj, objects, parse_object, string
from ssetape.messages.message import StreamMessage
from ssetape.protocols import Clues, TypedReader
from ssetape.protocols._conventions import error_text, first_objects
from ssetape.protocols._typed import OllamaLine, OllamaMessage, fitting

NAME = "ollama"

_COUNTS = ("prompt_eval_count", "eval_count", "total_duration")
_DURATIONS_NS = ("load_duration", "prompt_eval_duration", "eval_duration")
_fit = fitting(OllamaLine)
_NO_MESSAGE = OllamaMessage()


def recognises(clues: Clues) -> bool:
    for value in first_objects(clues.messages):
        if type(value.get("done")) is bool and ("response" in value or "message" in value):
            return True
    return clues.request.url.partition("?")[0].endswith(("/api/chat", "/api/generate")) and any(
        "error" in value for value in first_objects(clues.messages)
    )


class Reader(TypedReader):
    """Counts the tool calls, each of which comes whole."""

    def __init__(self) -> None:
        self._model = ""
        self._has_role = False
        self._calls = 0

    def read_typed(self, message: StreamMessage) -> list[Fact] | None:
        line = _fit(message.data)
        if line is None or line.done:
            return None
        facts: list[Fact] = []
        if line.model and line.model != self._model:
            self._model = line.model
            facts.append(Model(line.model))
        said = line.message or _NO_MESSAGE
        if said.role and not self._has_role:
            self._has_role = True
            facts.append(Role(said.role))
        if thinking := said.thinking or line.thinking:
            facts.append(Reasoning(thinking))
        if text := said.content or line.response:
            facts.append(Text(text))
        return facts

    def read(self, message: StreamMessage) -> Iterator[Fact]:
        value = parse_object(message.data)
        if value.get("error"):
            yield Failure(error_text(value["error"]), value)
        model = string(value.get("model"))
        if model and model != self._model:
            self._model = model
            yield Model(model)
        said = obj(value.get("message"))
        role = string(said.get("role"))
        if role and not self._has_role:
            self._has_role = True
            yield Role(role)
        if thinking := string(said.get("thinking")) or string(value.get("thinking")):
            yield Reasoning(thinking)
        if text := string(said.get("content")) or string(value.get("response")):
            yield Text(text)
        for call in objects(said.get("tool_calls")):
            function = obj(call.get("function"))
            self._calls += 1
            yield ToolCall(
                f"{self._calls}",
                string(call.get("id")),
                string(function.get("name")),
                as_text(function.get("arguments")),
            )
        if value.get("done") is True:
            if counts := {name: value[name] for name in _COUNTS if name in value}:
                yield Usage(counts)
            if durations := {name: value[name] for name in _DURATIONS_NS if name in value}:
                yield Part("durations in ns", durations)
            if string(value.get("done_reason")):
                yield Stop(value["done_reason"])
            yield Done("done")
