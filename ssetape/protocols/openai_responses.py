"""OpenAI Responses. https://platform.openai.com/docs/api-reference/responses-streaming

Items are identified by their place (`output_index`), because some servers change ids midway. From
events that hold something whole, only what did not come in pieces is taken.
"""

from collections.abc import Callable, Iterator
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
from ssetape.loose_json import number, obj, objects, parse_object, string
from ssetape.messages.message import StreamMessage
from ssetape.protocols import Clues
from ssetape.protocols._conventions import DONE, error_text, first_objects

NAME = "openai-responses"

_ENDS = ("response.completed", "response.incomplete", "response.failed", "response.cancelled")
# Items that are tool calls, and the field with their input.
_CALLS = {"function_call": "arguments", "custom_tool_call": "input", "mcp_call": "arguments"}


def recognises(clues: Clues) -> bool:
    types = [string(value.get("type")) for value in first_objects(clues.messages)]
    if any(kind.startswith("response.") for kind in types):
        return not clues.is_websocket
    return clues.request.url.partition("?")[0].endswith("/responses") and "error" in types


class Reader:
    """Remembers what came in pieces, by place, so that nothing is reported twice."""

    def __init__(self) -> None:
        self._model = ""
        self._has_role = False
        self._reported: dict[tuple[str, int, int], str] = {}
        self._paragraphs: set[tuple[int, int]] = set()

    def read(self, message: StreamMessage) -> Iterator[Fact]:
        if message.data.startswith(DONE):
            yield Done(DONE)
            return
        if not message.data.strip():
            return
        value = parse_object(message.data)
        kind = string(value.get("type")) or message.name
        response = obj(value.get("response"))
        model = string(response.get("model"))
        if model and model != self._model:
            self._model = model
            yield Model(model)
        if kind == "error" or value.get("error"):
            error = value.get("error") or value
            yield Failure(error_text(error), error)
        elif kind in _ENDS:
            yield from self._end(kind, response)
        else:
            yield from self._event(kind, value)

    def _event(self, kind: str, value: dict[str, Any]) -> Iterator[Fact]:
        place = number(value.get("output_index"))
        part = number(value.get("content_index"))
        summary = number(value.get("summary_index"))
        delta = string(value.get("delta"))
        if kind == "response.output_text.delta":
            yield from self._add("text", place, part, delta, Text)
        elif kind == "response.output_text.done":
            yield from self._whole("text", place, part, string(value.get("text")), Text)
        elif kind == "response.reasoning_summary_text.delta":
            yield from self._add("summary", place, summary, delta, self._paragraph(place, summary))
        elif kind == "response.reasoning_summary_text.done":
            text = string(value.get("text"))
            make = self._paragraph(place, summary)
            yield from self._whole("summary", place, summary, text, make)
        elif kind == "response.reasoning_text.delta":
            yield from self._add("reasoning", place, part, delta, Reasoning)
        elif kind == "response.reasoning_text.done":
            yield from self._whole("reasoning", place, part, string(value.get("text")), Reasoning)
        elif kind in ("response.output_item.added", "response.output_item.done"):
            yield from self._item(place, obj(value.get("item")), kind.endswith(".done"))
        elif kind.endswith(("_arguments.delta", "_tool_call_input.delta")):
            yield from self._add("call", place, 0, delta, self._arguments(place))
        elif kind.endswith(("_arguments.done", "_tool_call_input.done")):
            whole = string(value.get("arguments")) or string(value.get("input"))
            yield from self._whole("call", place, 0, whole, self._arguments(place))
        elif kind == "response.refusal.done":
            yield Part("refusal", value.get("refusal"))
        elif kind == "response.output_text.annotation.added":
            yield Part("annotation", value.get("annotation"))

    def _item(self, place: int, item: dict[str, Any], is_done: bool) -> Iterator[Fact]:
        kind = string(item.get("type"))
        if kind == "message" and not self._has_role and string(item.get("role")):
            self._has_role = True
            yield Role(item["role"])
        if kind in _CALLS:
            call_id = string(item.get("call_id")) or string(item.get("id"))
            name = string(item.get("name"))
            if is_done:
                whole = string(item.get(_CALLS[kind]))
                yield from self._whole("call", place, 0, whole, self._arguments(place))
            yield ToolCall(f"{place}", call_id, name)
        elif is_done and kind == "message":
            for part, content in enumerate(objects(item.get("content"))):
                if content.get("type") == "output_text":
                    yield from self._whole("text", place, part, string(content.get("text")), Text)
        elif is_done and kind == "reasoning":
            yield from self._whole_reasoning(place, item)
        elif is_done and kind:
            yield Part(kind, item)

    def _whole_reasoning(self, place: int, item: dict[str, Any]) -> Iterator[Fact]:
        for n, summary in enumerate(objects(item.get("summary"))):
            text = string(summary.get("text"))
            yield from self._whole("summary", place, n, text, self._paragraph(place, n))
        for n, content in enumerate(objects(item.get("content"))):
            yield from self._whole("reasoning", place, n, string(content.get("text")), Reasoning)

    def _end(self, kind: str, response: dict[str, Any]) -> Iterator[Fact]:
        for place, item in enumerate(objects(response.get("output"))):
            # If the final output omits items, the places no longer match.
            if not self._reported:
                yield from self._item(place, item, is_done=True)
        if error := response.get("error"):
            yield Failure(error_text(error), error)
        if usage := obj(response.get("usage")):
            yield Usage(usage)
        yield Stop(string(response.get("status")) or kind.partition(".")[2])
        yield Done(kind)

    def _add(
        self, what: str, place: int, part: int, delta: str, make: Callable[[str], Fact]
    ) -> Iterator[Fact]:
        if delta:
            key = (what, place, part)
            self._reported[key] = self._reported.get(key, "") + delta
            yield make(delta)

    def _whole(
        self, what: str, place: int, part: int, whole: str, make: Callable[[str], Fact]
    ) -> Iterator[Fact]:
        """Yield the part of `whole` that has not been reported yet."""
        before = self._reported.get((what, place, part), "")
        if whole.startswith(before):
            yield from self._add(what, place, part, whole.removeprefix(before), make)

    def _arguments(self, place: int) -> Callable[[str], Fact]:
        return lambda text: ToolCall(f"{place}", arguments=text)

    def _paragraph(self, place: int, part: int) -> Callable[[str], Fact]:
        """Start each summary as a paragraph: nothing in the stream separates them."""
        is_first = not self._paragraphs
        is_new = (place, part) not in self._paragraphs
        self._paragraphs.add((place, part))
        before = "\n\n" if is_new and not is_first else ""
        return lambda text: Reasoning(before + text)
