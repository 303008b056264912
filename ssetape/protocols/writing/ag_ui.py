"""Writes AG-UI, the protocol between agents and pages."""

from collections.abc import Iterator
from typing import Any

from ssetape.facts import Model, Stop, Usage
from ssetape.protocols.writing._blocks import Block, BlockWriter, Kind

_MESSAGE = {Kind.TEXT: "TEXT_MESSAGE", Kind.REASONING: "REASONING_MESSAGE"}


class Writer(BlockWriter):
    """Writes one run."""

    URL = "http://localhost:8000/agent"
    MODEL = STOP = CALLS_STOP = ""
    LACKS = frozenset({Model, Stop, Usage})

    @classmethod
    def request(cls, model: str, prompt: str) -> dict[str, Any]:
        message = {"id": "q", "role": "user", "content": prompt}
        further: dict[str, Any] = {"state": {}, "tools": [], "context": [], "forwardedProps": {}}
        return {"threadId": "thread", "runId": "run", "messages": [message], **further}

    def begin(self) -> Iterator[bytes]:
        yield self._event("RUN_STARTED", **self._run)

    def start(self, block: Block) -> Iterator[bytes]:
        if block.kind is Kind.CALL:
            call = {"toolCallId": block.id, "toolCallName": block.name}
            yield self._event("TOOL_CALL_START", **call)
        else:
            role = self.role if block.kind is Kind.TEXT else "reasoning"
            yield self._event(f"{_MESSAGE[block.kind]}_START", **self._id(block), role=role)

    def piece(self, block: Block, text: str) -> Iterator[bytes]:
        if block.kind is Kind.CALL:
            yield self._event("TOOL_CALL_ARGS", toolCallId=block.id, delta=text)
        else:
            yield self._event(f"{_MESSAGE[block.kind]}_CONTENT", **self._id(block), delta=text)

    def finish(self, block: Block) -> Iterator[bytes]:
        if block.kind is Kind.CALL:
            yield self._event("TOOL_CALL_END", toolCallId=block.id)
        else:
            yield self._event(f"{_MESSAGE[block.kind]}_END", **self._id(block))

    def fail(self, text: str) -> Iterator[bytes]:
        yield self._event("RUN_ERROR", message=text)

    def end(self) -> Iterator[bytes]:
        yield self._event("RUN_FINISHED", **self._run)

    @property
    def _run(self) -> dict[str, str]:
        return {"threadId": "thread", "runId": self.opening.id}

    def _id(self, block: Block) -> dict[str, str]:
        return {"messageId": f"{self.opening.id}-{block.index}"}

    def _event(self, kind: str, **fields: Any) -> bytes:
        return self.say({"type": kind, **fields})
