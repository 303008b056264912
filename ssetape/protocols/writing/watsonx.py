"""Writes IBM watsonx's text generation."""

from collections.abc import Iterator
from typing import Any

from ssetape.facts import Reasoning, Role, ToolCall
from ssetape.protocols.writing._blocks import Block, BlockWriter, Tokens


class Writer(BlockWriter):
    """Writes text alone; the last message has the counts."""

    URL = "https://us-south.ml.cloud.ibm.com/ml/v1/text/generation_stream?version=2025-02-11"
    MODEL = "ibm/granite-3-8b-instruct"
    STOP = CALLS_STOP = "eos_token"
    LACKS = frozenset({Reasoning, Role, ToolCall})

    @classmethod
    def request(cls, model: str, prompt: str) -> dict[str, Any]:
        return {"input": prompt, "model_id": model}

    @classmethod
    def counts(cls, tokens: Tokens) -> dict[str, Any]:
        return {"input_token_count": tokens.input, "generated_token_count": tokens.output}

    def piece(self, block: Block, text: str) -> Iterator[bytes]:
        yield self._result(text, "not_finished", {})

    def fail(self, text: str) -> Iterator[bytes]:
        yield self.say({"errors": [{"code": "internal_error", "message": text}]}, "error")

    def end(self) -> Iterator[bytes]:
        yield self._result("", self.stop, self.usage)

    def _result(self, text: str, stop: str, counts: dict[str, Any]) -> bytes:
        result = {"generated_text": text, "stop_reason": stop, **counts}
        return self.say({"model_id": self.model, "results": [result]}, "message")
