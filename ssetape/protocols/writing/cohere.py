"""Writes Cohere Chat v2."""

from collections.abc import Iterator
from typing import Any

from ssetape.facts import Model
from ssetape.protocols.writing._blocks import Block, BlockWriter, Kind, Tokens


class Writer(BlockWriter):
    """Writes a content block for each part of the answer."""

    URL = "https://api.cohere.com/v2/chat"
    MODEL = "command-a-03-2025"
    STOP = "COMPLETE"
    CALLS_STOP = "TOOL_CALL"
    LACKS = frozenset({Model})

    @classmethod
    def request(cls, model: str, prompt: str) -> dict[str, Any]:
        messages = [{"role": "user", "content": prompt}]
        return {"model": model, "messages": messages, "stream": True}

    @classmethod
    def counts(cls, tokens: Tokens) -> dict[str, Any]:
        counts = {"input_tokens": tokens.input, "output_tokens": tokens.output}
        return {"billed_units": counts, "tokens": counts}

    def begin(self) -> Iterator[bytes]:
        empty: dict[str, Any] = {"content": [], "tool_plan": "", "tool_calls": [], "citations": []}
        message = {"role": self.role, **empty}
        yield self._event("message-start", id=self.opening.id, delta={"message": message})

    def start(self, block: Block) -> Iterator[bytes]:
        if block.kind is Kind.CALL:
            function = {"name": block.name, "arguments": ""}
            call = {"id": block.id, "type": "function", "function": function}
            yield self._of(block, "tool-call-start", {"tool_calls": call})
        else:
            name = _field(block)
            yield self._of(block, "content-start", {"content": {"type": name, name: ""}})

    def piece(self, block: Block, text: str) -> Iterator[bytes]:
        if block.kind is Kind.CALL:
            arguments = {"function": {"arguments": text}}
            yield self._of(block, "tool-call-delta", {"tool_calls": arguments})
        else:
            yield self._of(block, "content-delta", {"content": {_field(block): text}})

    def finish(self, block: Block) -> Iterator[bytes]:
        kind = "tool-call-end" if block.kind is Kind.CALL else "content-end"
        yield self._event(kind, index=self._index(block))

    def fail(self, text: str) -> Iterator[bytes]:
        yield self._event("message-end", delta={"error": text, "finish_reason": "ERROR"})

    def end(self) -> Iterator[bytes]:
        usage = {"usage": self.usage} if self.usage else {}
        yield self._event("message-end", delta={"finish_reason": self.stop, **usage})

    def _of(self, block: Block, kind: str, message: dict[str, Any]) -> bytes:
        return self._event(kind, index=self._index(block), delta={"message": message})

    def _index(self, block: Block) -> int:
        """The place among tool calls, or among contents: each is counted from 0."""
        if block.kind is Kind.CALL:
            return block.of_kind
        return sum(each.kind is not Kind.CALL for each in self.blocks[: block.index])

    def _event(self, kind: str, **fields: Any) -> bytes:
        return self.say({"type": kind, **fields}, kind)


def _field(block: Block) -> str:
    return "thinking" if block.kind is Kind.REASONING else "text"
