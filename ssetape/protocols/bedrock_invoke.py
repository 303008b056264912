"""Bedrock's InvokeModelWithResponseStream: the model's own events, base64 in `chunk` frames.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_PayloadPart.html
Agents send plain text in the same frames.
"""

from base64 import b64decode
from collections.abc import Iterator
from typing import Any

from ssetape.errors import MessageError
from ssetape.facts import Done, Fact, Stop, Text, Usage
from ssetape.loose_json import json_of, obj, objects, parse_object, string
from ssetape.messages.message import StreamMessage
from ssetape.protocols import Clues, anthropic, bedrock_converse, cohere_v1, openai_chat
from ssetape.protocols.bedrock_converse import failure

NAME = "bedrock-invoke"

# Where the models of several makers put the text and the stop reason.
_TEXTS = ("outputText", "text", "generation", "completion")
_STOPS = ("completionReason", "finish_reason", "stop_reason")
_METRICS = "amazon-bedrock-invocationMetrics"


def recognises(clues: Clues) -> bool:
    if any(message.name == "chunk" for message in clues.messages):
        return True
    path = clues.request.url.partition("?")[0]
    return path.endswith("/invoke-with-response-stream") and any(
        each.is_error for each in clues.messages
    )


class Reader:
    """Passes each event to the reader of its maker's protocol."""

    def __init__(self) -> None:
        self._anthropic = anthropic.Reader()
        self._openai = openai_chat.Reader()
        self._cohere = cohere_v1.Reader()
        self._nova = bedrock_converse.Reader()

    def read(self, message: StreamMessage) -> Iterator[Fact]:
        if message.is_error:
            yield failure(message)
            return
        if message.name != "chunk":
            return
        encoded = string(parse_object(message.data).get("bytes"))
        try:
            text = b64decode(encoded).decode("utf-8", "replace")
        except ValueError as error:
            raise MessageError(f"expected base64 in bytes, found {encoded[:60]!r}") from error
        try:
            value = parse_object(text)
        except MessageError:
            yield Text(text)  # from an agent
            return
        name = next((each for each in bedrock_converse.NAMES if each in value), "")
        metrics = obj(value.get(_METRICS))
        if "choices" in value:
            yield from self._openai.read(message._replace(data=text))
        elif "type" in value:
            yield from self._anthropic.read_value(value)
        elif name:  # Amazon Nova's, as ConverseStream has them
            event = message._replace(name=name, data=json_of(value[name]))
            if not (metrics and name == "metadata"):  # or the same counts come twice
                yield from self._nova.read(event)
        elif "is_finished" in value:
            yield from self._cohere.read_value(value)
        else:
            for output in [value, *objects(value.get("outputs"))]:  # `outputs` are Mistral's
                yield from _plain(output)
        if metrics and "type" not in value:  # Anthropic's events have their own usage and end
            yield Usage(metrics)
            yield Done(_METRICS)


def _plain(output: dict[str, Any]) -> Iterator[Fact]:
    if text := next(filter(None, (string(output.get(name)) for name in _TEXTS)), ""):
        yield Text(text)
    if reason := next(filter(None, (string(output.get(name)) for name in _STOPS)), ""):
        yield Stop(reason)
