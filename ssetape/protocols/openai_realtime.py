"""OpenAI Realtime, over a WebSocket. https://platform.openai.com/docs/guides/realtime-websocket

Text is the model's text and the transcript of its speech.
"""

from collections.abc import Iterator
from typing import Any

from ssetape.facts import (
    Done,
    Fact,
    Failure,
    Model,
    Part,
    Role,
    Stop,
    Text,
    ToolCall,
    Usage,
)
from ssetape.loose_json import obj, parse_object, string
from ssetape.messages.message import StreamMessage
from ssetape.protocols import Clues, openai_responses
from ssetape.protocols._conventions import error_text, first_objects

NAME = "openai-realtime"

_PREFIXES = ("session.", "response.", "conversation.", "input_audio_buffer.")
# Older names have no `output_`.
_TEXTS = frozenset(
    {
        "response.output_text.delta",
        "response.text.delta",
        "response.output_audio_transcript.delta",
        "response.audio_transcript.delta",
    }
)


def recognises(clues: Clues) -> bool:
    if not clues.is_websocket or openai_responses.recognises(clues):
        return False
    return any(
        string(value.get("type")).startswith(_PREFIXES) for value in first_objects(clues.messages)
    )


class Reader:
    """Remembers the model's name, and whether its role was reported."""

    def __init__(self) -> None:
        self._model = ""
        self._has_role = False

    def read(self, message: StreamMessage) -> Iterator[Fact]:
        if message.from_client or not message.data.strip():
            return
        value = parse_object(message.data)
        kind = string(value.get("type"))
        model = string(obj(value.get("session")).get("model"))
        if model and model != self._model:
            self._model = model
            yield Model(model)
        delta = string(value.get("delta"))
        if kind in _TEXTS:
            if delta:
                yield Text(delta)
        elif kind == "response.function_call_arguments.delta":
            call_id = string(value.get("call_id"))
            yield ToolCall(call_id, call_id, arguments=delta)
        elif kind in ("response.output_item.added", "conversation.item.created"):
            yield from self._item(obj(value.get("item")))
        elif kind == "conversation.item.input_audio_transcription.completed":
            yield Part("input transcript", value.get("transcript"))
        elif kind == "response.done":
            yield from self._end(obj(value.get("response")))
        elif kind == "error":
            yield Failure(error_text(value), value.get("error") or value)

    def _item(self, item: dict[str, Any]) -> Iterator[Fact]:
        if item.get("type") == "function_call":
            call_id = string(item.get("call_id"))
            yield ToolCall(call_id, call_id, string(item.get("name")))
        elif item.get("role") == "assistant" and not self._has_role:
            self._has_role = True
            yield Role("assistant")

    def _end(self, response: dict[str, Any]) -> Iterator[Fact]:
        if usage := obj(response.get("usage")):
            yield Usage(usage)
        details = obj(response.get("status_details"))
        if error := details.get("error"):
            yield Failure(error_text(error), error)
        yield Stop(string(response.get("status")) or "done")
        yield Done("response.done")
