"""Writes a task of Agent2Agent, version 0.3, over JSON-RPC."""

from collections.abc import Iterator
from typing import Any

from ssetape.facts import Model, Reasoning, Role, ToolCall, Usage
from ssetape.protocols.writing._blocks import Block, BlockWriter


class Writer(BlockWriter):
    """Writes text alone, as an artifact of the task."""

    URL = "http://localhost:9999/"
    MODEL = ""
    STOP = CALLS_STOP = "completed"
    STOPS = ("completed", "canceled", "rejected", "input-required", "auth-required")
    LACKS = frozenset({Model, Reasoning, Role, ToolCall, Usage})

    @classmethod
    def request(cls, model: str, prompt: str) -> dict[str, Any]:
        part = {"kind": "text", "text": prompt}
        message = {"kind": "message", "messageId": "q", "role": "user", "parts": [part]}
        params = {"message": message}
        return {"jsonrpc": "2.0", "id": 1, "method": "message/stream", "params": params}

    def begin(self) -> Iterator[bytes]:
        task = {"kind": "task", "id": self.opening.id, "contextId": "made"}
        yield self._result({**task, "status": {"state": "submitted"}})

    def piece(self, block: Block, text: str) -> Iterator[bytes]:
        parts = [{"kind": "text", "text": text}]
        artifact = {"artifactId": "answer", "parts": parts}
        is_appended = len(block.pieces) > 1
        yield self._update("artifact-update", artifact=artifact, append=is_appended)

    def fail(self, text: str) -> Iterator[bytes]:
        error = {"code": -32603, "message": text}
        yield self.say({"jsonrpc": "2.0", "id": 1, "error": error})

    def end(self) -> Iterator[bytes]:
        yield self._update("status-update", status={"state": self.stop}, final=True)

    def _update(self, kind: str, **fields: Any) -> bytes:
        ids = {"kind": kind, "taskId": self.opening.id, "contextId": "made"}
        return self._result({**ids, **fields})

    def _result(self, result: dict[str, Any]) -> bytes:
        return self.say({"jsonrpc": "2.0", "id": 1, "result": result})
