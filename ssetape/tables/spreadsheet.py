"""Comma-separated values, for spreadsheets. https://www.rfc-editor.org/rfc/rfc4180"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

# A cell that begins so is a formula to a spreadsheet, some only after it has dropped the blank:
# https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


@contextmanager
def csv_rows(
    out: BinaryIO, *, safe: bool = False, line_end: str = "\r\n"
) -> Iterator[Callable[[Iterable[Any]], object]]:
    """A function that writes a row to `out`, which stays open.

    Args:
        safe: put a single quote before texts that a spreadsheet would take for a formula.
    """
    text = io.TextIOWrapper(out, "utf-8", "replace", newline="", write_through=True)
    writer = csv.writer(text, lineterminator=line_end)
    cell = _safe_cell if safe else _cell
    try:
        yield lambda row: writer.writerow([cell(value) for value in row])
    finally:
        text.detach()


def _cell(value: Any) -> Any:
    # For many readers a NUL ends the cell.
    return value.replace("\0", "\ufffd") if isinstance(value, str) else value


def _safe_cell(value: Any) -> Any:
    value = _cell(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
