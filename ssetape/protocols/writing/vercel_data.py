"""Writes Vercel's data stream (AI SDK 3 and 4): lines of a code, a colon, and JSON."""

from collections.abc import Iterator
from typing import Any

from ssetape.facts import Model, Role
from ssetape.loose_json import dumped, parse
from ssetape.messages.writing import line
from ssetape.protocols.writing._blocks import Block, BlockWriter, Kind, Tokens


class Writer(BlockWriter):
    """Writes one step."""

    URL = "http://localhost:3000/api/chat"
    HEADERS = (
        ("content-type", "text/plain; charset=utf-8"),
        ("x-vercel-ai-data-stream", "v1"),
    )
    MODEL = ""
    STOP = "stop"
    CALLS_STOP = "tool-calls"
    LACKS = frozenset({Model, Role})

    @classmethod
    def request(cls, model: str, prompt: str) -> dict[str, Any]:
        return {"id": "chat", "messages": [{"role": "user", "content": prompt}]}

    @classmethod
    def counts(cls, tokens: Tokens) -> dict[str, Any]:
        return {"promptTokens": tokens.input, "completionTokens": tokens.output}

    def begin(self) -> Iterator[bytes]:
        yield self.say({"messageId": f"msg-{self.opening.id[:24]}"}, "f")

    def start(self, block: Block) -> Iterator[bytes]:
        if block.kind is Kind.CALL:
            yield self.say({"toolCallId": block.id, "toolName": block.name}, "b")

    def piece(self, block: Block, text: str) -> Iterator[bytes]:
        if block.kind is Kind.CALL:
            yield self.say({"toolCallId": block.id, "argsTextDelta": text}, "c")
        else:
            yield self.say(text, "0" if block.kind is Kind.TEXT else "g")

    def finish(self, block: Block) -> Iterator[bytes]:
        if block.kind is Kind.CALL:
            call = {"toolCallId": block.id, "toolName": block.name}
            yield self.say({**call, "args": parse(block.text or "{}")}, "9")

    def fail(self, text: str) -> Iterator[bytes]:
        yield self.say(text, "3")

    def end(self) -> Iterator[bytes]:
        usage = {"usage": self.usage} if self.usage else {}
        end = {"finishReason": self.stop, **usage}
        yield self.say({**end, "isContinued": False}, "e")
        yield self.say(end, "d")

    def say(self, value: Any, name: str = "") -> bytes:
        return line("", name.encode() + b":" + dumped(value))
