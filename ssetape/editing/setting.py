"""Sets a value inside the JSON of a message. Pure."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from ssetape.editing.choosing import ALL, Numbers
from ssetape.errors import EditError, MessageError
from ssetape.loose_json import dumped, parse

# A name, an index, or a name in quotes.
_STEP = re.compile(r'\.?([^.\[\]"=]+)|\[([0-9]{1,9})\]|\.?"([^"]+)"')
# The data as a whole.
_WHOLE = "."
_SHOWN = 60

# How programs write JSON. What a message was written with, it is written with again.
_STYLES: tuple[Callable[[Any], str], ...] = (
    lambda value: dumped(value).decode(),
    lambda value: json.dumps(value, ensure_ascii=False),
    json.dumps,
    lambda value: json.dumps(value, separators=(",", ":")),
)

_MISSING = object()


@dataclass(frozen=True, slots=True)
class Setting:
    """A value for a place in the data of some messages.

    Attributes:
        text: how it was given.
        path: the place.
        steps: the names and indexes that lead there; () for the data as a whole.
        value: the value; for the data as a whole, its text.
        numbers: the messages, by number; None for all that have the place.
    """

    text: str
    path: str
    steps: tuple[str | int, ...]
    value: Any
    numbers: Numbers | None = None

    @classmethod
    def parse(cls, text: str, events: str | None = None) -> "Setting":
        """Parse `choices[0].delta.content=Hello`; the value is JSON, or else text.

        Args:
            events: the numbers of the messages, if only some are meant.

        Raises:
            EditError: the text has no path, or no value.
        """
        numbers = None if events is None else Numbers.parse(events, f"--event {events!r:.60}")
        path, value = _split(text)
        text = text if events is None else f"{text} at event {events}"
        if path == _WHOLE:
            return cls(text, path, (), value, numbers or ALL)
        steps: list[str | int] = []
        end = 0
        while end < len(path) and (found := _STEP.match(path, end)):
            name, index, quoted = found.groups()
            steps.append(int(index) if index else name or quoted)
            end = found.end()
        if not steps or end < len(path):
            raise EditError(
                f"--set {text!r:.60}: expected a path such as choices[0].delta.content before the "
                f"first '=', found {path!r:.60}"
            )
        try:
            found_value = orjson.loads(value)
        except orjson.JSONDecodeError:
            found_value = value
        return cls(text, path, tuple(steps), found_value, numbers)

    def __str__(self) -> str:
        return f"set {self.text}"

    def apply(self, data: str, number: int) -> str | None:
        """The data with the value; None if this message is not meant.

        Raises:
            EditError: the message was named by its number, and has no such place.
        """
        if self.numbers is not None and number not in self.numbers:
            return None
        if not self.steps:
            return str(self.value)
        is_named = self.numbers is not None
        try:
            root = parse(data)
        except MessageError as error:
            if is_named:
                raise EditError(f"event {number} is not JSON: {data!r:.{_SHOWN}}") from error
            return None
        style = next((style for style in _STYLES if style(root) == data), _STYLES[0])
        if not _set(root, self.steps, self.value, may_add=is_named):
            if is_named:
                raise EditError(f"event {number} has no {self.path}: {data!r:.{_SHOWN}}")
            return None
        return style(root)


def _split(text: str) -> tuple[str, str]:
    """The path and the value around the first `=` outside of quotes."""
    found = re.match(r'((?:"[^"]*"|[^="])*)=(.*)', text, re.DOTALL)
    if found is None:
        raise EditError(f"--set {text!r:.60}: expected PLACE=VALUE")
    return found[1], found[2]


def _set(root: Any, steps: tuple[str | int, ...], value: Any, *, may_add: bool) -> bool:
    """Set the value at a place; whether there is such a place, or it may be added."""
    place = root
    *before, last = steps
    for step in before:
        place = _at(place, step)
    is_there = _at(place, last) is not _MISSING
    if is_there or (may_add and type(place) is dict and type(last) is str):
        place[last] = value
        return True
    return False


def _at(place: Any, step: str | int) -> Any:
    if type(place) is dict and type(step) is str:
        return place.get(step, _MISSING)
    if type(place) is list and type(step) is int and step < len(place):
        return place[step]
    return _MISSING
