"""Alibaba's DashScope, its native API. https://www.alibabacloud.com/help/en/model-studio/stream

Each message has the whole text so far, or a piece with `incremental_output`; only the request says
which. `"null"` is no reason to stop.
"""

from collections.abc import Iterator
from typing import Any

from ssetape.facts import Done, Fact, Failure, Part, Reasoning, Role, Stop, ToolCall, Usage
from ssetape.loose_json import as_text, items, number, obj, objects, parse_object, string
from ssetape.messages.message import StreamMessage
from ssetape.protocols import Clues
from ssetape.protocols._conventions import error_text, first_objects
from ssetape.protocols._text_so_far import TextSoFar

NAME = "dashscope"


def recognises(clues: Clues) -> bool:
    return any(
        "request_id" in value and (_has_output(obj(value.get("output"))) or _is_error(value))
        for value in first_objects(clues.messages)
    )


def _has_output(output: dict[str, Any]) -> bool:
    return "text" in output or type(output.get("choices")) is list


def _is_error(value: dict[str, Any]) -> bool:
    return bool(string(value.get("code")) and string(value.get("message")))


class Reader:
    """Remembers the texts so far."""

    def __init__(self) -> None:
        self._texts: dict[int, TextSoFar] = {}
        self._reasonings: dict[int, TextSoFar] = {}
        self._arguments: dict[str, TextSoFar] = {}
        self._has_role = False

    def read(self, message: StreamMessage) -> Iterator[Fact]:
        if not message.data.strip():
            return
        value = parse_object(message.data)
        if _is_error(value):
            yield Failure(error_text(value), value)
        output = obj(value.get("output"))
        if usage := obj(value.get("usage")):
            yield Usage(usage)
        if choices := list(objects(output.get("choices"))):
            for place, choice in enumerate(choices):
                yield from self._choice(number(choice.get("index")) or place, choice)
        else:
            yield from self._choice(0, {**output, "message": {"content": output.get("text")}})

    def _choice(self, choice: int, value: dict[str, Any]) -> Iterator[Fact]:
        message = obj(value.get("message"))
        if string(message.get("role")) and not self._has_role:
            self._has_role = True
            yield Role(message["role"])
        reasonings = self._reasonings.setdefault(choice, TextSoFar(Reasoning, choice))
        thoughts = (string(each.get("thought")) for each in objects(value.get("thoughts")))
        thought = string(message.get("reasoning_content")) or "".join(thoughts)
        yield from reasonings.either(thought)
        texts = self._texts.setdefault(choice, TextSoFar(choice=choice))
        yield from texts.either(_text(message.get("content")))
        for place, call in enumerate(objects(message.get("tool_calls"))):
            yield from self._call(number(call.get("index")) or place, call, choice)
        if sources := items(obj(value.get("search_info")).get("search_results")):
            yield Part("search_results", sources)
        reason = string(value.get("finish_reason"))
        if reason and reason != "null":
            yield Stop(reason, choice)
            yield Done("finish_reason")

    def _call(self, place: int, call: dict[str, Any], choice: int) -> Iterator[Fact]:
        function, key = obj(call.get("function")), f"{choice}.{place}"
        so_far = self._arguments.setdefault(key, TextSoFar())
        call_id, name = string(call.get("id")), string(function.get("name"))
        pieces = list(so_far.either(as_text(function.get("arguments"))))
        for piece in pieces:
            yield ToolCall(key, call_id, name, piece.text, choice, piece.replaces)
        if not pieces:
            yield ToolCall(key, call_id, name, choice=choice)


def _text(content: Any) -> str:
    """The text of a content: a string, or the parts of a model that takes images."""
    parts = (string(part.get("text")) for part in objects(content))
    return string(content) or "".join(parts)
