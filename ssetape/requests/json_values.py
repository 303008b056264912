"""Reads JSON as values that are equal if JSON says so, and writes them in one way. Pure.

Numbers count by their value: 1, 1.0 and 1e0 are one. Integers are exact, whatever their size.
"""

import json
import math
import re
from typing import Any

import orjson

from ssetape.errors import MessageError
from ssetape.loose_json import parse

# Only these are not as they should be once orjson has read them.
_LONG_INTEGER = re.compile(r"\d{19}")
_ODD_NUMBER = re.compile(r"\d[.eE]|-0|NaN|Infinity")
# Stands before the names of the numbers that JSON has no words for.
_NOT_FINITE = "\ufdd0"


def parse_values(text: str) -> Any:
    """Parse a text as JSON.

    Raises:
        MessageError: the text is not JSON, or is nested too deeply.
    """
    value = parse(text)
    if _LONG_INTEGER.search(text):
        try:
            value = json.loads(text)
        except ValueError as error:  # more digits than Python reads
            raise MessageError(f"expected JSON, found {text[:60]!r} ({error})") from error
    return _by_value(value) if _ODD_NUMBER.search(text) else value


def canonical(value: Any) -> bytes:
    """A value as JSON; equal for equal values."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # lone surrogates, integers beyond 64 bits
        return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _by_value(value: Any) -> Any:
    kind = type(value)
    if kind is dict:
        return {name: _by_value(inner) for name, inner in value.items()}
    if kind is list:
        return [_by_value(inner) for inner in value]
    if kind is not float:
        return value
    if not math.isfinite(value):
        return f"{_NOT_FINITE}{value}"
    return int(value) if value.is_integer() else value
