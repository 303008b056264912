"""JSON Lines: one object per event or message."""

from binascii import b2a_base64
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from ssetape.capture import Capture
from ssetape.errors import ExportError
from ssetape.loose_json import dumped
from ssetape.tables.rows import Exchange

SUFFIX = ".jsonl"
SEVERAL = True
LOSES = "heads, chunk boundaries, comments, and bodies that are not streams of messages"
SUMMARY = "One JSON object per line for each event or message, with its times."

_NAMES = ("capture", "seq", "t", "t_first", "gap", "kind", "direction", "event", "id", "data")


def write(captures: Iterable[Capture], out: BinaryIO) -> None:
    """Write the events of captures, each as it is read.

    Raises:
        ExportError: a capture is damaged; everything up to the damage is written.
    """
    problems: list[str] = []
    for capture in captures:
        for fields in _objects(capture, problems):
            out.write(dumped(fields) + b"\n")
    if problems:
        raise ExportError(*problems)


def _objects(capture: Capture, problems: list[str]) -> Iterator[dict[str, Any]]:
    exchange = Exchange(capture)
    for name, _, *values, binary, _, said, _ in exchange.event_rows(with_said=True):
        encoded = None if binary is None else b2a_base64(binary, newline=False).decode()
        fields = dict(zip(_NAMES, (name, *values), strict=True))
        yield {**fields, "base64": encoded, "said": said}
    problems += exchange.problems
    problems += [f"{capture.name}: {problem}" for problem in capture.problems]
