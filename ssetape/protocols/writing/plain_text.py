"""Writes plain text in `data:`, one piece per event."""

from collections.abc import Iterator

from ssetape.facts import Model, Reasoning, Role, Stop, ToolCall, Usage
from ssetape.protocols._conventions import DONE
from ssetape.protocols.writing._blocks import Block, BlockWriter


class Writer(BlockWriter):
    """Writes text alone. Its line ends become LF, as events have no other."""

    URL = "http://localhost:8000/stream"
    METHOD = "GET"
    MODEL = STOP = CALLS_STOP = ""
    LACKS = frozenset({Model, Reasoning, Role, Stop, ToolCall, Usage})

    @classmethod
    def request(cls, model: str, prompt: str) -> None:
        return None

    def piece(self, block: Block, text: str) -> Iterator[bytes]:
        yield self.frame("", text.encode("utf-8", "replace"))

    def fail(self, text: str) -> Iterator[bytes]:
        yield self.frame("error", text.encode("utf-8", "replace"))

    def end(self) -> Iterator[bytes]:
        yield self.frame("", DONE.encode())
