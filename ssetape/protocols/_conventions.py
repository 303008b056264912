"""Conventions of many providers: the end marker, the text of an error."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from ssetape.errors import MessageError
from ssetape.loose_json import as_text, obj, parse
from ssetape.messages.message import StreamMessage

# The end marker of event streams. Clients check only how the data begins.
DONE = "[DONE]"


def first_objects(messages: Iterable[StreamMessage]) -> Iterator[dict[str, Any]]:
    """The first messages that are JSON objects, to recognise a protocol by."""
    return islice(_parsed(messages), 8)


def error_text(value: Any) -> str:
    """The text of an error, wherever in the value it is."""
    if type(value) is dict:
        inner = value.get("error")
        for each in (value.get("message"), inner, value.get("detail"), value.get("code")):
            if each:
                return error_text(each)
    return as_text(value)


def _parsed(messages: Iterable[StreamMessage]) -> Iterator[dict[str, Any]]:
    for message in messages:
        if message.data[:1] == "{":
            try:
                yield obj(parse(message.data))
            except MessageError:
                pass
