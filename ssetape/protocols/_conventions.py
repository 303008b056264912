"""What many providers do alike: the end of a stream, the text of an error."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from ssetape.errors import MessageError
from ssetape.loose_json import as_text, obj, parse
from ssetape.messages.message import StreamMessage

# Where providers end a stream of events. Clients go by how the data begins.
DONE = "[DONE]"


def first_objects(messages: Iterable[StreamMessage]) -> Iterator[dict[str, Any]]:
    """The first messages that are JSON objects: by them a protocol can be recognised."""
    return islice(_parsed(messages), 8)


def error_text(value: Any) -> str:
    """What an error says, wherever in it that stands."""
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
