"""What lines say of the capture that they are from, and whether anybody edited them."""

import re
from typing import Any

from ssetape.editing.lines import END, REQUEST
from ssetape.format import bounds
from ssetape.imports._jsonl_group import Group

_LAST_PART = re.compile(r"[^/\\]*$")


class Origin:
    """The capture that lines are from, as they say; they may have been written by hand.

    Args:
        name: the file with the lines.
    """

    def __init__(self, group: Group, name: str) -> None:
        request = group.single.get(REQUEST)
        self._said = request.object_of("exchange") if request else {}
        self._end = group.single.get(END)
        self._name = name
        names = [line.fields.get("capture") for line in group.single.values()]
        self._source = next((name for name in names if isinstance(name, str)), None)

    def said(self, name: str) -> dict[str, Any]:
        """An object of the capture's header; {} without one."""
        found = self._said.get(name)
        return found if isinstance(found, dict) else {}

    def kind(self, default: str) -> str:
        """The kind of the exchange."""
        return str(self._said.get("kind", default))

    def before(self, name: str, default: str) -> str:
        """What an earlier import says of its times or bytes; without one, a word."""
        return str(self.said("imported").get(name, default))

    @property
    def started_ns(self) -> int | None:
        """When the request was sent, ns since 1970; None if no line says it."""
        started = self._said.get("started")
        moment = bounds.started(started) if isinstance(started, str) else None
        return bounds.since_1970_ns(moment) if moment else None

    def is_edited(self, digest: str) -> bool:
        """Whether what the lines say has another digest than what was exported."""
        return self._end is None or self._end.fields.get("sha256") != digest

    def edited(self) -> dict[str, Any]:
        """What an edited capture says that it was made of; {} if it was written by hand."""
        before = self.said("edited")
        if self._source is None:
            return before
        found = _LAST_PART.search(self._source)
        origin = {"from": found[0] if found else ""}
        origin |= {name: self._said[name] for name in ("id", "recorder") if name in self._said}
        changes = before.get("changes")
        earlier = changes if isinstance(changes, list) else []
        return {**origin, **before, "changes": [*earlier, f"lines of {self._name}"]}
