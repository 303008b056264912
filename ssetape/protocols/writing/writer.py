"""Writes Writer's text completions."""

from collections.abc import Iterator
from typing import Any

from ssetape.facts import Failure, Model, Reasoning, Role, Stop, ToolCall, Usage
from ssetape.protocols.writing._blocks import Block, BlockWriter


class Writer(BlockWriter):
    """Writes text alone, and no end: the stream is just over. How it would fail is not known."""

    URL = "https://api.writer.com/v1/completions"
    MODEL = "palmyra-x5"
    STOP = CALLS_STOP = ""
    LACKS = frozenset({Failure, Model, Reasoning, Role, Stop, ToolCall, Usage})

    @classmethod
    def request(cls, model: str, prompt: str) -> dict[str, Any]:
        return {"model": model, "prompt": prompt, "stream": True}

    def piece(self, block: Block, text: str) -> Iterator[bytes]:
        yield self.say({"value": text})
