"""Writes Baidu's Wenxin Workshop (ERNIE), its native API."""

from collections.abc import Iterator
from typing import Any

from ssetape.facts import Model, Reasoning, Role
from ssetape.protocols.writing._blocks import Block, BlockWriter, Kind, Tokens


class Writer(BlockWriter):
    """Writes text in pieces, and each call whole, where it has no id."""

    URL = "https://aip.baidubce.com/rpc/2.0/ai_custom/v1/wenxinworkshop/chat/completions_pro"
    MODEL = ""
    STOP = "normal"
    CALLS_STOP = "function_call"
    LACKS = frozenset({Model, Reasoning, Role})

    @classmethod
    def request(cls, model: str, prompt: str) -> dict[str, Any]:
        return {"messages": [{"role": "user", "content": prompt}], "stream": True}

    @classmethod
    def counts(cls, tokens: Tokens) -> dict[str, Any]:
        counts = {"prompt_tokens": tokens.input, "completion_tokens": tokens.output}
        return {**counts, "total_tokens": tokens.input + tokens.output}

    def piece(self, block: Block, text: str) -> Iterator[bytes]:
        if block.kind is Kind.TEXT:
            yield self._chunk(result=text)

    def finish(self, block: Block) -> Iterator[bytes]:
        if block.kind is Kind.CALL:
            call = {"name": block.name, "thoughts": "", "arguments": block.text or "{}"}
            yield self._chunk(result="", function_call=call)

    def fail(self, text: str) -> Iterator[bytes]:
        yield self.say({"error_code": 336000, "error_msg": text, "id": self.opening.id})

    def end(self) -> Iterator[bytes]:
        usage = {"usage": self.usage} if self.usage else {}
        yield self._chunk(is_end=True, result="", finish_reason=self.stop, **usage)

    def _chunk(self, is_end: bool = False, **fields: Any) -> bytes:
        head = {"id": f"as-{self.opening.id[:10]}", "object": "chat.completion"}
        created = {"created": self.opening.created_s, "is_end": is_end}
        return self.say({**head, **created, **fields})
