"""Writes Cohere Chat v1, a JSON object per line."""

from collections.abc import Iterator
from typing import Any

from ssetape.facts import Model, Reasoning, Role
from ssetape.loose_json import obj, parse
from ssetape.messages.writing import line
from ssetape.protocols.writing._blocks import Block, BlockWriter, Kind, Tokens


class Writer(BlockWriter):
    """Writes text in pieces, and calls at the end, where they have no ids."""

    URL = "https://api.cohere.com/v1/chat"
    HEADERS = (("content-type", "application/stream+json"),)
    MODEL = "command-r"
    STOP = CALLS_STOP = "COMPLETE"
    LACKS = frozenset({Model, Reasoning, Role})
    frame = staticmethod(line)

    @classmethod
    def request(cls, model: str, prompt: str) -> dict[str, Any]:
        return {"model": model, "message": prompt, "stream": True}

    @classmethod
    def counts(cls, tokens: Tokens) -> dict[str, Any]:
        counts = {"input_tokens": tokens.input, "output_tokens": tokens.output}
        return {"billed_units": counts, "tokens": counts}

    def begin(self) -> Iterator[bytes]:
        yield self._event("stream-start", generation_id=self.opening.id)

    def piece(self, block: Block, text: str) -> Iterator[bytes]:
        if block.kind is Kind.TEXT:
            yield self._event("text-generation", text=text)

    def fail(self, text: str) -> Iterator[bytes]:
        yield self._calls()
        end = {"finish_reason": "ERROR", "error": text}
        yield self._event("stream-end", is_finished=True, **end)

    def end(self) -> Iterator[bytes]:
        yield self._calls()
        text = "".join(block.text for block in self.blocks if block.kind is Kind.TEXT)
        response = {"response_id": self.opening.id, "text": text, "meta": self.usage}
        end = {"finish_reason": self.stop, "response": response}
        yield self._event("stream-end", is_finished=True, **end)

    def _calls(self) -> bytes:
        calls = [
            {"name": block.name, "parameters": obj(parse(block.text or "{}"))}
            for block in self.blocks
            if block.kind is Kind.CALL
        ]
        return self._event("tool-calls-generation", tool_calls=calls) if calls else b""

    def _event(self, kind: str, is_finished: bool = False, **fields: Any) -> bytes:
        return self.say({"is_finished": is_finished, "event_type": kind, **fields})
