"""Captures and JSON as an attacker writes them: values of every type at every place."""

import json
from collections.abc import Iterator
from typing import Any

# Texts of JSON values, of every type and beyond what readers of JSON agree on.
VALUES = (
    "null",
    "true",
    "0",
    "-1",
    "1.5",
    "1e400",
    "-Infinity",
    "NaN",
    "18446744073709551615",
    "1" + "0" * 400,
    "9" * 5000,
    '""',
    '"text"',
    '"\\ud800"',
    '"\\udc00\\ud83d"',
    '"[DONE]"',
    "[]",
    "{}",
    "[[]]",
    '[null, true, 1, "text", {"type": "text", "text": 1}]',
    '{"type": {"type": []}, "text": ["text"], "error": {"message": {"code": 1}}, "": null}',
    "[" * 90 + "]" * 90,
    '{"error":' * 900 + "1" + "}" * 900,
    "[" * 900 + "]" * 900,
    '{"parts":' * 100_000,
    "[" * 100_000 + "]" * 100_000,
)
_MARK = "\ue000hostile\ue000"


def places(value: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the path of each value within a JSON value, its own first."""
    yield ()
    inner = (
        value.items() if type(value) is dict else enumerate(value if type(value) is list else ())
    )
    for key, each in inner:
        for place in places(each):
            yield (key, *place)


def replaced(value: Any, place: tuple[Any, ...], text: str) -> str:
    """The JSON of `value` with `text` at a place, whatever that text is."""
    return json.dumps(_with(value, place, _MARK)).replace(json.dumps(_MARK), text)


def mutations(value: Any) -> Iterator[str]:
    """Yield the JSON of `value` with each of VALUES at each place."""
    for place in places(value):
        for text in VALUES:
            yield replaced(value, place, text)


def shape(value: Any) -> Any:
    """What two values of equal structure have in common, to try each structure once."""
    if type(value) is dict:
        kind = value.get("type") or value.get("event_type") or value.get("object")
        return tuple((key, shape(each)) for key, each in value.items()), str(kind)
    if type(value) is list:
        return tuple(dict.fromkeys(map(shape, value)))
    return type(value).__name__


def _with(value: Any, place: tuple[Any, ...], new: Any) -> Any:
    if not place:
        return new
    key, *rest = place
    copy = dict(value) if type(value) is dict else list(value)
    copy[key] = _with(value[key], tuple(rest), new)
    return copy
