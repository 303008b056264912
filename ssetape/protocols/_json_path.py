"""Sets values inside a JSON value, at JSONPaths that providers send."""

import re
from itertools import pairwise
from typing import Any

from ssetape.loose_json import DEPTH_LIMIT

_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]|\['([^']*)'\]")
# Providers fill arrays one by one. A path that leaves out more would only fill the memory.
_GAP_LIMIT = 16
# Of an index. More are beyond any limit, and int() refuses more than 4,300.
_DIGITS = 9


def set_at(root: dict[str, Any], path: str, value: Any) -> None:
    """Set the value at a JSONPath such as `$.a[0].b`; text is appended to existing text.

    An invalid path changes nothing.
    """
    steps: list[str | int] = []
    for name, index, quoted in _STEP.findall(path.removeprefix("$")):
        steps.append(int(index[:_DIGITS]) if index else name or quoted)
    if not steps or len(steps) > DEPTH_LIMIT:
        return
    place: Any = root
    for step, following in pairwise(steps):
        empty: Any = [] if type(following) is int else {}
        place = _child(place, step, empty)
        if place is None:
            return
    last = steps[-1]
    before = _child(place, last, value)
    if before is not value and type(before) is str and type(value) is str:
        _put(place, last, before + value)
    elif before is not value:
        _put(place, last, value)


def _child(place: Any, step: str | int, empty: Any) -> Any:
    """The value at a step, created if missing; None if the step does not fit `place`."""
    if type(place) is dict and type(step) is str:
        return place.setdefault(step, empty)
    if type(place) is list and type(step) is int and step - len(place) <= _GAP_LIMIT:
        if step >= len(place):
            place.extend([None] * (step - len(place)))
            place.append(empty)
        elif place[step] is None:
            place[step] = empty
        return place[step]
    return None


def _put(place: Any, step: Any, value: Any) -> None:
    fits = type(step) is str if type(place) is dict else type(place) is list and type(step) is int
    if fits and (type(place) is dict or step < len(place)):
        place[step] = value
