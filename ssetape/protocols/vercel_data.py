"""Vercel's data stream (AI SDK 3 and 4): lines of a code, a colon, and JSON.

https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol#data-stream-protocol
"""

import re
from collections.abc import Iterator
from typing import Any

from ssetape.errors import MessageError
from ssetape.facts import Done, Fact, Failure, Part, Reasoning, Stop, Text, ToolCall, Usage
from ssetape.loose_json import as_text, obj, parse, string
from ssetape.messages.message import StreamMessage
from ssetape.protocols import Clues
from ssetape.protocols._conventions import error_text

NAME = "vercel-data"

_LINE = re.compile(r"([0-9a-k]):(.*)", re.DOTALL)
_PARTS = {
    "2": "data",
    "8": "annotations",
    "a": "tool result",
    "h": "source",
    "i": "redacted reasoning",
    "j": "reasoning signature",
    "k": "file",
}


def recognises(clues: Clues) -> bool:
    messages = clues.messages
    return bool(messages) and all(
        not message.name and _LINE.match(message.data) for message in messages
    )


class Reader:
    """Remembers which calls came in pieces."""

    def __init__(self) -> None:
        self._in_pieces: set[str] = set()

    def read(self, message: StreamMessage) -> Iterator[Fact]:
        match = _LINE.fullmatch(message.data)
        if match is None:
            raise MessageError(f"expected a code, a colon and JSON, found {message.data[:60]!r}")
        code, value = match[1], parse(match[2])
        if code == "0":
            if string(value):
                yield Text(value)
        elif code == "g":
            if string(value):
                yield Reasoning(value)
        elif code == "3":
            yield Failure(error_text(value), value)
        elif code in "bc9":
            yield from self._call(code, obj(value))
        elif code == "d":
            if usage := obj(obj(value).get("usage")):
                yield Usage(usage)
            yield Stop(string(obj(value).get("finishReason")))
            yield Done("d")
        elif code in _PARTS:
            yield Part(_PARTS[code], value)

    def _call(self, code: str, value: dict[str, Any]) -> Iterator[Fact]:
        call_id, name = string(value.get("toolCallId")), string(value.get("toolName"))
        arguments = string(value.get("argsTextDelta"))
        if code == "c":
            self._in_pieces.add(call_id)
        elif code == "9" and call_id not in self._in_pieces:
            arguments = as_text(value.get("args"))
        yield ToolCall(call_id, call_id, name, arguments)
