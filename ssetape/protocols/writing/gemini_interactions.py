"""Writes Gemini's Interactions API."""

from collections.abc import Iterator
from typing import Any

from ssetape.facts import Role
from ssetape.protocols._conventions import DONE
from ssetape.protocols.writing._blocks import Block, BlockWriter, Kind, Tokens

_STEPS = {Kind.TEXT: "model_output", Kind.REASONING: "thought", Kind.CALL: "function_call"}


class Writer(BlockWriter):
    """Writes a step for each part of the answer."""

    URL = "https://generativelanguage.googleapis.com/v1beta/interactions"
    MODEL = "gemini-2.5-flash"
    STOP = "completed"
    CALLS_STOP = "requires_action"
    LACKS = frozenset({Role})

    @classmethod
    def request(cls, model: str, prompt: str) -> dict[str, Any]:
        return {"model": model, "input": prompt, "stream": True}

    @classmethod
    def counts(cls, tokens: Tokens) -> dict[str, Any]:
        return {
            "total_input_tokens": tokens.input,
            "total_output_tokens": tokens.output - tokens.reasoning,
            "total_thought_tokens": tokens.reasoning,
            "total_tokens": tokens.input + tokens.output,
        }

    def begin(self) -> Iterator[bytes]:
        created = {"id": self.opening.id, "model": self.model, "status": "in_progress"}
        yield self._event("interaction.created", interaction=created)

    def start(self, block: Block) -> Iterator[bytes]:
        step = {"type": _STEPS[block.kind]}
        if block.kind is Kind.CALL:
            step |= {"id": block.id, "name": block.name}
        yield self._event("step.start", index=block.index, step=step)

    def piece(self, block: Block, text: str) -> Iterator[bytes]:
        if block.kind is Kind.TEXT:
            delta: dict[str, Any] = {"type": "text", "text": text}
        elif block.kind is Kind.REASONING:
            delta = {"type": "thought_summary", "content": {"type": "text", "text": text}}
        else:
            delta = {"type": "arguments_delta", "partial_arguments": text}
        yield self._event("step.delta", index=block.index, delta=delta)

    def finish(self, block: Block) -> Iterator[bytes]:
        yield self._event("step.stop", index=block.index)

    def fail(self, text: str) -> Iterator[bytes]:
        yield self._event("error", error={"code": "internal", "message": text})

    def end(self) -> Iterator[bytes]:
        ended = {"id": self.opening.id, "status": self.stop, "usage": self.usage}
        yield self._event("interaction.completed", interaction=ended)
        yield self.frame("done", DONE.encode())

    def _event(self, kind: str, **fields: Any) -> bytes:
        return self.say({"event_type": kind, **fields}, kind)
