"""The Model Context Protocol over streamable HTTP, and its older HTTP with SSE.

https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#streamable-http
"""

from collections.abc import Iterator
from typing import Any

from ssetape.facts import Done, Fact, Failure, Part, Text
from ssetape.loose_json import obj, objects, parse, string
from ssetape.messages.message import StreamMessage
from ssetape.protocols import Clues, a2a
from ssetape.protocols._conventions import error_text, first_objects

NAME = "mcp"


def recognises(clues: Clues) -> bool:
    values = list(first_objects(clues.messages))
    if any(value.get("jsonrpc") == "2.0" for value in values):
        # A2A speaks JSON-RPC as well.
        return not clues.is_websocket and not any(map(a2a.is_event, values))
    return bool(clues.messages) and clues.messages[0].name == "endpoint" and not values


class Reader:
    """Keeps no state."""

    def read(self, message: StreamMessage) -> Iterator[Fact]:
        # A priming event has no data; the older transport first says where to POST.
        if message.name == "endpoint" or not message.data.strip():
            return
        value = parse(message.data)
        for each in objects(value if type(value) is list else [value]):
            yield from self._one(each)

    def _one(self, value: dict[str, Any]) -> Iterator[Fact]:
        if string(value.get("method")):
            yield Part(value["method"], value.get("params"))
            return
        if error := value.get("error"):
            yield Failure(error_text(error), error)
        elif "result" in value:
            result = obj(value["result"])
            for content in objects(result.get("content")):
                if content.get("type") == "text" and string(content.get("text")):
                    yield Text(content["text"])
                else:
                    yield Part(string(content.get("type")) or "content", content)
            if result.get("isError") is True:
                texts = (string(each.get("text")) for each in objects(result.get("content")))
                yield Failure("".join(texts), result)
        yield Done("response")
