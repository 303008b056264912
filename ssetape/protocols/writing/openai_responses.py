"""Writes OpenAI Responses."""

from collections.abc import Iterator
from typing import Any

from ssetape.protocols.writing._blocks import Block, BlockWriter, Kind, Opening, Tokens

_PREFIX = {Kind.TEXT: "msg", Kind.REASONING: "rs", Kind.CALL: "fc"}


class Writer(BlockWriter):
    """Writes an output item for each part of the answer; reasoning is a summary."""

    URL = "https://api.openai.com/v1/responses"
    MODEL = "gpt-4o"
    STOP = CALLS_STOP = "completed"
    STOPS = ("completed", "incomplete")

    def __init__(self, opening: Opening) -> None:
        super().__init__(opening)
        self._number = 0

    @classmethod
    def request(cls, model: str, prompt: str) -> dict[str, Any]:
        return {"model": model, "input": prompt, "stream": True}

    @classmethod
    def counts(cls, tokens: Tokens) -> dict[str, Any]:
        return {
            "input_tokens": tokens.input,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": tokens.output,
            "output_tokens_details": {"reasoning_tokens": tokens.reasoning},
            "total_tokens": tokens.input + tokens.output,
        }

    def begin(self) -> Iterator[bytes]:
        for kind in ("response.created", "response.in_progress"):
            yield self._event(kind, response=self._response("in_progress", [], None))

    def start(self, block: Block) -> Iterator[bytes]:
        item = self._item(block, "in_progress")
        yield self._event("response.output_item.added", output_index=block.index, item=item)
        if block.kind is Kind.TEXT:
            yield self._of(block, "response.content_part.added", part=_part(""))
        elif block.kind is Kind.REASONING:
            part = {"type": "summary_text", "text": ""}
            yield self._of(block, "response.reasoning_summary_part.added", part=part)

    def piece(self, block: Block, text: str) -> Iterator[bytes]:
        if block.kind is Kind.TEXT:
            yield self._of(block, "response.output_text.delta", delta=text, logprobs=[])
        elif block.kind is Kind.REASONING:
            yield self._of(block, "response.reasoning_summary_text.delta", delta=text)
        else:
            yield self._of(block, "response.function_call_arguments.delta", delta=text)

    def finish(self, block: Block) -> Iterator[bytes]:
        text = block.text
        if block.kind is Kind.TEXT:
            yield self._of(block, "response.output_text.done", text=text, logprobs=[])
            yield self._of(block, "response.content_part.done", part=_part(text))
        elif block.kind is Kind.REASONING:
            part = {"type": "summary_text", "text": text}
            yield self._of(block, "response.reasoning_summary_text.done", text=text)
            yield self._of(block, "response.reasoning_summary_part.done", part=part)
        else:
            name, arguments = block.name, text or "{}"
            kind = "response.function_call_arguments.done"
            yield self._of(block, kind, name=name, arguments=arguments)
        item = self._item(block, "completed")
        yield self._event("response.output_item.done", output_index=block.index, item=item)

    def fail(self, text: str) -> Iterator[bytes]:
        yield self._event("error", code="server_error", message=text, param=None)

    def end(self) -> Iterator[bytes]:
        output = [self._item(block, "completed") for block in self.blocks]
        response = self._response(self.stop, output, self.usage or None)
        yield self._event(f"response.{self.stop}", response=response)

    def _of(self, block: Block, kind: str, **fields: Any) -> bytes:
        place: dict[str, Any] = {"item_id": self._id(block), "output_index": block.index}
        if block.kind is Kind.TEXT:
            place["content_index"] = 0
        elif block.kind is Kind.REASONING:
            place["summary_index"] = 0
        return self._event(kind, **place, **fields)

    def _event(self, kind: str, **fields: Any) -> bytes:
        number, self._number = self._number, self._number + 1
        return self.say({"type": kind, "sequence_number": number, **fields}, kind)

    def _id(self, block: Block) -> str:
        return f"{_PREFIX[block.kind]}_{self.opening.id}{block.index}"

    def _item(self, block: Block, status: str) -> dict[str, Any]:
        text, is_done = block.text, status == "completed"
        item: dict[str, Any] = {"id": self._id(block)}
        if block.kind is Kind.TEXT:
            content = [_part(text)] if is_done else []
            item |= {"type": "message", "status": status, "role": self.role, "content": content}
        elif block.kind is Kind.REASONING:
            summary = [{"type": "summary_text", "text": text}] if is_done else []
            item |= {"type": "reasoning", "summary": summary}
        else:
            call = {"call_id": block.id, "name": block.name, "arguments": text}
            item |= {"type": "function_call", "status": status, **call}
        return item

    def _response(self, status: str, output: list[Any], usage: Any) -> dict[str, Any]:
        is_cut = status == "incomplete"
        return {
            "id": f"resp_{self.opening.id}",
            "object": "response",
            "created_at": self.opening.created_s,
            "status": status,
            "error": None,
            "incomplete_details": {"reason": "max_output_tokens"} if is_cut else None,
            "instructions": None,
            "metadata": {},
            "model": self.model,
            "output": output,
            "parallel_tool_calls": True,
            "temperature": 1.0,
            "tool_choice": "auto",
            "tools": [],
            "top_p": 1.0,
            "usage": usage,
        }


def _part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
