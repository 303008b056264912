"""Writes what LangServe's `/stream` gives of a chat model."""

from collections.abc import Iterator
from typing import Any

from ssetape.protocols.writing._blocks import Block, Kind
from ssetape.protocols.writing._langchain import LangChainWriter


class Writer(LangChainWriter):
    """Writes each piece as an event `data`."""

    URL = "http://localhost:8000/chat/stream"

    @classmethod
    def request(cls, model: str, prompt: str) -> dict[str, Any]:
        return {"input": [{"type": "human", "content": prompt}], "config": {}, "kwargs": {}}

    def begin(self) -> Iterator[bytes]:
        yield self.say({"run_id": self.opening.id}, "metadata")

    def start(self, block: Block) -> Iterator[bytes]:
        if block.kind is Kind.CALL:
            yield self.say(self.of_call(block), "data")

    def piece(self, block: Block, text: str) -> Iterator[bytes]:
        yield self.say(self.of_text(block, text), "data")

    def fail(self, text: str) -> Iterator[bytes]:
        yield self.say({"status_code": 500, "message": text}, "error")

    def end(self) -> Iterator[bytes]:
        yield self.say(self.last(), "data")
        yield self.frame("end", b"")
