"""Gemini's streamGenerateContent, as events (`alt=sse`) or as one JSON array; Vertex AI too.

https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse
Code Assist wraps each chunk in `response`. Only a chunk's finishReason marks the end.
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
from ssetape.loose_json import json_of, number, obj, objects, parse_object, string
from ssetape.messages.message import StreamMessage
from ssetape.protocols import Clues, TypedReader
from ssetape.protocols._conventions import error_text, first_objects
from ssetape.protocols._json_path import set_at
from ssetape.protocols._typed import GeminiChunk, fitting

NAME = "gemini"

_VALUES = ("stringValue", "numberValue", "boolValue", "nullValue")
_fit = fitting(GeminiChunk)


def recognises(clues: Clues) -> bool:
    for value in first_objects(clues.messages):
        chunk = obj(value.get("response")) or value
        if "usageMetadata" in chunk or "promptFeedback" in chunk:
            return True
        if any("content" in each or "finishReason" in each for each in _candidates(chunk)):
            return True
    return ":streamGenerateContent" in clues.request.url and any(first_objects(clues.messages))


class Reader(TypedReader):
    """Remembers the tool call whose arguments are arriving in pieces."""

    def __init__(self) -> None:
        self._model = ""
        self._roles: set[int] = set()
        self._made = 0
        self._open: dict[str, Any] | None = None  # the arguments of an unfinished call

    def read_typed(self, message: StreamMessage) -> list[Fact] | None:
        chunk = _fit(message.data)
        if chunk is None:
            return None
        (candidate,) = chunk.candidates
        index, content = candidate.index, candidate.content
        if not all(part.text for part in content.parts):  # they may be something else
            return None
        facts: list[Fact] = []
        if chunk.modelVersion and chunk.modelVersion != self._model:
            self._model = chunk.modelVersion
            facts.append(Model(chunk.modelVersion))
        if chunk.usageMetadata:
            facts.append(Usage(chunk.usageMetadata))
        if content.role and index not in self._roles:
            self._roles.add(index)
            facts.append(Role(content.role))
        for part in content.parts:
            facts.append((Reasoning if part.thought else Text)(part.text, index))
        if candidate.finishReason:
            facts.append(Stop(candidate.finishReason, index))
            facts.append(Done("finishReason"))
        return facts

    def read(self, message: StreamMessage) -> Iterator[Fact]:
        if not message.data.strip():
            return
        value = parse_object(message.data)
        chunk = obj(value.get("response")) or value
        if error := value.get("error") or chunk.get("error"):
            yield Failure(error_text(error), error)
        model = string(chunk.get("modelVersion"))
        if model and model != self._model:
            self._model = model
            yield Model(model)
        blocked = string(obj(chunk.get("promptFeedback")).get("blockReason"))
        if blocked:
            yield Stop(blocked)
            yield Failure(f"the prompt was blocked: {blocked}", chunk["promptFeedback"])
        if usage := obj(chunk.get("usageMetadata")):
            yield Usage(usage)
        for candidate in _candidates(chunk):
            yield from self._candidate(candidate)

    def _candidate(self, candidate: dict[str, Any]) -> Iterator[Fact]:
        choice = number(candidate.get("index"))
        content = obj(candidate.get("content"))
        role = string(content.get("role"))
        if role and choice not in self._roles:
            self._roles.add(choice)
            yield Role(role)
        for part in objects(content.get("parts")):
            yield from self._part(part, choice)
        for kind in ("citationMetadata", "groundingMetadata"):
            if candidate.get(kind):
                yield Part(kind, candidate[kind])
        if reason := string(candidate.get("finishReason")):
            yield Stop(reason, choice)
            yield Done("finishReason")

    def _part(self, part: dict[str, Any], choice: int) -> Iterator[Fact]:
        if "functionCall" in part:
            yield from self._call(obj(part["functionCall"]), choice)
        elif text := string(part.get("text")):
            yield (Reasoning if part.get("thought") is True else Text)(text, choice)
        else:
            for kind in part.keys() - {"text", "thought", "thoughtSignature"}:
                yield Part(kind, part[kind])

    def _call(self, call: dict[str, Any], choice: int) -> Iterator[Fact]:
        name, call_id = string(call.get("name")), string(call.get("id"))
        pieces = list(objects(call.get("partialArgs")))
        if name:
            self._made += 1
            self._open = {} if pieces or call.get("willContinue") is True else None
            whole = "" if self._open is not None else json_of(call.get("args")) or "{}"
            yield ToolCall(f"{self._made}", call_id, name, whole, choice)
        if self._open is None:
            return
        for piece in pieces:
            for kind in _VALUES:
                if kind in piece:
                    value = None if kind == "nullValue" else piece[kind]
                    set_at(self._open, string(piece.get("jsonPath")), value)
        yield ToolCall(f"{self._made}", arguments=json_of(self._open), choice=choice, replaces=True)


def _candidates(chunk: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return objects(chunk.get("candidates"))
