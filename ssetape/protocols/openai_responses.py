"""OpenAI Responses. https://platform.openai.com/docs/api-reference/responses-streaming

Items are identified by their place (`output_index`), because some servers change ids midway. From
events that hold something whole, only what did not come in pieces is taken: an item is compared as
a whole, because some servers count `content_index` on over items. Over a WebSocket one connection
has several responses: https://platform.openai.com/docs/guides/websocket-mode
"""

from collections.abc import Callable, Iterator
from typing import Any

from ssetape.facts import (
    Done,
    Fact,
    Failure,
    Model,
    Part,
    Reasoning,
    Role,
    Stop,
    Text,
    ToolCall,
    Usage,
)
from ssetape.loose_json import number, obj, objects, parse_object, string
from ssetape.messages.message import StreamMessage
from ssetape.protocols import Clues, TypedReader
from ssetape.protocols._conventions import DONE, error_text, first_objects
from ssetape.protocols._typed import ResponsesPiece, fitting

NAME = "openai-responses"

_ENDS = ("response.completed", "response.incomplete", "response.failed", "response.cancelled")
_TEXT = "output_text"
# Items that are tool calls, and the field with their input.
_CALLS = {"function_call": "arguments", "custom_tool_call": "input", "mcp_call": "arguments"}
_fit = fitting(ResponsesPiece)


def recognises(clues: Clues) -> bool:
    values = list(first_objects(clues.messages))
    types = [string(value.get("type")) for value in values]
    is_asked = clues.request.url.partition("?")[0].endswith("/responses")
    if any(kind.startswith("response.") for kind in types):
        return not clues.is_websocket or is_asked or any(map(_is_of_responses, values))
    return is_asked and "error" in types


def _is_of_responses(value: dict[str, Any]) -> bool:
    """Whether a message is one that Realtime, which has the same names, does not have."""
    kind = string(value.get("type"))
    if kind == "response.create":
        return "input" in value or "model" in value
    # Those of Realtime name no model.
    return kind in _ENDS or (kind == "response.created" and "model" in obj(value.get("response")))


class Reader(TypedReader):
    """Remembers what came in pieces, by place, so that nothing is reported twice."""

    def __init__(self) -> None:
        self._model = ""
        self._has_role = False
        self._reported: dict[tuple[str, int, int], list[str]] = {}
        self._paragraphs: set[tuple[int, int]] = set()
        self._has_paragraphs = False
        self._response = 0

    def read_typed(self, message: StreamMessage) -> list[Fact] | None:
        piece = None if message.from_client else _fit(message.data)
        if piece is None:
            return None
        kind, place, part, delta = piece.type, piece.output_index, piece.content_index, piece.delta
        if kind == "response.output_text.delta":
            return list(self._add("text", place, part, delta, Text))
        if kind == "response.reasoning_text.delta":
            return list(self._add("reasoning", place, part, delta, Reasoning))
        if kind == "response.reasoning_summary_text.delta":
            part = piece.summary_index
            return list(self._add("summary", place, part, delta, self._paragraph(place, part)))
        return list(self._add("call", place, 0, delta, self._arguments(place)))

    def read(self, message: StreamMessage) -> Iterator[Fact]:
        if message.data.startswith(DONE):
            yield Done(DONE)
            return
        if message.from_client or not message.data.strip():
            return
        value = parse_object(message.data)
        kind = string(value.get("type")) or message.name
        if kind == "response.created":
            self._begin()
        response = obj(value.get("response"))
        model = string(response.get("model"))
        if model and model != self._model:
            self._model = model
            yield Model(model)
        if kind == "error" or value.get("error"):
            error = value.get("error") or value
            yield Failure(error_text(error), error)
        elif kind in _ENDS:
            yield from self._end(kind, response)
        else:
            yield from self._event(kind, value)

    def _begin(self) -> None:
        """Begin another response: its places are counted from zero."""
        self._response += 1
        self._reported.clear()
        self._paragraphs.clear()

    def _event(self, kind: str, value: dict[str, Any]) -> Iterator[Fact]:
        place = number(value.get("output_index"))
        part = number(value.get("content_index"))
        summary = number(value.get("summary_index"))
        delta = string(value.get("delta"))
        if kind == "response.output_text.delta":
            yield from self._add("text", place, part, delta, Text)
        elif kind == "response.output_text.done":
            yield from self._whole("text", place, part, string(value.get("text")), Text)
        elif kind == "response.reasoning_summary_text.delta":
            yield from self._add("summary", place, summary, delta, self._paragraph(place, summary))
        elif kind == "response.reasoning_summary_text.done":
            text = string(value.get("text"))
            make = self._paragraph(place, summary)
            yield from self._whole("summary", place, summary, text, make)
        elif kind == "response.reasoning_text.delta":
            yield from self._add("reasoning", place, part, delta, Reasoning)
        elif kind == "response.reasoning_text.done":
            yield from self._whole("reasoning", place, part, string(value.get("text")), Reasoning)
        elif kind in ("response.output_item.added", "response.output_item.done"):
            yield from self._item(place, obj(value.get("item")), kind.endswith(".done"))
        elif kind.endswith(("_arguments.delta", "_tool_call_input.delta")):
            yield from self._add("call", place, 0, delta, self._arguments(place))
        elif kind.endswith(("_arguments.done", "_tool_call_input.done")):
            whole = string(value.get("arguments")) or string(value.get("input"))
            yield from self._whole("call", place, 0, whole, self._arguments(place))
        elif kind == "response.refusal.done":
            yield Part("refusal", value.get("refusal"))
        elif kind == "response.output_text.annotation.added":
            yield Part("annotation", value.get("annotation"))

    def _item(self, place: int, item: dict[str, Any], is_done: bool) -> Iterator[Fact]:
        kind = string(item.get("type"))
        if kind == "message" and not self._has_role and string(item.get("role")):
            self._has_role = True
            yield Role(item["role"])
        if kind in _CALLS:
            call_id = string(item.get("call_id")) or string(item.get("id"))
            name = string(item.get("name"))
            if is_done:
                whole = string(item.get(_CALLS[kind]))
                yield from self._whole("call", place, 0, whole, self._arguments(place))
            yield ToolCall(self._key(place), call_id, name)
        elif is_done and kind == "message":
            parts = objects(item.get("content"))
            texts = [string(part.get("text")) for part in parts if part.get("type") == _TEXT]
            yield from self._whole_parts("text", place, texts, lambda part: Text)
        elif is_done and kind == "reasoning":
            yield from self._whole_reasoning(place, item)
        elif is_done and kind:
            yield Part(kind, item)

    def _whole_reasoning(self, place: int, item: dict[str, Any]) -> Iterator[Fact]:
        summaries = [string(each.get("text")) for each in objects(item.get("summary"))]
        yield from self._whole_parts(
            "summary", place, summaries, lambda part: self._paragraph(place, part)
        )
        texts = [string(each.get("text")) for each in objects(item.get("content"))]
        yield from self._whole_parts("reasoning", place, texts, lambda part: Reasoning)

    def _end(self, kind: str, response: dict[str, Any]) -> Iterator[Fact]:
        for place, item in enumerate(objects(response.get("output"))):
            # If the final output omits items, the places no longer match.
            if not self._reported:
                yield from self._item(place, item, is_done=True)
        if error := response.get("error"):
            yield Failure(error_text(error), error)
        if usage := obj(response.get("usage")):
            yield Usage(usage)
        yield Stop(string(response.get("status")) or kind.partition(".")[2])
        yield Done(kind)

    def _add(
        self, what: str, place: int, part: int, delta: str, make: Callable[[str], Fact]
    ) -> Iterator[Fact]:
        if delta:
            self._reported.setdefault((what, place, part), []).append(delta)
            yield make(delta)

    def _whole(
        self, what: str, place: int, part: int, whole: str, make: Callable[[str], Fact]
    ) -> Iterator[Fact]:
        """Yield the part of `whole` that has not been reported yet."""
        before = "".join(self._reported.get((what, place, part), ()))
        if whole.startswith(before):
            yield from self._add(what, place, part, whole.removeprefix(before), make)

    def _whole_parts(
        self, what: str, place: int, parts: list[str], maker: Callable[[int], Callable[[str], Fact]]
    ) -> Iterator[Fact]:
        """Yield the parts of an item that have not been reported yet, wherever they were."""
        pieces = sorted(key for key in self._reported if key[:2] == (what, place))
        before = "".join(piece for key in pieces for piece in self._reported[key])
        if not "".join(parts).startswith(before):
            return
        for number_, part in enumerate(parts):
            known, before = before[: len(part)], before[len(part) :]
            if rest := part[len(known) :]:
                yield from self._add(what, place, number_, rest, maker(number_))

    def _key(self, place: int) -> str:
        return f"{self._response}.{place}"

    def _arguments(self, place: int) -> Callable[[str], Fact]:
        return lambda text: ToolCall(self._key(place), arguments=text)

    def _paragraph(self, place: int, part: int) -> Callable[[str], Fact]:
        """Start each summary as a paragraph: nothing in the stream separates them."""
        is_first, self._has_paragraphs = not self._has_paragraphs, True
        is_new = (place, part) not in self._paragraphs
        self._paragraphs.add((place, part))
        before = "\n\n" if is_new and not is_first else ""
        return lambda text: Reasoning(before + text)
