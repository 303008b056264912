"""MiniMax's older APIs: `chatcompletion`, with a text as `delta`, and `chatcompletion_pro`.

https://platform.minimaxi.com/document/ChatCompletion%20Pro
The last message has `reply`, the whole text. Version 2 speaks OpenAI's protocol.
"""

from collections.abc import Iterator
from typing import Any

from ssetape.facts import Done, Fact, Failure, Stop, ToolCall, Usage
from ssetape.loose_json import as_text, number, obj, objects, parse_object, string
from ssetape.messages.message import StreamMessage
from ssetape.protocols import Clues
from ssetape.protocols._conventions import DONE, ModelName, error_text, first_objects
from ssetape.protocols._text_so_far import TextSoFar

NAME = "minimax"


def recognises(clues: Clues) -> bool:
    return any(map(_is_own, first_objects(clues.messages)))


def _is_own(value: dict[str, Any]) -> bool:
    if string(value.get("object")):
        return False  # OpenAI's
    return "base_resp" in value or any(
        "sender_type" in message
        for choice in objects(value.get("choices"))
        for message in objects(choice.get("messages"))
    )


class Reader:
    """Remembers the text so far."""

    def __init__(self) -> None:
        self._model = ModelName()
        self._text = TextSoFar()

    def read(self, message: StreamMessage) -> Iterator[Fact]:
        if message.data.startswith(DONE):
            yield Done(DONE)
            return
        if not message.data.strip():
            return
        value = parse_object(message.data)
        state = obj(value.get("base_resp"))
        if number(state.get("status_code")):
            yield Failure(error_text(state), state)
        yield from self._model.facts(value.get("model"))
        reply = string(value.get("reply"))
        for choice in objects(value.get("choices")):
            yield from self._choice(choice, is_whole=bool(reply))
        yield from self._text.whole(reply)
        if usage := obj(value.get("usage")):
            yield Usage(usage)
        if reply:
            yield Done("reply")

    def _choice(self, choice: dict[str, Any], is_whole: bool) -> Iterator[Fact]:
        messages = list(objects(choice.get("messages")))
        if not is_whole:
            for text in (choice.get("delta"), *(each.get("text") for each in messages)):
                yield from self._text.piece(string(text))
        for place, each in enumerate(messages):
            if call := obj(each.get("function_call")):
                arguments = as_text(call.get("arguments"))
                yield ToolCall(f"{place}", "", string(call.get("name")), arguments, replaces=True)
        if string(choice.get("finish_reason")):
            yield Stop(choice["finish_reason"])
