"""AG-UI, the protocol between agents and pages (CopilotKit). https://docs.ag-ui.com/concepts/events

Reasoning events were called `THINKING_` before.
"""

from collections.abc import Iterator
from typing import Any

from ssetape.facts import Done, Fact, Failure, Part, Reasoning, Role, Stop, Text, ToolCall
from ssetape.loose_json import as_text, obj, objects, parse_object, string
from ssetape.messages.message import StreamMessage
from ssetape.protocols import Clues
from ssetape.protocols._conventions import error_text, first_objects

NAME = "ag-ui"

_PREFIXES = ("RUN_", "TEXT_MESSAGE_", "TOOL_CALL_", "THINKING_", "REASONING_")
_TEXTS = ("TEXT_MESSAGE_CONTENT", "TEXT_MESSAGE_CHUNK")
_REASONINGS = (
    "THINKING_TEXT_MESSAGE_CONTENT",
    "REASONING_MESSAGE_CONTENT",
    "REASONING_MESSAGE_CHUNK",
)
_CALLS = ("TOOL_CALL_START", "TOOL_CALL_ARGS", "TOOL_CALL_CHUNK")
_PARTS = ("TOOL_CALL_RESULT", "CUSTOM", "ACTIVITY_SNAPSHOT")


def recognises(clues: Clues) -> bool:
    return any(
        string(value.get("type")).startswith(_PREFIXES) for value in first_objects(clues.messages)
    )


class Reader:
    """Remembers whether text came: a run may send its messages only as a snapshot."""

    def __init__(self) -> None:
        self._has_role = False
        self._has_text = False
        self._call = ""  # the open call: chunks name it only once

    def read(self, message: StreamMessage) -> Iterator[Fact]:
        if not message.data.strip():
            return
        value = parse_object(message.data)
        kind = string(value.get("type")) or message.name
        delta = string(value.get("delta"))
        if kind.startswith("TEXT_MESSAGE_") and string(value.get("role")) and not self._has_role:
            self._has_role = True
            yield Role(value["role"])
        if kind in _TEXTS:
            if delta:
                self._has_text = True
                yield Text(delta)
        elif kind in _REASONINGS:
            if delta:
                yield Reasoning(delta)
        elif kind in _CALLS:
            self._call = string(value.get("toolCallId")) or self._call
            yield ToolCall(self._call, self._call, string(value.get("toolCallName")), delta)
        elif kind == "MESSAGES_SNAPSHOT":
            yield from self._snapshot(value)
        elif kind in _PARTS:
            yield Part(kind, value)
        elif kind == "RUN_ERROR":
            yield Failure(error_text(value), value)
            yield Done(kind)
        elif kind == "RUN_FINISHED":
            # A run that waits for a person ends with an interrupt.
            outcome = value.get("outcome")
            if reason := string(outcome) or string(obj(outcome).get("type")):
                yield Stop(reason)
            yield Done(kind)

    def _snapshot(self, value: dict[str, Any]) -> Iterator[Fact]:
        last = {}
        for each in objects(value.get("messages")):
            last = each if each.get("role") == "assistant" else {}
        if self._has_text or not last:
            return
        if text := as_text(last.get("content")):
            self._has_text = True
            yield Text(text)
