"""Reads and writes JSON of any shape: a value of the wrong type counts as an empty one. Pure.

Integers beyond 64 bits are floats where they are read, as most readers of JSON take them. What is
not finite is null where it is written, as JSON has no word for it.
"""

import json
import math
from collections.abc import Iterator
from typing import Any

import orjson

from ssetape.errors import MessageError

_SHOWN_CHARACTERS = 60
# Providers nest a dozen levels. Code that walks deeper values would exhaust Python's stack.
DEPTH_LIMIT = 100
_DIGITS = 18  # so many always fit


def parse(text: str) -> Any:
    """Parse a text as JSON.

    Raises:
        MessageError: the text is not JSON, or has more than DEPTH_LIMIT values in each other.
    """
    try:
        return parse_strictly(text)
    except _NotStandard as error:
        try:
            # Accepts lone surrogates, as JavaScript does, and NaN.
            value = json.loads(text, parse_int=_integer)
        except (ValueError, RecursionError):
            raise MessageError(str(error)) from error
    return _checked(value, text)


def parse_strictly(text: str | bytes) -> Any:
    """Parse a text as JSON by the standard, or its bytes.

    Raises:
        MessageError: as in `parse`; also for lone surrogates and NaN.
    """
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        start = f"{text[:_SHOWN_CHARACTERS]!r}{'...' * (len(text) > _SHOWN_CHARACTERS)}"
        raise _NotStandard(f"expected JSON, found {start} ({error})") from error
    return _checked(value, text)


class _NotStandard(MessageError):
    """The text is not JSON by the standard."""


def _checked(value: Any, text: str | bytes) -> Any:
    # Counting is a hundredth of the work of looking, and nearly always enough.
    if type(text) is bytes:
        brackets = text.count(b"[") + text.count(b"{")
    else:
        brackets = text.count("[") + text.count("{")  # type: ignore[arg-type]  # it is a str
    if brackets > DEPTH_LIMIT and _is_too_deep(value):
        raise MessageError(
            f"expected JSON, found values in each other, more than {DEPTH_LIMIT} levels deep: "
            f"{text[:_SHOWN_CHARACTERS]!r}..."
        )
    return value


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


def dumped(value: Any) -> bytes:
    """A value as JSON in UTF-8, whatever is in it: lone surrogates become question marks."""
    try:
        return orjson.dumps(value)
    except TypeError:  # lone surrogates, integers beyond 64 bits
        return json.dumps(writable(value), ensure_ascii=False).encode("utf-8", "replace")


def writable(value: Any) -> Any:
    """The value with only what JSON has: null for what is not finite, and text for other types."""
    kind = type(value)
    if kind is dict:
        return {str(key): writable(inner) for key, inner in value.items()}
    if kind is list or kind is tuple:
        return [writable(inner) for inner in value]
    if kind is float:
        return value if math.isfinite(value) else None
    return value if value is None or kind in (str, bool, int) else str(value)


def as_text(value: Any) -> str:
    """A string as it is, anything else as JSON."""
    return value if type(value) is str else json_of(value)


def _integer(digits: str) -> int | float:
    value = float(digits)
    return int(digits) if len(digits) <= _DIGITS or abs(value) < 2**63 else value


def _is_too_deep(value: Any) -> bool:
    """Whether a value has more levels than DEPTH_LIMIT; looks at one level after the other."""
    level = [value]
    for _ in range(DEPTH_LIMIT + 1):
        held = [each for each in level if type(each) is dict or type(each) is list]
        level = [
            inner for each in held for inner in (each.values() if type(each) is dict else each)
        ]
    return bool(level)
