"""Captures that were exported as JSON Lines, and perhaps edited: one line for each event."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ssetape.editing.lines import REQUEST
from ssetape.errors import LineError
from ssetape.imports._exchange import Given, Imported, Skipped
from ssetape.imports._jsonl_exchange import imported
from ssetape.imports._jsonl_group import Group
from ssetape.imports._jsonl_lines import KINDS, lines

EXPECTS = "an object per line, as `export --format jsonl` writes it"

_KIND = re.compile(rb'"kind"\s*:\s*"(?:%b)"' % "|".join(KINDS).encode())
_OTHERS = re.compile(rb'"(?:capture|seq|t|request)"\s*:')
# The names of a line, which come before its data.
_NAMES_BYTES = 4096


def recognises(start: bytes, name: str) -> bool:
    """Whether the file begins with an object that says what kind of line it is."""
    line = start.partition(b"\n")[0][:_NAMES_BYTES]
    return line.lstrip()[:1] == b"{" and all(each.search(line) for each in (_KIND, _OTHERS))


def read(data: bytes, name: str, given: Given) -> Iterator[Imported | Skipped]:
    """Yield the captures, one after the other."""
    groups = list(_groups(data))
    for group in groups:
        try:
            if group.wrong is not None:
                raise group.wrong
            if given.like is not None and len(groups) > 1:
                number = groups[1].first
                raise LineError(number, "another capture begins here, and --like is for one alone")
            yield imported(group, name, given)
        except LineError as error:
            yield Skipped(f"line {error.number}", error.problem)


@dataclass
class _Open:
    """The lines of a capture, of which more may follow."""

    capture: object
    group: Group = field(default_factory=Group)


def _groups(data: bytes) -> Iterator[Group]:
    """Yield the lines of each capture: those that name it, from its request on."""
    found: _Open | None = None
    for line in lines(data):
        if isinstance(line, LineError):
            found = found or _Open(None)
            found.group.fail(line)
            continue
        name = line.fields.get("capture")
        is_request = line.fields.get("kind") == REQUEST
        if found is not None and (is_request or name not in (None, found.capture)):
            if is_request or found.capture is not None:
                yield found.group
                found = None
            else:
                found.capture = name
        if found is None:
            found = _Open(name)
        found.group.add(line)
    if found is not None:
        yield found.group
