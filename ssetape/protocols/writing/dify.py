"""Writes the chats of Dify's apps."""

from collections.abc import Iterator
from typing import Any

from ssetape.facts import Model, Reasoning, Role, Stop, ToolCall
from ssetape.protocols.writing._blocks import Block, BlockWriter, Tokens


class Writer(BlockWriter):
    """Writes text alone; the end has the counts."""

    URL = "https://api.dify.ai/v1/chat-messages"
    MODEL = STOP = CALLS_STOP = ""
    LACKS = frozenset({Model, Reasoning, Role, Stop, ToolCall})

    @classmethod
    def request(cls, model: str, prompt: str) -> dict[str, Any]:
        return {"inputs": {}, "query": prompt, "response_mode": "streaming", "user": "user"}

    @classmethod
    def counts(cls, tokens: Tokens) -> dict[str, Any]:
        total = tokens.input + tokens.output
        counts = {"prompt_tokens": tokens.input, "completion_tokens": tokens.output}
        return {**counts, "total_tokens": total}

    def piece(self, block: Block, text: str) -> Iterator[bytes]:
        yield self._event("message", answer=text)

    def fail(self, text: str) -> Iterator[bytes]:
        yield self._event("error", status=500, code="completion_request_error", message=text)

    def end(self) -> Iterator[bytes]:
        yield self._event("message_end", metadata={"usage": self.usage})

    def _event(self, kind: str, **fields: Any) -> bytes:
        ids = dict.fromkeys(("task_id", "message_id", "conversation_id"), self.opening.id)
        return self.say({"event": kind, **ids, "created_at": self.opening.created_s, **fields})
