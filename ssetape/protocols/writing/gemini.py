"""Writes Gemini's streamGenerateContent, as events."""

from collections.abc import Iterator
from typing import Any

from ssetape.loose_json import obj, parse
from ssetape.messages.detection import EVENT_STREAM
from ssetape.messages.writing import event_crlf
from ssetape.protocols.writing._blocks import Block, BlockWriter, Kind, Tokens


class Writer(BlockWriter):
    """Writes one candidate; each call of a function comes whole."""

    URL = (
        "https://generativelanguage.googleapis.com/v1beta/models/{model}:streamGenerateContent"
        "?alt=sse"
    )
    HEADERS = (("content-type", EVENT_STREAM),)
    MODEL = "gemini-2.5-flash"
    ROLE = "model"
    STOP = CALLS_STOP = "STOP"
    frame = staticmethod(event_crlf)

    @classmethod
    def request(cls, model: str, prompt: str) -> dict[str, Any]:
        return {"contents": [{"parts": [{"text": prompt}], "role": "user"}]}

    @classmethod
    def counts(cls, tokens: Tokens) -> dict[str, Any]:
        usage = {
            "promptTokenCount": tokens.input,
            "candidatesTokenCount": tokens.output - tokens.reasoning,
            "totalTokenCount": tokens.input + tokens.output,
        }
        if tokens.reasoning:
            usage["thoughtsTokenCount"] = tokens.reasoning
        return usage

    def piece(self, block: Block, text: str) -> Iterator[bytes]:
        if block.kind is Kind.TEXT:
            yield self._chunk({"text": text})
        elif block.kind is Kind.REASONING:
            yield self._chunk({"text": text, "thought": True})

    def finish(self, block: Block) -> Iterator[bytes]:
        if block.kind is Kind.CALL:
            call = {"name": block.name, "args": obj(parse(block.text or "{}"))}
            yield self._chunk({"functionCall": {**({"id": block.id} if block.id else {}), **call}})

    def fail(self, text: str) -> Iterator[bytes]:
        yield self.say({"error": {"code": 503, "message": text, "status": "UNAVAILABLE"}})

    def end(self) -> Iterator[bytes]:
        usage = {"usageMetadata": self.usage} if self.usage else {}
        yield self._chunk({"text": ""}, {"finishReason": self.stop}, usage)

    def _chunk(
        self,
        part: dict[str, Any],
        further: dict[str, Any] | None = None,
        usage: dict[str, Any] | None = None,
    ) -> bytes:
        content = {"parts": [part], "role": self.role}
        return self.say(
            {
                "candidates": [{"content": content, **(further or {}), "index": 0}],
                **(usage or {}),
                "modelVersion": self.model,
                "responseId": self.opening.id[:22],
            }
        )
