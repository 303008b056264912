"""Writes OpenAI transcriptions."""

from collections.abc import Iterator
from typing import Any

from ssetape.facts import Model, Reasoning, Role, Stop, ToolCall
from ssetape.protocols.writing._blocks import Block, BlockWriter, Tokens


class Writer(BlockWriter):
    """Writes text alone, which the last event has as a whole, with the counts."""

    URL = "https://api.openai.com/v1/audio/transcriptions"
    MODEL = STOP = CALLS_STOP = ""
    LACKS = frozenset({Model, Reasoning, Role, Stop, ToolCall})

    @classmethod
    def request(cls, model: str, prompt: str) -> None:
        return None  # a file of sound, in a form

    @classmethod
    def counts(cls, tokens: Tokens) -> dict[str, Any]:
        total = tokens.input + tokens.output
        counts = {"input_tokens": tokens.input, "output_tokens": tokens.output}
        return {"type": "tokens", **counts, "total_tokens": total}

    def piece(self, block: Block, text: str) -> Iterator[bytes]:
        yield self._event("transcript.text.delta", delta=text)

    def fail(self, text: str) -> Iterator[bytes]:
        yield self._event("error", error={"type": "server_error", "message": text})

    def end(self) -> Iterator[bytes]:
        text = "".join(block.text for block in self.blocks)
        usage = {"usage": self.usage} if self.usage else {}
        yield self._event("transcript.text.done", text=text, **usage)

    def _event(self, kind: str, **fields: Any) -> bytes:
        return self.say({"type": kind, **fields}, kind)
