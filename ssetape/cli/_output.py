"""How verbs print: people get aligned text, programs JSON lines, terminals nothing that bites."""

import json
import re
import shutil
import sys
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import click
import orjson
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.table import Table
from rich.text import Text

# C0 and C1 controls, DEL, and what turns the direction of text around: a terminal would obey
# them, and captures come from anywhere.
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}

# A pipe has no width: wide enough for every row of a table to be one line.
_PIPE_COLUMNS = 10_000


def printable(text: str) -> str:
    """The text with control characters escaped, fit for one line of a terminal."""

    def escape(match: re.Match[str]) -> str:
        char = match[0]
        code = ord(char)
        return _ESCAPES.get(char) or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")

    return _UNPRINTABLE.sub(escape, text)


def json_line(value: Mapping[str, Any]) -> None:
    """Print one object as one line."""
    try:
        line = orjson.dumps(value)
    except TypeError:  # a file name that is not UTF-8
        line = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    click.echo(line)


def note(text: str) -> None:
    """Tell the person something that is no output, on stderr."""
    click.echo(f"ssetape: {printable(text)}", err=True)


def table(
    headings: Iterable[str],
    rows: Iterable[Iterable[str]],
    numbers: Collection[str] = (),
    long: Collection[str] = (),
) -> None:
    """Print aligned columns.

    Args:
        numbers: the headings of those that align right.
        long: the headings of those that go on in the next line where a terminal is narrow. To
            cut them short would be of no use: they are paths.
    """
    grid = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        grid.add_column(
            heading,
            justify="right" if heading in numbers else "left",
            overflow="fold",
            no_wrap=heading not in long,
        )
    for row in rows:
        grid.add_row(*(Text(printable(cell)) for cell in row))
    console = Console(width=terminal_width() or _PIPE_COLUMNS, highlight=False)
    with console.capture() as captured:
        console.print(grid)
    # rich fills every line up to the width of the table; nobody wants to copy that.
    for line in captured.get().splitlines():
        click.echo(line.rstrip())


def terminal_width() -> int | None:
    """Columns of the terminal that stdout is, or None if it is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def shortened(text: str, width: int | None) -> str:
    """The text, cut to a width in columns of a terminal."""
    if width is None or cell_len(text) <= width:
        return text
    return set_cell_size(text, max(0, width - 1)) + "…"
