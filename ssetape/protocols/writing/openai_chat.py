"""Writes OpenAI Chat Completions, with reasoning as DeepSeek and vLLM name it."""

from collections.abc import Iterator
from typing import Any

from ssetape.protocols._conventions import DONE
from ssetape.protocols.writing._blocks import Block, BlockWriter, Kind, Tokens


class Writer(BlockWriter):
    """Writes one choice."""

    URL = "https://api.openai.com/v1/chat/completions"
    MODEL = "gpt-4o"
    STOP = "stop"
    CALLS_STOP = "tool_calls"

    @classmethod
    def request(cls, model: str, prompt: str) -> dict[str, Any]:
        messages = [{"role": "user", "content": prompt}]
        options = {"stream": True, "stream_options": {"include_usage": True}}
        return {"model": model, "messages": messages, **options}

    @classmethod
    def counts(cls, tokens: Tokens) -> dict[str, Any]:
        usage: dict[str, Any] = {
            "prompt_tokens": tokens.input,
            "completion_tokens": tokens.output,
            "total_tokens": tokens.input + tokens.output,
        }
        if tokens.reasoning:
            usage["completion_tokens_details"] = {"reasoning_tokens": tokens.reasoning}
        return usage

    def begin(self) -> Iterator[bytes]:
        yield self._delta({"role": self.role, "content": ""})

    def start(self, block: Block) -> Iterator[bytes]:
        if block.kind is Kind.CALL:
            function = {"name": block.name, "arguments": ""}
            call = {"index": block.of_kind, "id": block.id, "type": "function"}
            yield self._delta({"tool_calls": [{**call, "function": function}]})

    def piece(self, block: Block, text: str) -> Iterator[bytes]:
        if block.kind is Kind.TEXT:
            yield self._delta({"content": text})
        elif block.kind is Kind.REASONING:
            yield self._delta({"reasoning_content": text})
        else:
            call = {"index": block.of_kind, "function": {"arguments": text}}
            yield self._delta({"tool_calls": [call]})

    def fail(self, text: str) -> Iterator[bytes]:
        error = {"message": text, "type": "server_error", "param": None, "code": None}
        yield self.say({"error": error})

    def end(self) -> Iterator[bytes]:
        yield self._delta({}, self.stop)
        if self.usage:
            yield self._chunk(choices=[], usage=self.usage)
        yield self.frame("", DONE.encode())

    def _delta(self, delta: dict[str, Any], stop: str | None = None) -> bytes:
        return self._chunk(choices=[{"index": 0, "delta": delta, "finish_reason": stop}])

    def _chunk(self, **fields: Any) -> bytes:
        return self.say(
            {
                "id": f"chatcmpl-{self.opening.id}",
                "object": "chat.completion.chunk",
                "created": self.opening.created_s,
                "model": self.model,
                **fields,
            }
        )
