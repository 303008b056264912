"""Writes NVIDIA Triton's generate extension, with the text so far in each message.

Pieces would be taken for that wherever one begins with the one before.
"""

from collections.abc import Iterator
from typing import Any

from ssetape.facts import Reasoning, Role, Stop, ToolCall, Usage
from ssetape.protocols.writing._blocks import Block, BlockWriter


class Writer(BlockWriter):
    """Writes text alone, and no end: the stream is just over."""

    URL = "http://127.0.0.1:8000/v2/models/{model}/generate_stream"
    MODEL = "ensemble"
    STOP = CALLS_STOP = ""
    LACKS = frozenset({Reasoning, Role, Stop, ToolCall, Usage})

    @classmethod
    def request(cls, model: str, prompt: str) -> dict[str, Any]:
        return {"text_input": prompt, "parameters": {"stream": True}}

    def piece(self, block: Block, text: str) -> Iterator[bytes]:
        said = {"model_name": self.model, "model_version": "1", "text_output": block.text}
        yield self.say(said)

    def fail(self, text: str) -> Iterator[bytes]:
        yield self.say({"error": text})
