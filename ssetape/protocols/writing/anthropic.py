"""Writes Anthropic Messages."""

from collections.abc import Iterator
from typing import Any

from ssetape.protocols.writing._blocks import Block, BlockWriter, Kind, Tokens

# Clients ask for no more than this.
_TOKENS_LIMIT = 4096


class Writer(BlockWriter):
    """Writes a content block for each part of the answer."""

    URL = "https://api.anthropic.com/v1/messages"
    MODEL = "claude-sonnet-4-5"
    STOP = "end_turn"
    CALLS_STOP = "tool_use"

    @classmethod
    def request(cls, model: str, prompt: str) -> dict[str, Any]:
        messages = [{"role": "user", "content": prompt}]
        return {"model": model, "max_tokens": _TOKENS_LIMIT, "messages": messages, "stream": True}

    @classmethod
    def counts(cls, tokens: Tokens) -> dict[str, Any]:
        return {"input_tokens": tokens.input, "output_tokens": tokens.output}

    def begin(self) -> Iterator[bytes]:
        message: dict[str, Any] = {
            "id": f"msg_{self.opening.id[:24]}",
            "type": "message",
            "role": self.role,
            "model": self.model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            # What is known before the answer; the end says the rest.
            "usage": {"input_tokens": self.usage.get("input_tokens", 0), "output_tokens": 0},
        }
        yield self._event("message_start", message=message)

    def start(self, block: Block) -> Iterator[bytes]:
        if block.kind is Kind.TEXT:
            content: dict[str, Any] = {"type": "text", "text": ""}
        elif block.kind is Kind.REASONING:
            content = {"type": "thinking", "thinking": "", "signature": ""}
        else:
            content = {"type": "tool_use", "id": block.id, "name": block.name, "input": {}}
        yield self._event("content_block_start", index=block.index, content_block=content)

    def piece(self, block: Block, text: str) -> Iterator[bytes]:
        if block.kind is Kind.TEXT:
            delta = {"type": "text_delta", "text": text}
        elif block.kind is Kind.REASONING:
            delta = {"type": "thinking_delta", "thinking": text}
        else:
            delta = {"type": "input_json_delta", "partial_json": text}
        yield self._event("content_block_delta", index=block.index, delta=delta)

    def finish(self, block: Block) -> Iterator[bytes]:
        yield self._event("content_block_stop", index=block.index)

    def fail(self, text: str) -> Iterator[bytes]:
        yield self._event("error", error={"type": "api_error", "message": text})

    def end(self) -> Iterator[bytes]:
        delta = {"stop_reason": self.stop, "stop_sequence": None}
        yield self._event("message_delta", delta=delta, usage=self.usage or {"output_tokens": 0})
        yield self._event("message_stop")

    def _event(self, kind: str, **fields: Any) -> bytes:
        return self.say({"type": kind, **fields}, kind)
