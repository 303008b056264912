"""Writes Ollama's own chat API, a JSON object per line."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from ssetape.loose_json import obj, parse
from ssetape.messages.writing import line
from ssetape.protocols.writing._blocks import Block, BlockWriter, Kind, Opening, Tokens


class Writer(BlockWriter):
    """Writes each call of a tool whole."""

    URL = "http://127.0.0.1:11434/api/chat"
    HEADERS = (("content-type", "application/x-ndjson"),)
    MODEL = "llama3.2"
    STOP = CALLS_STOP = "stop"
    frame = staticmethod(line)

    def __init__(self, opening: Opening) -> None:
        super().__init__(opening)
        created = datetime.fromtimestamp(opening.created_s, UTC)
        self._created = f"{created:%Y-%m-%dT%H:%M:%SZ}"

    @classmethod
    def request(cls, model: str, prompt: str) -> dict[str, Any]:
        messages = [{"role": "user", "content": prompt}]
        return {"model": model, "messages": messages, "stream": True}

    @classmethod
    def counts(cls, tokens: Tokens) -> dict[str, Any]:
        return {"prompt_eval_count": tokens.input, "eval_count": tokens.output}

    def piece(self, block: Block, text: str) -> Iterator[bytes]:
        if block.kind is Kind.TEXT:
            yield self._line({"content": text})
        elif block.kind is Kind.REASONING:
            yield self._line({"content": "", "thinking": text})

    def finish(self, block: Block) -> Iterator[bytes]:
        if block.kind is Kind.CALL:
            function = {"name": block.name, "arguments": obj(parse(block.text or "{}"))}
            call = {**({"id": block.id} if block.id else {}), "function": function}
            yield self._line({"content": "", "tool_calls": [call]})

    def fail(self, text: str) -> Iterator[bytes]:
        yield self.say({"error": text})

    def end(self) -> Iterator[bytes]:
        yield self._line({"content": ""}, done=True, done_reason=self.stop, **self.usage)

    def _line(self, message: dict[str, Any], done: bool = False, **fields: Any) -> bytes:
        return self.say(
            {
                "model": self.model,
                "created_at": self._created,
                "message": {"role": self.role, **message},
                "done": done,
                **fields,
            }
        )
