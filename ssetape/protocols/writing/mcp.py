"""Writes the result of a tool of the Model Context Protocol, over streamable HTTP."""

from collections.abc import Iterator
from typing import Any

from ssetape.facts import Model, Reasoning, Role, Stop, ToolCall, Usage
from ssetape.protocols.writing._blocks import Block, BlockWriter

_INTERNAL_ERROR = -32603


class Writer(BlockWriter):
    """Writes a response, which comes whole; a replay gives it the number of its request."""

    URL = "http://localhost:8000/mcp"
    MODEL = STOP = CALLS_STOP = ""
    LACKS = frozenset({Model, Reasoning, Role, Stop, ToolCall, Usage})

    @classmethod
    def request(cls, model: str, prompt: str) -> dict[str, Any]:
        call = {"name": "ask", "arguments": {"question": prompt}}
        return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}

    def piece(self, block: Block, text: str) -> Iterator[bytes]:
        return iter(())

    def fail(self, text: str) -> Iterator[bytes]:
        yield self._response(error={"code": _INTERNAL_ERROR, "message": text})

    def end(self) -> Iterator[bytes]:
        content = [{"type": "text", "text": block.text} for block in self.blocks]
        yield self._response(result={"content": content, "isError": False})

    def _response(self, **fields: Any) -> bytes:
        return self.say({"jsonrpc": "2.0", "id": 1, **fields}, "message")
