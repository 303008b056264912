"""Writes the pieces of LangChain's messages, which LangServe and LangGraph stream."""

from typing import Any

from ssetape.protocols.writing._blocks import Block, BlockWriter, Kind, Tokens


class LangChainWriter(BlockWriter):
    """Writes one message of the assistant in pieces."""

    MODEL = "gpt-4o"
    STOP = "stop"
    CALLS_STOP = "tool_calls"

    @classmethod
    def counts(cls, tokens: Tokens) -> dict[str, Any]:
        counts = {"input_tokens": tokens.input, "output_tokens": tokens.output}
        return {**counts, "total_tokens": tokens.input + tokens.output}

    def of_text(self, block: Block, text: str) -> dict[str, Any]:
        """A piece of a block."""
        if block.kind is Kind.TEXT:
            return self.chunk(text)
        if block.kind is Kind.REASONING:
            return self.chunk("", additional_kwargs={"reasoning_content": text})
        return self._of_call({"index": block.of_kind, "id": None, "name": None, "args": text})

    def of_call(self, block: Block) -> dict[str, Any]:
        """The piece that names a call."""
        call = {"index": block.of_kind, "id": block.id, "name": block.name, "args": ""}
        return self._of_call(call)

    def last(self) -> dict[str, Any]:
        """The piece that says why it stops, and what it used."""
        usage = {"usage_metadata": self.usage} if self.usage else {}
        metadata = {"finish_reason": self.stop, "model_name": self.model}
        return self.chunk("", response_metadata=metadata, **usage)

    def chunk(self, content: str, **fields: Any) -> dict[str, Any]:
        """A piece with this content."""
        message = {"content": content, "type": "AIMessageChunk", "id": f"run-{self.opening.id}"}
        return {**message, **fields}

    def _of_call(self, call: dict[str, Any]) -> dict[str, Any]:
        return self.chunk("", tool_call_chunks=[call])
