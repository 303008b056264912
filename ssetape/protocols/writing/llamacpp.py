"""Writes llama.cpp's own `/completion`."""

from collections.abc import Iterator
from typing import Any

from ssetape.facts import Reasoning, Role, ToolCall
from ssetape.protocols.writing._blocks import Block, BlockWriter, Tokens


class Writer(BlockWriter):
    """Writes text alone; the last message has the counts."""

    URL = "http://127.0.0.1:8080/completion"
    MODEL = "llama-3.2-3b.gguf"
    STOP = CALLS_STOP = "eos"
    LACKS = frozenset({Reasoning, Role, ToolCall})

    @classmethod
    def request(cls, model: str, prompt: str) -> dict[str, Any]:
        return {"prompt": prompt, "stream": True}

    @classmethod
    def counts(cls, tokens: Tokens) -> dict[str, Any]:
        return {"tokens_evaluated": tokens.input, "tokens_predicted": tokens.output}

    def piece(self, block: Block, text: str) -> Iterator[bytes]:
        yield self.say({"index": 0, "content": text, "tokens": [], "stop": False})

    def fail(self, text: str) -> Iterator[bytes]:
        yield self.say({"error": {"code": 500, "message": text, "type": "server_error"}})

    def end(self) -> Iterator[bytes]:
        last = {"index": 0, "content": "", "tokens": [], "stop": True, "stop_type": self.stop}
        yield self.say({**last, "model": self.model, **self.usage})
