"""Langflow's runs: one JSON object per line, or in each event. https://docs.langflow.org/api-flows-run

The messages come whole as well; those of the person are echoed.
"""

from collections.abc import Iterator
from typing import Any

from ssetape.facts import Done, Fact, Failure, Part, Usage
from ssetape.loose_json import obj, objects, parse_object, string
from ssetape.messages.message import StreamMessage
from ssetape.protocols import Clues
from ssetape.protocols._conventions import error_text, first_objects
from ssetape.protocols._text_so_far import TextSoFar

NAME = "langflow"

_EVENTS = frozenset({"token", "add_message", "vertices_sorted", "build_start", "end_vertex"})


def recognises(clues: Clues) -> bool:
    return any(
        string(value.get("event")) in _EVENTS and type(value.get("data")) is dict
        for value in first_objects(clues.messages)
    )


class Reader:
    """Remembers the text of each message."""

    def __init__(self) -> None:
        self._texts: dict[str, TextSoFar] = {}

    def read(self, message: StreamMessage) -> Iterator[Fact]:
        if not message.data.strip():
            return
        value = parse_object(message.data)
        kind, data = string(value.get("event")), obj(value.get("data"))
        if kind == "token":
            yield from self._text_of(data).piece(string(data.get("chunk")))
        elif kind == "add_message":
            yield from self._message(data)
        elif kind == "error":
            text = string(data.get("text")) or error_text(data or value)
            yield Failure(text, data or value)
        elif kind == "end":
            result = obj(data.get("result"))
            if not any(each.text for each in self._texts.values()):
                yield from TextSoFar().piece(string(result.get("message")) or _output(result))
            yield Done(kind)

    def _message(self, data: dict[str, Any]) -> Iterator[Fact]:
        if data.get("sender") == "User":
            return
        properties = obj(data.get("properties"))
        if data.get("error") is True or data.get("category") == "error":
            yield Failure(string(data.get("text")), data)
            return
        so_far = self._text_of(data)
        if string(data.get("text")).startswith(so_far.text):
            yield from so_far.whole(string(data.get("text")))
        for block in objects(data.get("content_blocks")):
            for content in objects(block.get("contents")):
                if content.get("type") == "tool_use":
                    yield Part("tool_use", content)
        if usage := obj(properties.get("usage")):
            yield Usage(usage)

    def _text_of(self, data: dict[str, Any]) -> TextSoFar:
        return self._texts.setdefault(string(data.get("id")), TextSoFar())


def _output(result: dict[str, Any]) -> str:
    """The first text in the outputs of a run that streamed none."""
    for run in objects(result.get("outputs")):
        for output in objects(run.get("outputs")):
            message = obj(obj(output.get("results")).get("message"))
            if text := string(message.get("text")) or string(obj(message.get("data")).get("text")):
                return text
    return ""
