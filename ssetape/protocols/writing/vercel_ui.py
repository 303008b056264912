"""Writes Vercel's UI message stream (AI SDK 5 and later), as an app's own route sends it."""

from collections.abc import Iterator
from typing import Any

from ssetape.facts import Model
from ssetape.loose_json import parse
from ssetape.messages.detection import EVENT_STREAM
from ssetape.protocols._conventions import DONE
from ssetape.protocols.writing._blocks import Block, BlockWriter, Kind, Tokens


class Writer(BlockWriter):
    """Writes one step. The usage is where apps put it: in the message's metadata."""

    URL = "http://localhost:3000/api/chat"
    HEADERS = (
        ("content-type", EVENT_STREAM),
        ("cache-control", "no-cache"),
        ("x-vercel-ai-ui-message-stream", "v1"),
        ("x-accel-buffering", "no"),
    )
    MODEL = ""
    STOP = "stop"
    CALLS_STOP = "tool-calls"
    STOPS = ("stop", "length", "content-filter", "tool-calls", "error", "other")
    LACKS = frozenset({Model})

    @classmethod
    def request(cls, model: str, prompt: str) -> dict[str, Any]:
        message = {"id": "q", "role": "user", "parts": [{"type": "text", "text": prompt}]}
        return {"id": "chat", "messages": [message], "trigger": "submit-message"}

    @classmethod
    def counts(cls, tokens: Tokens) -> dict[str, Any]:
        total = tokens.input + tokens.output
        return {"inputTokens": tokens.input, "outputTokens": tokens.output, "totalTokens": total}

    def begin(self) -> Iterator[bytes]:
        yield self._part("start", messageId=self.opening.id[:16])
        yield self._part("start-step")

    def start(self, block: Block) -> Iterator[bytes]:
        if block.kind is Kind.CALL:
            yield self._part("tool-input-start", toolCallId=block.id, toolName=block.name)
        else:
            yield self._part(f"{_word(block)}-start", id=f"{block.index}")

    def piece(self, block: Block, text: str) -> Iterator[bytes]:
        if block.kind is Kind.CALL:
            yield self._part("tool-input-delta", toolCallId=block.id, inputTextDelta=text)
        else:
            yield self._part(f"{_word(block)}-delta", id=f"{block.index}", delta=text)

    def finish(self, block: Block) -> Iterator[bytes]:
        if block.kind is Kind.CALL:
            call = {"toolCallId": block.id, "toolName": block.name}
            yield self._part("tool-input-available", **call, input=parse(block.text or "{}"))
        else:
            yield self._part(f"{_word(block)}-end", id=f"{block.index}")

    def fail(self, text: str) -> Iterator[bytes]:
        yield self._part("error", errorText=text)

    def end(self) -> Iterator[bytes]:
        metadata = {"messageMetadata": {"usage": self.usage}} if self.usage else {}
        yield self._part("finish-step")
        yield self._part("finish", finishReason=self.stop, **metadata)
        yield self.frame("", DONE.encode())

    def _part(self, kind: str, **fields: Any) -> bytes:
        return self.say({"type": kind, **fields})


def _word(block: Block) -> str:
    return "reasoning" if block.kind is Kind.REASONING else "text"
