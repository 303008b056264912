"""Writes Bedrock's ConverseStream, in AWS frames."""

from collections.abc import Iterator
from typing import Any

from ssetape.facts import Model
from ssetape.loose_json import dumped
from ssetape.messages.aws import exception_frame, frame
from ssetape.protocols.writing._blocks import Block, BlockWriter, Kind, Tokens

# What a failure is unless its text begins with another exception's name.
_EXCEPTION = "modelStreamErrorException"
_EXCEPTIONS = (
    *(_EXCEPTION, "internalServerException", "serviceUnavailableException"),
    *("throttlingException", "validationException"),
)


class Writer(BlockWriter):
    """Writes a content block for each part of the answer; only calls have a start."""

    URL = "https://bedrock-runtime.us-east-1.amazonaws.com/model/{model}/converse-stream"
    HEADERS = (("content-type", "application/vnd.amazon.eventstream"),)
    MODEL = "amazon.nova-lite-v1:0"
    STOP = "end_turn"
    CALLS_STOP = "tool_use"
    LACKS = frozenset({Model})
    frame = staticmethod(frame)

    @classmethod
    def request(cls, model: str, prompt: str) -> dict[str, Any]:
        return {"messages": [{"role": "user", "content": [{"text": prompt}]}]}

    @classmethod
    def counts(cls, tokens: Tokens) -> dict[str, Any]:
        total = tokens.input + tokens.output
        return {"inputTokens": tokens.input, "outputTokens": tokens.output, "totalTokens": total}

    def begin(self) -> Iterator[bytes]:
        yield self.say({"role": self.role}, "messageStart")

    def start(self, block: Block) -> Iterator[bytes]:
        if block.kind is Kind.CALL:
            start = {"toolUse": {"toolUseId": block.id, "name": block.name}}
            yield self._of(block, "contentBlockStart", start=start)

    def piece(self, block: Block, text: str) -> Iterator[bytes]:
        if block.kind is Kind.TEXT:
            delta: dict[str, Any] = {"text": text}
        elif block.kind is Kind.REASONING:
            delta = {"reasoningContent": {"text": text}}
        else:
            delta = {"toolUse": {"input": text}}
        yield self._of(block, "contentBlockDelta", delta=delta)

    def finish(self, block: Block) -> Iterator[bytes]:
        yield self._of(block, "contentBlockStop")

    def fail(self, text: str) -> Iterator[bytes]:
        name, _, rest = text.partition(": ")
        if name not in _EXCEPTIONS:
            name, rest = _EXCEPTION, text
        yield exception_frame(name, dumped({"message": rest}))

    def end(self) -> Iterator[bytes]:
        yield self.say({"stopReason": self.stop}, "messageStop")
        if self.usage:
            yield self.say({"usage": self.usage, "metrics": {"latencyMs": 0}}, "metadata")

    def _of(self, block: Block, name: str, **fields: Any) -> bytes:
        return self.say({"contentBlockIndex": block.index, **fields}, name)
