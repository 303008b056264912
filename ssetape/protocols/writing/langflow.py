"""Writes Langflow's runs, a JSON object per line."""

from collections.abc import Iterator
from typing import Any

from ssetape.facts import Model, Reasoning, Role, Stop, ToolCall
from ssetape.messages.writing import line
from ssetape.protocols.writing._blocks import Block, BlockWriter, Tokens


class Writer(BlockWriter):
    """Writes text alone, which a message has as a whole before the end."""

    URL = "http://localhost:7860/api/v1/run/flow?stream=true"
    HEADERS = (("content-type", "application/x-ndjson"),)
    MODEL = STOP = CALLS_STOP = ""
    LACKS = frozenset({Model, Reasoning, Role, Stop, ToolCall})
    frame = staticmethod(line)

    @classmethod
    def request(cls, model: str, prompt: str) -> dict[str, Any]:
        return {"input_value": prompt, "input_type": "chat", "output_type": "chat"}

    @classmethod
    def counts(cls, tokens: Tokens) -> dict[str, Any]:
        counts = {"input_tokens": tokens.input, "output_tokens": tokens.output}
        return {**counts, "total_tokens": tokens.input + tokens.output}

    def piece(self, block: Block, text: str) -> Iterator[bytes]:
        yield self._event("token", chunk=text, id=self.opening.id)

    def fail(self, text: str) -> Iterator[bytes]:
        yield self._event("error", text=text, id=self.opening.id)

    def end(self) -> Iterator[bytes]:
        text = "".join(block.text for block in self.blocks)
        properties = {"properties": {"usage": self.usage}} if self.usage else {}
        message = {"sender": "Machine", "text": text, "id": self.opening.id, "error": False}
        yield self._event("add_message", **message, **properties)
        yield self._event("end", result={"session_id": "made", "message": text})

    def _event(self, kind: str, **data: Any) -> bytes:
        return self.say({"event": kind, "data": data})
