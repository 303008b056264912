"""Reads JSON of any shape: a value of the wrong type counts as an empty one. Pure."""

import json
from collections.abc import Iterator
from typing import Any

import orjson

from ssetape.errors import MessageError

_SHOWN_CHARACTERS = 60


def parse(text: str) -> Any:
    """Parse a text as JSON.

    Raises:
        MessageError: the text is not JSON.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        try:
            return json.loads(text)  # accepts lone surrogates, as JavaScript does, and NaN
        except (ValueError, RecursionError):
            start = f"{text[:_SHOWN_CHARACTERS]!r}{'...' * (len(text) > _SHOWN_CHARACTERS)}"
            raise MessageError(f"expected JSON, found {start} ({error})") from error


def parse_object(text: str) -> dict[str, Any]:
    """Parse a text as a JSON object.

    Raises:
        MessageError: the text is not a JSON object.
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
    """A value as compact JSON; "" for None."""
    return "" if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def as_text(value: Any) -> str:
    """A string as it is, anything else as JSON."""
    return value if type(value) is str else json_of(value)
