"""Writes Coze's chat, version 3."""

from collections.abc import Iterator
from typing import Any

from ssetape.facts import Model
from ssetape.loose_json import json_of, obj, parse
from ssetape.protocols._conventions import DONE
from ssetape.protocols.writing._blocks import Block, BlockWriter, Kind, Tokens


class Writer(BlockWriter):
    """Writes the answer in pieces, and each call whole."""

    URL = "https://api.coze.com/v3/chat"
    MODEL = ""
    STOP = "completed"
    CALLS_STOP = "requires_action"
    STOPS = ("completed", "failed", "requires_action", "canceled")
    LACKS = frozenset({Model})

    @classmethod
    def request(cls, model: str, prompt: str) -> dict[str, Any]:
        message = {"role": "user", "content": prompt, "content_type": "text"}
        asked = {"bot_id": "bot", "user_id": "user", "stream": True}
        return {**asked, "additional_messages": [message]}

    @classmethod
    def counts(cls, tokens: Tokens) -> dict[str, Any]:
        counts = {"input_count": tokens.input, "output_count": tokens.output}
        return {"token_count": tokens.input + tokens.output, **counts}

    def begin(self) -> Iterator[bytes]:
        yield self._event("chat.created", status="created")

    def piece(self, block: Block, text: str) -> Iterator[bytes]:
        if block.kind is Kind.TEXT:
            yield self._message("delta", "answer", block, content=text)
        elif block.kind is Kind.REASONING:
            yield self._message("delta", "answer", block, content="", reasoning_content=text)

    def finish(self, block: Block) -> Iterator[bytes]:
        if block.kind is Kind.TEXT:
            yield self._message("completed", "answer", block, content=block.text)
        elif block.kind is Kind.CALL:
            call = {"name": block.name, "arguments": obj(parse(block.text or "{}"))}
            yield self._message("completed", "function_call", block, content=json_of(call))

    def fail(self, text: str) -> Iterator[bytes]:
        yield self.say({"code": 5000, "msg": text}, "error")

    def end(self) -> Iterator[bytes]:
        usage = {"usage": self.usage} if self.usage else {}
        yield self._event(f"chat.{self.stop}", status=self.stop, **usage)
        yield self.frame("done", b'"%b"' % DONE.encode())

    def _message(self, state: str, kind: str, block: Block, **fields: Any) -> bytes:
        name = block.id if block.kind is Kind.CALL else self.opening.id
        fields = {"id": name, "role": self.role, "type": kind, "content_type": "text", **fields}
        return self._event(f"message.{state}", **fields)

    def _event(self, kind: str, **fields: Any) -> bytes:
        ids = {"id": f"chat-{self.opening.id}", "conversation_id": "made", "bot_id": "bot"}
        return self.say({**ids, **fields}, f"conversation.{kind}")
