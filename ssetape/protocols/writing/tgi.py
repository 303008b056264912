"""Writes Hugging Face TGI's `/generate_stream`."""

from collections.abc import Iterator
from typing import Any

from ssetape.facts import Model, Reasoning, Role, ToolCall
from ssetape.protocols.writing._blocks import Block, BlockWriter, Tokens


class Writer(BlockWriter):
    """Writes text alone; the last message has a special token, the whole text and the counts."""

    URL = "http://127.0.0.1:8080/generate_stream"
    MODEL = ""
    STOP = CALLS_STOP = "eos_token"
    LACKS = frozenset({Model, Reasoning, Role, ToolCall})

    @classmethod
    def request(cls, model: str, prompt: str) -> dict[str, Any]:
        return {"inputs": prompt, "parameters": {"details": True}}

    @classmethod
    def counts(cls, tokens: Tokens) -> dict[str, Any]:
        return {"generated_tokens": tokens.output, "input_length": tokens.input}

    def piece(self, block: Block, text: str) -> Iterator[bytes]:
        yield self._token(text)

    def fail(self, text: str) -> Iterator[bytes]:
        yield self.say({"error": text, "error_type": "generation"})

    def end(self) -> Iterator[bytes]:
        whole = "".join(block.text for block in self.blocks)
        details = {"finish_reason": self.stop, **self.usage}
        yield self._token("</s>", special=True, generated_text=whole, details=details)

    def _token(self, text: str, special: bool = False, **last: Any) -> bytes:
        pieces = sum(len(block.pieces) for block in self.blocks)
        token = {"id": 0, "text": text, "logprob": 0.0, "special": special}
        nothing = {"generated_text": None, "details": None}
        return self.say({"index": pieces + special, "token": token, **nothing, **last})
