"""Reads LangChain's messages, which LangGraph and LangServe stream in several ways.

https://reference.langchain.com/python/langchain-core/messages
"""

from collections.abc import Iterator
from typing import Any

from ssetape.facts import Fact, Part, Reasoning, Role, Stop, ToolCall, Usage
from ssetape.loose_json import items, json_of, number, obj, objects, string
from ssetape.protocols._conventions import ModelName
from ssetape.protocols._text_so_far import TextSoFar

_ASSISTANT = frozenset({"ai", "AIMessage", "AIMessageChunk"})
_TOOL = frozenset({"tool", "ToolMessage", "ToolMessageChunk"})


def plain(message: dict[str, Any]) -> dict[str, Any]:
    """A message as an object of its fields, if it was serialised as a call of its constructor."""
    if message.get("type") != "constructor":
        return message
    names = items(message.get("id"))
    return {**obj(message.get("kwargs")), "type": string(names[-1]) if names else ""}


def is_message(message: dict[str, Any]) -> bool:
    """Whether an object is a message of the assistant, or a piece of one."""
    message = plain(message)
    return string(message.get("type")) in _ASSISTANT and "content" in message


class Messages:
    """Remembers what was reported of each message, by its id."""

    def __init__(self) -> None:
        self._model = ModelName()
        self._has_role = False
        self._texts: dict[str, TextSoFar] = {}
        self._reasonings: dict[str, TextSoFar] = {}
        self._called: set[str] = set()
        self._counted: set[str] = set()
        self._tools: set[str] = set()

    def facts(self, message: dict[str, Any], *, is_whole: bool) -> Iterator[Fact]:
        """Yield what a message adds: a piece, or the whole so far."""
        message = plain(message)
        kind, name = string(message.get("type")), string(message.get("id"))
        if kind in _TOOL:
            if name not in self._tools:
                self._tools.add(name)
                yield Part("tool result", message.get("content"))
            return
        if kind not in _ASSISTANT:
            return
        if not self._has_role:
            self._has_role = True
            yield Role("assistant")
        metadata = obj(message.get("response_metadata"))
        yield from self._model.facts(metadata.get("model_name") or metadata.get("model"))
        more = obj(message.get("additional_kwargs"))
        thought = string(more.get("reasoning_content")) + _reasoning(message.get("content"))
        reasoning = self._reasonings.setdefault(name, TextSoFar(Reasoning))
        yield from _added(reasoning, thought, is_whole)
        text = self._texts.setdefault(name, TextSoFar())
        yield from _added(text, _text(message.get("content")), is_whole)
        yield from self._calls(name, message, is_whole)
        yield from self._end(name, message, metadata)

    def _calls(self, name: str, message: dict[str, Any], is_whole: bool) -> Iterator[Fact]:
        pieces = list(objects(message.get("tool_call_chunks")))
        if pieces and not is_whole:
            for piece in pieces:
                key = f"{name} {number(piece.get('index'))}"
                self._called.add(name)
                arguments = string(piece.get("args"))
                yield ToolCall(key, string(piece.get("id")), string(piece.get("name")), arguments)
        elif is_whole or name not in self._called:
            for place, call in enumerate(objects(message.get("tool_calls"))):
                key, arguments = f"{name} {place}", json_of(call.get("args"))
                call_id, tool = string(call.get("id")), string(call.get("name"))
                if key + arguments not in self._called:
                    self._called.add(key + arguments)
                    yield ToolCall(key, call_id, tool, arguments, replaces=True)

    def _end(self, name: str, message: dict[str, Any], metadata: dict[str, Any]) -> Iterator[Fact]:
        if name in self._counted and name:
            return
        usage = obj(message.get("usage_metadata"))
        reason = string(metadata.get("finish_reason")) or string(metadata.get("stop_reason"))
        if usage:
            yield Usage(usage)
        if reason:
            yield Stop(reason)
        if usage and reason:
            self._counted.add(name)


def _added(so_far: TextSoFar, text: str, is_whole: bool) -> Iterator[Fact]:
    if not is_whole:
        yield from so_far.piece(text)
    elif text.startswith(so_far.text):
        # Another text would replace that of all messages before it.
        yield from so_far.whole(text)


def _text(content: Any) -> str:
    if string(content):
        return string(content)
    return "".join(
        part if type(part) is str else string(obj(part).get("text")) for part in items(content)
    )


def _reasoning(content: Any) -> str:
    parts = (
        string(part.get("thinking")) or string(part.get("reasoning")) for part in objects(content)
    )
    return "".join(parts)
