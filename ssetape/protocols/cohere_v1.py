"""Cohere Chat v1, and Generate before it: one JSON object per line, or events.

https://docs.cohere.com/v1/docs/streaming
"""

from collections.abc import Iterator
from typing import Any

from ssetape.facts import Done, Fact, Failure, Part, Reasoning, Stop, ToolCall, Usage
from ssetape.loose_json import json_of, number, obj, objects, parse_object, string
from ssetape.messages.message import StreamMessage
from ssetape.protocols import Clues
from ssetape.protocols._conventions import DONE, first_objects
from ssetape.protocols._text_so_far import TextSoFar

NAME = "cohere-v1"

_PARTS = {
    "citation-generation": "citations",
    "search-queries-generation": "search_queries",
    "search-results": "documents",
}
_COUNTS = ("billed_units", "tokens")


def recognises(clues: Clues) -> bool:
    return any(type(value.get("is_finished")) is bool for value in first_objects(clues.messages))


class Reader:
    """Remembers the text so far, which the last message repeats."""

    def __init__(self) -> None:
        self._text = TextSoFar()

    def read(self, message: StreamMessage) -> Iterator[Fact]:
        if not message.data.strip() or message.data.startswith(DONE):
            return
        yield from self.read_value(parse_object(message.data))

    def read_value(self, value: dict[str, Any]) -> Iterator[Fact]:
        """Yield the facts in a message's JSON, wherever it came from."""
        kind = string(value.get("event_type"))
        if kind in _PARTS:
            yield Part(_PARTS[kind], value.get(_PARTS[kind]))
        elif kind == "tool-calls-chunk":
            if string(value.get("text")):
                yield Reasoning(value["text"])
            yield from _pieces(obj(value.get("tool_call_delta")))
        elif kind == "tool-calls-generation":
            yield from _calls(value.get("tool_calls"))
        elif kind in ("text-generation", ""):
            yield from self._text.piece(string(value.get("text")))
        if value.get("is_finished") is True:
            yield from self._end(value)

    def _end(self, value: dict[str, Any]) -> Iterator[Fact]:
        response = obj(value.get("response"))
        generations = (string(each.get("text")) for each in objects(response.get("generations")))
        yield from self._text.whole(string(response.get("text")) or next(generations, ""))
        meta = obj(response.get("meta"))
        if counts := {name: meta[name] for name in _COUNTS if name in meta}:
            yield Usage(counts)
        reason = string(value.get("finish_reason")) or string(response.get("finish_reason"))
        if reason.startswith("ERROR"):
            text = string(value.get("error")) or string(response.get("error")) or reason
            yield Failure(text, value)
        yield Stop(reason)
        yield Done("is_finished")


def _pieces(delta: dict[str, Any]) -> Iterator[Fact]:
    if delta:
        yield ToolCall(
            f"{number(delta.get('index'))}",
            name=string(delta.get("name")),
            arguments=string(delta.get("parameters")),
        )


def _calls(calls: Any) -> Iterator[Fact]:
    """Yield whole calls, in the place of their pieces."""
    for place, call in enumerate(objects(calls)):
        arguments = json_of(call.get("parameters"))
        yield ToolCall(f"{place}", "", string(call.get("name")), arguments, replaces=True)
