"""Conventions of many providers: the end marker, the text of an error, the model's name."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Any

from ssetape.errors import MessageError
from ssetape.facts import Model
from ssetape.loose_json import as_text, parse, string
from ssetape.messages.message import StreamMessage

# The end marker of event streams. Clients check only how the data begins.
DONE = "[DONE]"
# Where else than in `message` and `error` the text of an error is.
_ERROR_FIELDS = ("detail", "msg", "error_msg", "status_msg", "code")


# Among so many objects each protocol has one that it is recognised by.
_FIRST_OBJECTS = 8


def first_objects(messages: Iterable[StreamMessage]) -> Iterator[dict[str, Any]]:
    """The first messages that are JSON objects, to recognise a protocol by."""
    return islice(_parsed(messages), _FIRST_OBJECTS)


# Every protocol looks at the same messages: whoever lets them recognise clears this afterwards.
@lru_cache(maxsize=2 * _FIRST_OBJECTS)
def parsed_once(data: str) -> Any:
    """A message's JSON, which must not be changed; None if it is not JSON."""
    try:
        return parse(data)
    except MessageError:
        return None


def error_text(value: Any) -> str:
    """The text of an error, wherever in the value it is."""
    if type(value) is dict:
        inner = value.get("error")
        for each in (value.get("message"), inner, *map(value.get, _ERROR_FIELDS)):
            if each:
                return error_text(each)
    return as_text(value)


class ModelName:
    """The model's name, which many repeat in each message."""

    def __init__(self) -> None:
        self._name = ""

    def facts(self, name: Any) -> Iterator[Model]:
        """Yield the name if it is a new one."""
        if string(name) and name != self._name:
            self._name = name
            yield Model(name)


def _parsed(messages: Iterable[StreamMessage]) -> Iterator[dict[str, Any]]:
    for message in messages:
        if message.data[:1] == "{":
            value = parsed_once(message.data)
            if type(value) is dict:
                yield value
