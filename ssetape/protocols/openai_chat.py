"""OpenAI Chat Completions, and the many servers that speak it, each a little differently.

https://platform.openai.com/docs/api-reference/chat-streaming
Legacy completions (`choices[].text`) are read as well. Dialects: Mistral's content is a list of
parts; reasoning is `reasoning_content` (DeepSeek), `reasoning` (Ollama, OpenRouter, Groq),
`reasoning_details` (Snowflake), or `thinking` parts (Mistral); Groq has its usage in `x_groq`.
"""

from collections.abc import Iterator
from typing import Any

from ssetape.errors import MessageError
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
from ssetape.loose_json import as_text, items, number, obj, objects, parse_object, string
from ssetape.messages.message import StreamMessage
from ssetape.protocols import Clues
from ssetape.protocols._conventions import DONE, error_text, first_objects

NAME = "openai-chat"

_OBJECTS = frozenset({"chat.completion.chunk", "chat.completion", "text_completion"})
_CITATIONS = ("citations", "search_results")


def recognises(clues: Clues) -> bool:
    for value in first_objects(clues.messages):
        # Baidu names its own chunks so; their text is `result`.
        if string(value.get("object")) in _OBJECTS and "result" not in value:
            return True
        if any(map(_is_choice, objects(value.get("choices")))):
            return True
    # There may be nothing but an error.
    path = clues.request.url.partition("?")[0]
    return path.endswith("/completions") and any(
        "error" in value for value in first_objects(clues.messages)
    )


def _is_choice(choice: dict[str, Any]) -> bool:
    """Whether it is a choice of this protocol: those of MiniMax have `messages`, or a text."""
    if type(choice.get("delta")) is str or "messages" in choice:
        return False
    return "delta" in choice or "finish_reason" in choice


class Reader:
    """Remembers the open tool call at each index, and what needs reporting only once."""

    def __init__(self) -> None:
        self._model = ""
        self._roles: set[int] = set()
        self._calls: dict[tuple[int, int], _Call] = {}
        self._made = 0
        self._citations: dict[str, Any] = {}
        self._spoken: set[int] = set()  # the choices of which anything was reported

    def read(self, message: StreamMessage) -> Iterator[Fact]:
        if message.data.startswith(DONE):
            yield Done(DONE)
            return
        if not message.data.strip():
            return
        try:
            value = parse_object(message.data)
        except MessageError:
            if message.name == "error":
                yield Failure(message.data, message.data)
                return
            raise
        if message.name == "error" or value.get("error"):
            error = value.get("error") or value
            yield Failure(error_text(error), error)
        model = string(value.get("model"))
        if model and model != self._model:
            self._model = model
            yield Model(model)
        for choice in objects(value.get("choices")):
            is_whole = value.get("object") == "chat.completion"
            yield from self._choice(choice, is_whole)
        for kind in _CITATIONS:
            if value.get(kind) and value[kind] != self._citations.get(kind):
                self._citations[kind] = value[kind]
                yield Part(kind, value[kind])
        usage = obj(value.get("usage")) or obj(obj(value.get("x_groq")).get("usage"))
        if usage:
            yield Usage(usage)

    def _choice(self, choice: dict[str, Any], is_whole: bool) -> Iterator[Fact]:
        number_ = number(choice.get("index"))
        delta = obj(choice.get("delta"))
        if "delta" not in choice and not (is_whole and number_ in self._spoken):
            # Mistral's pieces on Bedrock, or the whole answer, which adds nothing to its deltas.
            delta = obj(choice.get("message"))
        if delta:
            self._spoken.add(number_)
        role = string(delta.get("role"))
        if role and number_ not in self._roles:
            self._roles.add(number_)
            yield Role(role)
        yield from self._reasoning(delta, number_)
        # Together sends the same text in both places.
        yield from self._content(delta.get("content") or choice.get("text"), number_)
        if transcript := string(obj(delta.get("audio")).get("transcript")):
            yield Text(transcript, number_)
        if refusal := string(delta.get("refusal")):
            yield Part("refusal", refusal)
        for call in objects(delta.get("tool_calls")):
            yield from self._tool_call(call, number_)
        old = obj(delta.get("function_call"))
        if old:
            yield from self._tool_call({"index": 0, "function": old}, number_)
        if annotations := items(delta.get("annotations")):
            yield Part("annotations", annotations)
        if choice.get("error"):
            yield Failure(error_text(choice["error"]), choice["error"])
        if reason := string(choice.get("finish_reason")) or string(choice.get("stop_reason")):
            yield Stop(reason, number_)

    def _content(self, content: Any, choice: int) -> Iterator[Fact]:
        if string(content):
            yield Text(content, choice)
        for part in objects(content):
            kind = string(part.get("type"))
            if kind == "thinking":
                thinking = part.get("thinking")
                pieces = (string(piece.get("text")) for piece in objects(thinking))
                if text := string(thinking) or "".join(pieces):
                    yield Reasoning(text, choice)
            elif text := string(part.get("text")):
                yield Text(text, choice)
            elif kind:
                yield Part(kind, part)

    def _reasoning(self, delta: dict[str, Any], choice: int) -> Iterator[Fact]:
        for name in ("reasoning_content", "reasoning"):
            if text := string(delta.get(name)):
                yield Reasoning(text, choice)
                return  # some send both
        for detail in objects(delta.get("reasoning_details")):
            if text := string(detail.get("text")) or string(detail.get("summary")):
                yield Reasoning(text, choice)

    def _tool_call(self, piece: dict[str, Any], choice: int) -> Iterator[Fact]:
        function = obj(piece.get("function"))
        call_id, name = string(piece.get("id")), string(function.get("name"))
        place = (choice, self._place(piece, call_id))
        call = self._calls.get(place)
        if call is None or (call_id and call.id and call_id != call.id):
            self._made += 1
            call = self._calls[place] = _Call(f"{self._made}")
        call.id = call.id or call_id
        # Some repeat the name in every piece.
        earlier, call.name = call.name, call.name or name
        arguments = function.get("arguments")
        arguments = as_text(arguments) if arguments is not None else ""
        yield ToolCall(call.key, call_id, "" if earlier else name, arguments, choice)

    def _place(self, piece: dict[str, Any], call_id: str) -> int:
        """The index of the call that a piece belongs to; some servers omit it."""
        index = piece.get("index")
        if type(index) is int:
            return index
        known = [place for (_, place), call in self._calls.items() if call.id == call_id]
        if call_id:
            return known[0] if known else len(self._calls)
        return max((place for _, place in self._calls), default=0)


class _Call:
    def __init__(self, key: str) -> None:
        self.key = key
        self.id = self.name = ""
