"""Comma-separated values, one row per event or message."""

from collections.abc import Iterable
from typing import BinaryIO

from ssetape.capture import Capture
from ssetape.errors import ExportError
from ssetape.tables.rows import Exchange
from ssetape.tables.spreadsheet import csv_rows

SUFFIX = ".csv"
SEVERAL = True
LOSES = "heads, chunk boundaries, comments, and bodies that are not streams of messages"
SUMMARY = "One row per event or message, for spreadsheets."

_HEADINGS = ("capture", "seq", "t_s", "t_first_s", "gap_s", "kind", "direction", "event", "id")


def write(captures: Iterable[Capture], out: BinaryIO, *, safe: bool = False) -> None:
    """Write the events of captures, each as it is read; binary messages in hexadecimal.

    Args:
        safe: as in `csv_rows`.

    Raises:
        ExportError: a capture is damaged; everything up to the damage is written.
    """
    problems: list[str] = []
    with csv_rows(out, safe=safe) as write_row:
        write_row([*_HEADINGS, "data", "said"])
        for capture in captures:
            exchange = Exchange(capture)
            for name, _, *values, data, binary, _, said, _ in exchange.event_rows(with_said=True):
                write_row([name, *values, binary.hex() if data is None else data, said])
            problems += exchange.problems
            problems += [f"{capture.name}: {problem}" for problem in capture.problems]
    if problems:
        raise ExportError(*problems)


class Safe:
    """The same format, with no cell that a spreadsheet takes for a formula."""

    SUFFIX, SEVERAL, LOSES, SUMMARY = SUFFIX, SEVERAL, LOSES, SUMMARY

    def write(self, captures: Iterable[Capture], out: BinaryIO) -> None:
        """As `write`, with `safe`."""
        write(captures, out, safe=True)
