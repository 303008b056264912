"""Comma-separated values, one row per event or message. https://www.rfc-editor.org/rfc/rfc4180"""

import csv
import io
from collections.abc import Iterable
from typing import BinaryIO

from ssetape.capture import Capture
from ssetape.errors import ExportError
from ssetape.tables.rows import Exchange

SUFFIX = ".csv"
SEVERAL = True
LOSES = "heads, chunk boundaries, comments, and bodies that are not streams of messages"
SUMMARY = "One row per event or message, for spreadsheets."

_HEADINGS = ("capture", "seq", "t_s", "t_first_s", "gap_s", "kind", "direction", "event", "id")


def write(captures: Iterable[Capture], out: BinaryIO) -> None:
    """Write the events of captures, each as it is read; binary messages in hexadecimal.

    Raises:
        ExportError: a capture is damaged; everything up to the damage is written.
    """
    problems: list[str] = []
    text = io.TextIOWrapper(out, "utf-8", "replace", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow([*_HEADINGS, "data"])
    for capture in captures:
        exchange = Exchange(capture)
        for name, _, *values, data, binary, _, _ in exchange.event_rows():
            # For many readers a NUL ends the cell.
            shown = binary.hex() if data is None else data.replace("\0", "\ufffd")
            writer.writerow([name, *values, shown])
        problems += exchange.problems
        problems += [f"{capture.name}: {problem}" for problem in capture.problems]
    text.detach()
    if problems:
        raise ExportError("; ".join(problems))
