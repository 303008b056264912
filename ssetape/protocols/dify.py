"""Dify's apps: chats, agents, completions, workflows. https://docs.dify.ai/api-reference

An agent's thought is repeated with more fields as it goes on.
"""

from collections.abc import Iterator
from typing import Any

from ssetape.facts import Done, Fact, Failure, Part, Reasoning, Stop, ToolCall, Usage
from ssetape.loose_json import as_text, number, obj, parse_object, string
from ssetape.messages.message import StreamMessage
from ssetape.protocols import Clues
from ssetape.protocols._conventions import error_text, first_objects
from ssetape.protocols._text_so_far import TextSoFar

NAME = "dify"

_IDS = frozenset({"task_id", "message_id", "workflow_run_id", "conversation_id"})
_PARTS = frozenset({"message_file", "human_input_required"})


def recognises(clues: Clues) -> bool:
    return any(
        type(value.get("event")) is str and (_IDS & value.keys() or _is_error(value))
        for value in first_objects(clues.messages)
    )


def _is_error(value: dict[str, Any]) -> bool:
    return value["event"] == "error" and type(value.get("status")) is int and "code" in value


class Reader:
    """Remembers the text so far, and each of the agent's thoughts."""

    def __init__(self) -> None:
        self._text = TextSoFar()
        self._thoughts: dict[str, TextSoFar] = {}
        self._observed: dict[str, str] = {}

    def read(self, message: StreamMessage) -> Iterator[Fact]:
        if not message.data.strip():
            return
        if message.name == "ping":
            return
        value = parse_object(message.data)
        kind, data = string(value.get("event")), obj(value.get("data"))
        if kind in ("message", "agent_message"):
            yield from self._text.piece(string(value.get("answer")))
        elif kind == "text_chunk":
            yield from self._text.piece(string(data.get("text")))
        elif kind in ("message_replace", "text_replace"):
            yield from self._text.whole(string(value.get("answer")) or string(data.get("text")))
        elif kind == "agent_thought":
            yield from self._thought(value)
        elif kind == "message_end":
            if usage := obj(obj(value.get("metadata")).get("usage")):
                yield Usage(usage)
            if sources := obj(value.get("metadata")).get("retriever_resources"):
                yield Part("retriever_resources", sources)
            yield Done(kind)
        elif kind == "workflow_finished":
            yield from self._workflow(data)
        elif kind == "error":
            yield Failure(error_text(value), value)
        elif kind in _PARTS:
            yield Part(kind, value)

    def _thought(self, value: dict[str, Any]) -> Iterator[Fact]:
        name = string(value.get("id"))
        thought = string(value.get("thought"))
        # Agents that call functions stream their thoughts as text as well.
        if thought not in self._text.text:
            yield from self._thoughts.setdefault(name, TextSoFar(Reasoning)).whole(thought)
        if tool := string(value.get("tool")):
            arguments = as_text(value.get("tool_input"))
            yield ToolCall(name, name, tool, arguments, replaces=True)
        observation = string(value.get("observation"))
        if observation and observation != self._observed.get(name):
            self._observed[name] = observation
            yield Part("observation", observation)

    def _workflow(self, data: dict[str, Any]) -> Iterator[Fact]:
        """Yield how a workflow ended; a chat's message goes on to its own end."""
        if error := string(data.get("error")):
            yield Failure(error, data)
        if number(data.get("total_tokens")):
            yield Usage({"total_tokens": data["total_tokens"]})
        outputs = obj(data.get("outputs"))
        texts = [string(outputs.get(name)) for name in ("answer", "text", "result", "output")]
        if not self._text.text and any(texts):
            yield from self._text.piece(next(filter(None, texts)))
        elif outputs and not self._text.text:
            yield Part("outputs", outputs)
        yield Stop(string(data.get("status")))
        yield Done("workflow_finished")
