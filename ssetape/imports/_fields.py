"""Takes values out of untrusted JSON and YAML, with errors that say where a value is wrong."""

import json
import re
from typing import Any

from ssetape.errors import SourceError

# Nanoseconds since 1970 stay below this for centuries.
_LIMIT = 1e20

_NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?")

Object = dict[str, Any]


def parse_json(data: bytes) -> Any:
    """Parse JSON; raises SourceError."""
    try:
        return json.loads(data.decode("utf-8-sig", "replace"))
    except RecursionError as error:
        raise SourceError("the JSON is nested too deeply to be read") from error
    except ValueError as error:
        raise SourceError(f"the file is not JSON, or is incomplete: {error}") from error


def an_object(value: Any, place: str) -> Object:
    """The value, which must be an object."""
    if not isinstance(value, dict):
        raise _unexpected(place, "an object", value)
    return value


def a_list(value: Any, place: str) -> list[Any]:
    """The value, which must be a list; None counts as an empty one."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise _unexpected(place, "a list", value)
    return value


def text(value: Any, place: str) -> str:
    """The value, which must be a string; None counts as an empty one.

    A number counts as its digits: YAML and careless writers leave out the quotes. Bytes are text
    that Ruby was not sure of.
    """
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if type(value) in (int, float):
        return str(value)
    if not isinstance(value, str):
        raise _unexpected(place, "a string", value)
    return value


def number(value: Any, place: str) -> float | None:
    """The value, which must be a number of sensible size, perhaps in quotes, or None."""
    if value is None or value == "":
        return None
    try:
        if isinstance(value, str) and _NUMBER.fullmatch(value):
            value = float(value)
        if type(value) in (int, float) and abs(value) < _LIMIT:
            return float(value)
    except OverflowError:
        pass
    raise _unexpected(place, "a number", value)


def header_value(value: str) -> str:
    """A header's value as captures have it: one character per byte."""
    value = value.replace("\r", " ").replace("\n", " ").strip()
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        value = value.encode("utf-8", "replace").decode("latin-1")
    return value


def _unexpected(place: str, expected: str, found: Any) -> SourceError:
    return SourceError(f"{place}: expected {expected}, found {found!r:.60}")
