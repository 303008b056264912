"""ChatGPT's `delta_encoding v1`: patches of a JSON tree.

A patch is `{c, p, o, v}`: channel, JSON Pointer, operation, value; each of the first three defaults
to that of the patch before. https://www.rfc-editor.org/rfc/rfc6901
"""

from typing import Any

from ssetape.errors import MessageError
from ssetape.loose_json import DEPTH_LIMIT, number, objects, string

_SHOWN_CHARACTERS = 60


class Trees:
    """The trees that patches build, one per channel."""

    def __init__(self) -> None:
        self._roots: dict[int, Any] = {}
        self._channel = 0
        self._path = ""
        self._operation = "add"

    def apply(self, delta: dict[str, Any]) -> Any:
        """Apply a patch; return the tree that it changed.

        Raises:
            MessageError: its target does not exist, or its operation is unknown.
        """
        self._channel = number(delta["c"]) if "c" in delta else self._channel
        self._path = string(delta["p"]) if "p" in delta else self._path
        self._operation = string(delta["o"]) if "o" in delta else self._operation
        value = delta.get("v")
        root = self._roots.get(self._channel)
        if self._operation == "patch":
            for each in objects(value):
                path = self._path + string(each.get("p"))
                root = _applied(root, path, string(each.get("o")), each.get("v"))
        else:
            root = _applied(root, self._path, self._operation, value)
        self._roots[self._channel] = root
        return root


def _applied(root: Any, path: str, operation: str, value: Any) -> Any:
    """The root after one operation."""
    if not path:
        return _changed(root, operation, value, path)
    if path.count("/") > DEPTH_LIMIT:
        raise MessageError(
            f"patch of {path[:_SHOWN_CHARACTERS]!r}...: more than {DEPTH_LIMIT} levels deep"
        )
    *above, last = (part.replace("~1", "/").replace("~0", "~") for part in path[1:].split("/"))
    parent = root
    for part in above:
        parent = _child(parent, part, path)
    if type(parent) is list:
        place = _index(parent, last, path)
        if operation == "add":
            parent.insert(place, value)
        elif operation == "remove":
            del parent[place : place + 1]
        elif place < len(parent):
            parent[place] = _changed(parent[place], operation, value, path)
        else:
            parent.append(value)
    elif type(parent) is dict:
        if operation == "remove":
            parent.pop(last, None)
        else:
            parent[last] = _changed(parent.get(last), operation, value, path)
    else:
        raise _nothing_at(path)
    return root


def _changed(old: Any, operation: str, value: Any, path: str) -> Any:
    if operation in ("add", "replace"):
        return value
    if operation == "append":
        if type(old) is str and type(value) is str:
            return old + value
        if type(old) is dict and type(value) is dict:
            return {**old, **value}
        if type(old) is list:
            return [*old, *(value if type(value) is list else [value])]
        return value
    if operation == "truncate" and type(old) in (str, list) and type(value) is int:
        return old[: max(0, value)]
    if operation == "remove":
        return None
    raise MessageError(
        f"patch of {path[:_SHOWN_CHARACTERS]!r}: unknown operation {operation!r:.60}"
    )


def _child(parent: Any, part: str, path: str) -> Any:
    if type(parent) is dict and part in parent:
        return parent[part]
    if type(parent) is list and _index(parent, part, path) < len(parent):
        return parent[_index(parent, part, path)]
    raise _nothing_at(path)


def _index(array: list[Any], part: str, path: str) -> int:
    if part == "-":
        return len(array)
    if part.isascii() and part.isdigit() and len(part) < 10:
        return min(int(part), len(array))
    raise _nothing_at(path)


def _nothing_at(path: str) -> MessageError:
    return MessageError(f"patch of {path[:_SHOWN_CHARACTERS]!r}: this path does not exist")
