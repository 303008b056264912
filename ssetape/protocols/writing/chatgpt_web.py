"""Writes the stream of ChatGPT's own page: `delta_encoding v1`."""

from collections.abc import Iterator
from typing import Any

from ssetape.facts import Usage
from ssetape.protocols._conventions import DONE
from ssetape.protocols.writing._blocks import Block, BlockWriter, Kind, Opening

_TEXT = "/message/content/parts/0"
_THOUGHT = "/message/content/thoughts/0/content"
_CODE = "/message/content/text"


class Writer(BlockWriter):
    """Writes a message for each part of the answer, and the pieces as patches of it."""

    URL = "https://chatgpt.com/backend-api/f/conversation"
    MODEL = "gpt-5"
    STOP = CALLS_STOP = "stop"
    LACKS = frozenset({Usage})

    def __init__(self, opening: Opening) -> None:
        super().__init__(opening)
        self._has_path = False  # pieces after the first leave it out

    @classmethod
    def request(cls, model: str, prompt: str) -> dict[str, Any]:
        content = {"content_type": "text", "parts": [prompt]}
        message = {"id": "q", "author": {"role": "user"}, "content": content}
        return {"action": "next", "messages": [message], "model": model}

    def begin(self) -> Iterator[bytes]:
        yield self.say("v1", "delta_encoding")

    def start(self, block: Block) -> Iterator[bytes]:
        message: dict[str, Any] = {
            "id": block.id if block.kind is Kind.CALL else f"{self.opening.id}-{block.index}",
            "author": {"role": self.role, "name": None, "metadata": {}},
            "content": _empty(block.kind),
            "status": "in_progress",
            "end_turn": None,
            "metadata": {"model_slug": self.model},
            "recipient": block.name if block.kind is Kind.CALL else "all",
            "channel": "final" if block.kind is Kind.TEXT else None,
        }
        value = {"message": message, "conversation_id": self.opening.id, "error": None}
        self._has_path = False
        yield self._patch(p="", o="add", v=value, c=block.index)

    def piece(self, block: Block, text: str) -> Iterator[bytes]:
        if self._has_path:
            yield self._patch(v=text)
        else:
            self._has_path = True
            path = {Kind.TEXT: _TEXT, Kind.REASONING: _THOUGHT, Kind.CALL: _CODE}[block.kind]
            yield self._patch(p=path, o="append", v=text)

    def finish(self, block: Block) -> Iterator[bytes]:
        changes: list[dict[str, Any]] = [
            {"p": "/message/status", "o": "replace", "v": "finished_successfully"}
        ]
        if block.kind is Kind.TEXT:
            details = {"finish_details": {"type": self.stop}}
            changes.append({"p": "/message/end_turn", "o": "replace", "v": True})
            changes.append({"p": "/message/metadata", "o": "append", "v": details})
        self._has_path = False
        yield self._patch(p="", o="patch", v=changes)

    def fail(self, text: str) -> Iterator[bytes]:
        yield self.say({"message": None, "conversation_id": self.opening.id, "error": text})

    def end(self) -> Iterator[bytes]:
        if not any(block.kind is Kind.TEXT for block in self.blocks):
            # Only a message to all has a stop reason.
            block = Block(Kind.TEXT, len(self.blocks), 0)
            yield from self.start(block)
            yield from self.finish(block)
        complete = {"type": "message_stream_complete", "conversation_id": self.opening.id}
        yield self.say(complete)
        yield self.frame("", DONE.encode())

    def _patch(self, **fields: Any) -> bytes:
        return self.say(fields, "delta")


def _empty(kind: Kind) -> dict[str, Any]:
    if kind is Kind.TEXT:
        return {"content_type": "text", "parts": [""]}
    if kind is Kind.REASONING:
        return {"content_type": "thoughts", "thoughts": [{"summary": "", "content": ""}]}
    return {"content_type": "code", "language": "unknown", "text": ""}
