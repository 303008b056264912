"""Writes OpenAI Assistants."""

from collections.abc import Iterator
from typing import Any

from ssetape.facts import Reasoning
from ssetape.protocols._conventions import DONE
from ssetape.protocols.writing._blocks import Block, BlockWriter, Kind, Tokens


class Writer(BlockWriter):
    """Writes one run: a message for the text, a step for each call."""

    URL = "https://api.openai.com/v1/threads/runs"
    MODEL = "gpt-4o"
    STOP = "completed"
    CALLS_STOP = "requires_action"
    STOPS = ("completed", "incomplete", "cancelled", "expired", "requires_action")
    LACKS = frozenset({Reasoning})

    @classmethod
    def request(cls, model: str, prompt: str) -> dict[str, Any]:
        thread = {"messages": [{"role": "user", "content": prompt}]}
        return {"assistant_id": "asst_made", "thread": thread, "stream": True}

    @classmethod
    def counts(cls, tokens: Tokens) -> dict[str, Any]:
        counts = {"prompt_tokens": tokens.input, "completion_tokens": tokens.output}
        return {**counts, "total_tokens": tokens.input + tokens.output}

    def begin(self) -> Iterator[bytes]:
        yield self._run("created", None)
        # Only a message names who speaks, so there is always one.
        message = {"id": self._message, "object": "thread.message", "role": self.role}
        yield self.say({**message, "content": []}, "thread.message.created")

    def start(self, block: Block) -> Iterator[bytes]:
        if block.kind is Kind.CALL:
            function = {"name": block.name, "arguments": ""}
            call = {"index": 0, "id": block.id, "type": "function", "function": function}
            yield self._step(block, call)

    def piece(self, block: Block, text: str) -> Iterator[bytes]:
        if block.kind is Kind.CALL:
            function = {"arguments": text}
            yield self._step(block, {"index": 0, "type": "function", "function": function})
        else:
            content = {"index": 0, "type": "text", "text": {"value": text}}
            delta = {"id": self._message, "object": "thread.message.delta"}
            yield self.say({**delta, "delta": {"content": [content]}}, "thread.message.delta")

    def fail(self, text: str) -> Iterator[bytes]:
        yield self.say({"message": text, "type": "server_error", "code": None}, "error")

    def end(self) -> Iterator[bytes]:
        yield self._run(self.stop, self.usage or None)
        yield self.frame("done", DONE.encode())

    @property
    def _message(self) -> str:
        return f"msg_{self.opening.id[:24]}"

    def _run(self, state: str, usage: dict[str, Any] | None) -> bytes:
        run = {"id": f"run_{self.opening.id[:24]}", "object": "thread.run", "model": self.model}
        return self.say({**run, "status": state, "usage": usage}, f"thread.run.{state}")

    def _step(self, block: Block, call: dict[str, Any]) -> bytes:
        step = {"id": f"step_{block.of_kind}", "object": "thread.run.step.delta"}
        details = {"step_details": {"type": "tool_calls", "tool_calls": [call]}}
        return self.say({**step, "delta": details}, "thread.run.step.delta")
