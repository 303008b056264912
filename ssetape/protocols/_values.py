"""JSON values of anybody's making, taken as what they should be or as nothing."""

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import orjson

from ssetape.errors import MessageError
from ssetape.messages.message import StreamMessage

# Where providers end a stream of events. Clients go by how the data begins.
DONE = "[DONE]"

_SHOWN_CHARACTERS = 60


def parse(text: str) -> Any:
    """The JSON value of a text.

    Raises:
        MessageError: it is none.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        try:
            return json.loads(text)  # which takes half a surrogate pair, and NaN, as JavaScript
        except (ValueError, RecursionError):
            start = f"{text[:_SHOWN_CHARACTERS]!r}{'...' * (len(text) > _SHOWN_CHARACTERS)}"
            raise MessageError(f"expected JSON, found {start} ({error})") from error


def parse_object(text: str) -> dict[str, Any]:
    """The JSON object of a text.

    Raises:
        MessageError: it is none.
    """
    value = parse(text)
    if type(value) is not dict:
        raise MessageError(f"expected a JSON object, found {text[:_SHOWN_CHARACTERS]!r}")
    return value


def obj(value: Any) -> dict[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if type(value) is dict else {}


def items(value: Any) -> list[Any]:
    """The value if it is an array, else an empty one."""
    return value if type(value) is list else []


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """The objects in an array."""
    return (item for item in items(value) if type(item) is dict)


def string(value: Any) -> str:
    """The value if it is a string, else an empty one."""
    return value if type(value) is str else ""


def number(value: Any) -> int:
    """The value if it is an integer, else 0."""
    return value if type(value) is int else 0


def json_of(value: Any) -> str:
    """A value as JSON, as compact as it gets; "" for None."""
    return "" if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def as_text(value: Any) -> str:
    """A string as it is, anything else as JSON."""
    return value if type(value) is str else json_of(value)


def first_objects(messages: Iterable[StreamMessage]) -> Iterator[dict[str, Any]]:
    """The first messages that are JSON objects, for who recognises a protocol by them."""
    return islice(_parsed(messages), 8)


def _parsed(messages: Iterable[StreamMessage]) -> Iterator[dict[str, Any]]:
    for message in messages:
        if message.data[:1] == "{":
            try:
                yield obj(parse(message.data))
            except MessageError:
                pass


def error_text(value: Any) -> str:
    """What an error says, wherever in it that stands."""
    if type(value) is dict:
        inner = value.get("error")
        for each in (value.get("message"), inner, value.get("detail"), value.get("code")):
            if each:
                return error_text(each)
    return as_text(value)
