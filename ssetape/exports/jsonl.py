"""JSON Lines: one object per event or message, and for all else that an import needs."""

from collections.abc import Iterable
from typing import BinaryIO

from ssetape.capture import Capture
from ssetape.editing.lines import lines_of
from ssetape.errors import ExportError
from ssetape.loose_json import dumped
from ssetape.tables.rows import Exchange

SUFFIX = ".jsonl"
SEVERAL = True
LOSES = "the bytes of a Content-Encoding"
SUMMARY = "One JSON object per line for each event or message, to edit and import again."


def write(captures: Iterable[Capture], out: BinaryIO) -> None:
    """Write the lines of captures, each as it is read.

    Raises:
        ExportError: a capture is damaged; everything up to the damage is written.
    """
    problems: list[str] = []
    for capture in captures:
        exchange = Exchange(capture)
        for line in lines_of(capture, exchange.event_rows(with_said=True)):
            out.write(dumped(line) + b"\n")
        problems += exchange.problems
        problems += [f"{capture.name}: {problem}" for problem in capture.problems]
    if problems:
        raise ExportError(*problems)
