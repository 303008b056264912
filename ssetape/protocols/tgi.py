"""Hugging Face TGI's `/generate_stream`: a token a message, and the whole text in the last.

https://huggingface.co/docs/text-generation-inference/reference/api_reference
Special tokens, such as the end of the text, are not part of it.
"""

from collections.abc import Iterator
from typing import Any

from ssetape.facts import Done, Fact, Failure, Stop, Usage
from ssetape.loose_json import items, obj, parse_object, string
from ssetape.messages.message import StreamMessage
from ssetape.protocols import Clues
from ssetape.protocols._conventions import error_text, first_objects
from ssetape.protocols._text_so_far import TextSoFar

NAME = "tgi"


def recognises(clues: Clues) -> bool:
    return any(
        type(obj(value.get("token")).get("text")) is str or _is_error(value)
        for value in first_objects(clues.messages)
    )


def _is_error(value: dict[str, Any]) -> bool:
    return bool(string(value.get("error")) and string(value.get("error_type")))


class Reader:
    """Remembers the text so far."""

    def __init__(self) -> None:
        self._text = TextSoFar()

    def read(self, message: StreamMessage) -> Iterator[Fact]:
        if not message.data.strip():
            return
        value = parse_object(message.data)
        if value.get("error"):
            yield Failure(error_text(value), value)
            return
        token = obj(value.get("token"))
        if token.get("special") is not True:
            yield from self._text.piece(string(token.get("text")))
        yield from self._text.whole(string(value.get("generated_text")))
        if details := obj(value.get("details")):
            counts = {"generated_tokens": details.get("generated_tokens")}
            inputs = details.get("input_length") or len(items(details.get("prefill")))
            yield Usage(counts | ({"input_length": inputs} if inputs else {}))
            yield Stop(string(details.get("finish_reason")))
        if string(value.get("generated_text")) or details:
            yield Done("generated_text")
