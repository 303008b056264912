"""Writes Alibaba's DashScope, its native API, with all that was said so far in each message."""

from collections.abc import Iterator
from typing import Any

from ssetape.facts import Model
from ssetape.protocols.writing._blocks import Block, BlockWriter, Kind, Tokens


class Writer(BlockWriter):
    """Writes one choice, as without `incremental_output`."""

    URL = "https://dashscope.aliyuncs.com/api/v1/services/aigc/text-generation/generation"
    MODEL = "qwen-plus"
    STOP = "stop"
    CALLS_STOP = "tool_calls"
    LACKS = frozenset({Model})

    @classmethod
    def request(cls, model: str, prompt: str) -> dict[str, Any]:
        messages = [{"role": "user", "content": prompt}]
        return {"model": model, "input": {"messages": messages}, "parameters": {}}

    @classmethod
    def counts(cls, tokens: Tokens) -> dict[str, Any]:
        counts = {"input_tokens": tokens.input, "output_tokens": tokens.output}
        return {**counts, "total_tokens": tokens.input + tokens.output}

    def piece(self, block: Block, text: str) -> Iterator[bytes]:
        if block.kind is not Kind.CALL:
            yield self._message("null")

    def finish(self, block: Block) -> Iterator[bytes]:
        if block.kind is Kind.CALL:
            yield self._message("null")

    def fail(self, text: str) -> Iterator[bytes]:
        error = {"code": "InternalError", "message": text, "request_id": self.opening.id}
        yield self.say(error, "error")

    def end(self) -> Iterator[bytes]:
        yield self._message(self.stop, **({"usage": self.usage} if self.usage else {}))

    def _message(self, stop: str, **fields: Any) -> bytes:
        message: dict[str, Any] = {"role": self.role, "content": self._so_far(Kind.TEXT)}
        if reasoning := self._so_far(Kind.REASONING):
            message["reasoning_content"] = reasoning
        calls = [_call(block) for block in self.blocks if block.kind is Kind.CALL]
        if calls:
            message["tool_calls"] = calls
        output = {"choices": [{"message": message, "finish_reason": stop}]}
        return self.say({"output": output, **fields, "request_id": self.opening.id}, "result")

    def _so_far(self, kind: Kind) -> str:
        return "".join(block.text for block in self.blocks if block.kind is kind)


def _call(block: Block) -> dict[str, Any]:
    function = {"name": block.name, "arguments": block.text or "{}"}
    return {"index": block.of_kind, "id": block.id, "type": "function", "function": function}
