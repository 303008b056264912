"""Grok's own web page: one JSON object per line. Undocumented: this follows observed streams."""

from collections.abc import Iterator

from ssetape.facts import Done, Fact, Failure, Reasoning, Text
from ssetape.loose_json import obj, parse_object, string
from ssetape.messages.message import StreamMessage
from ssetape.protocols import Clues
from ssetape.protocols._conventions import error_text, first_objects

NAME = "grok-web"

_NAMES = ("token", "userResponse", "modelResponse")


def recognises(clues: Clues) -> bool:
    return any(
        any(name in _result(value) for name in _NAMES) for value in first_objects(clues.messages)
    )


class Reader:
    """Remembers the text so far, which is repeated as a whole at the end."""

    def __init__(self) -> None:
        self._text = ""

    def read(self, message: StreamMessage) -> Iterator[Fact]:
        value = parse_object(message.data)
        if value.get("error"):
            yield Failure(error_text(value["error"]), value["error"])
        result = _result(value)
        if token := string(result.get("token")):
            if result.get("isThinking") is True:
                yield Reasoning(token)
            else:
                self._text += token
                yield Text(token)
        whole = string(obj(result.get("modelResponse")).get("message"))
        if whole:
            if whole != self._text:
                yield Text(whole, replaces=bool(self._text))
            yield Done("modelResponse")


def _result(value: dict[str, object]) -> dict[str, object]:
    """The result; in a new conversation it is inside `response`."""
    result = obj(value.get("result"))
    return obj(result.get("response")) or result
