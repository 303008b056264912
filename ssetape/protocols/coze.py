"""Coze's chat, version 3, and the output of its workflows.

https://www.coze.com/docs/developer_guides/chat_v3
https://www.coze.com/docs/developer_guides/workflow_stream_run
The completed message repeats the whole answer. Tools called by the agent come whole.
"""

from collections.abc import Iterator
from typing import Any

from ssetape.errors import MessageError
from ssetape.facts import Done, Fact, Failure, Part, Reasoning, Role, Stop, Text, ToolCall, Usage
from ssetape.loose_json import as_text, number, obj, objects, parse_object, string
from ssetape.messages.message import StreamMessage
from ssetape.protocols import Clues
from ssetape.protocols._conventions import DONE, error_text, first_objects, parsed_once
from ssetape.protocols._text_so_far import TextSoFar

NAME = "coze"

_PREFIXES = ("conversation.chat.", "conversation.message.")
_PARTS = frozenset({"tool_response", "tool_output", "follow_up", "knowledge", "verbose"})


# The first event of a workflow, which has these besides what it says.
_NODE = frozenset({"node_title", "node_seq_id", "node_is_finish"})


def recognises(clues: Clues) -> bool:
    if clues.is_websocket:
        return False
    first = next(iter(clues.messages), None)
    if (
        first is not None
        and first.name == "Message"
        and _NODE & obj(parsed_once(first.data)).keys()
    ):
        return True
    return any(message.name.startswith(_PREFIXES) for message in clues.messages) or any(
        string(value.get("event")).startswith(_PREFIXES) for value in first_objects(clues.messages)
    )


class Reader:
    """Remembers the text of each message, which comes whole once it is complete."""

    def __init__(self) -> None:
        self._texts: dict[str, TextSoFar] = {}
        self._has_role = False

    def read(self, message: StreamMessage) -> Iterator[Fact]:
        if message.data.startswith((DONE, f'"{DONE}"')):
            yield Done(DONE)
            return
        if not message.data.strip():
            return
        value = parse_object(message.data)
        kind = message.name if message.name != "message" else string(value.get("event"))
        value = obj(value.get("data")) or value
        if kind.startswith("conversation.message."):
            yield from self._message(value, kind.endswith(".completed"))
        elif kind.startswith("conversation.chat."):
            yield from _chat(kind, value)
        elif kind == "Message":
            if string(value.get("content")):
                yield Text(value["content"])
        elif kind == "Interrupt":
            yield Part("interrupt", value.get("interrupt_data"))
            yield Stop(kind)
        elif kind == "Done":
            yield Done(kind)
        elif kind in ("error", "Error"):
            yield Failure(string(value.get("error_message")) or error_text(value), value)

    def _message(self, value: dict[str, Any], is_whole: bool) -> Iterator[Fact]:
        kind, content = string(value.get("type")), string(value.get("content"))
        if string(value.get("role")) and not self._has_role:
            self._has_role = True
            yield Role(value["role"])
        if kind == "answer":
            so_far = self._texts.setdefault(string(value.get("id")), TextSoFar())
            if string(value.get("reasoning_content")) and not is_whole:
                yield Reasoning(value["reasoning_content"])
            if not is_whole:
                yield from so_far.piece(content)
            elif not so_far.text:  # another than what came in pieces would be a correction of it
                yield from so_far.whole(content)
        elif kind == "function_call" and is_whole:
            yield _call(string(value.get("id")), content)
        elif kind in _PARTS and is_whole:
            yield Part(kind, content)


def _chat(kind: str, value: dict[str, Any]) -> Iterator[Fact]:
    if kind in ("conversation.chat.created", "conversation.chat.in_progress"):
        return
    for call in objects(obj(value.get("required_action")).get("submit_tool_outputs")):
        yield Part("required_action", call)
    error = obj(value.get("last_error"))
    if number(error.get("code")):
        yield Failure(error_text(error), error)
    if usage := obj(value.get("usage")):
        yield Usage(usage)
    yield Stop(string(value.get("status")) or kind.rpartition(".")[2])
    yield Done(kind)


def _call(call_id: str, content: str) -> ToolCall:
    """The call in a message, whose content is JSON."""
    try:
        call = parse_object(content)
    except MessageError:
        call = {"name": content}
    return ToolCall(call_id, call_id, string(call.get("name")), as_text(call.get("arguments")))
