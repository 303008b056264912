"""Writes the stream of Grok's own page, a JSON object per line."""

from collections.abc import Iterator
from typing import Any

from ssetape.facts import Model, Role, Stop, ToolCall, Usage
from ssetape.messages.writing import line
from ssetape.protocols.writing._blocks import Block, BlockWriter, Kind


class Writer(BlockWriter):
    """Writes reasoning and text; the last line has the whole text."""

    URL = "https://grok.com/rest/app-chat/conversations/new"
    HEADERS = (("content-type", "application/x-ndjson"),)
    MODEL = STOP = CALLS_STOP = ""
    LACKS = frozenset({Model, Role, Stop, ToolCall, Usage})
    frame = staticmethod(line)

    @classmethod
    def request(cls, model: str, prompt: str) -> dict[str, Any]:
        return {"temporary": True, "message": prompt}

    def piece(self, block: Block, text: str) -> Iterator[bytes]:
        yield self._response(token=text, isThinking=block.kind is Kind.REASONING)

    def fail(self, text: str) -> Iterator[bytes]:
        yield self.say({"error": {"code": 13, "message": text}})

    def end(self) -> Iterator[bytes]:
        text = "".join(block.text for block in self.blocks if block.kind is Kind.TEXT)
        whole = {"responseId": self.opening.id, "message": text, "sender": self.role}
        yield self._response(modelResponse=whole)

    def _response(self, **fields: Any) -> bytes:
        return self.say({"result": {"response": fields}})
