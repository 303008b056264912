"""Writes what LangGraph's server streams in its mode `messages-tuple`."""

from collections.abc import Iterator
from typing import Any

from ssetape.protocols.writing._blocks import Block, Kind
from ssetape.protocols.writing._langchain import LangChainWriter

_NODE = {"langgraph_node": "agent"}


class Writer(LangChainWriter):
    """Writes each piece as an event `messages`, with the node that it comes from."""

    URL = "http://localhost:2024/runs/stream"

    @classmethod
    def request(cls, model: str, prompt: str) -> dict[str, Any]:
        messages = [{"role": "user", "content": prompt}]
        asked = {"assistant_id": "agent", "input": {"messages": messages}}
        return {**asked, "stream_mode": ["messages-tuple"]}

    def begin(self) -> Iterator[bytes]:
        yield self.say({"run_id": self.opening.id, "attempt": 1}, "metadata")

    def start(self, block: Block) -> Iterator[bytes]:
        if block.kind is Kind.CALL:
            yield self.say([self.of_call(block), _NODE], "messages")

    def piece(self, block: Block, text: str) -> Iterator[bytes]:
        yield self.say([self.of_text(block, text), _NODE], "messages")

    def fail(self, text: str) -> Iterator[bytes]:
        yield self.say({"error": "InternalServerError", "message": text}, "error")

    def end(self) -> Iterator[bytes]:
        yield self.say([self.last(), _NODE], "messages")
        yield self.frame("end", b"")
