"""How verbs print: people get aligned text, programs JSON lines, terminals nothing that bites."""

import json
import re
import shutil
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import zip_longest
from typing import Any

import click
import orjson
from rich.cells import cell_len, set_cell_size

# C0 and C1 controls, DEL, and what turns the direction of text around: a terminal would obey
# them, and captures come from anywhere.
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}

_GAP = "  "
# Narrower than that, a column that goes on in the next line cannot be read.
_NARROWEST = 8


def printable(text: str) -> str:
    """The text with control characters escaped, fit for one line of a terminal."""

    def escape(match: re.Match[str]) -> str:
        char = match[0]
        code = ord(char)
        return _ESCAPES.get(char) or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")

    return _UNPRINTABLE.sub(escape, text)


def printable_lines(text: str) -> str:
    """The text with control characters escaped, but for line feeds and tabs."""
    return "\n".join("\t".join(map(printable, line.split("\t"))) for line in text.split("\n"))


def json_line(value: Mapping[str, Any]) -> None:
    """Print one object as one line."""
    click.echo(encoded(value))


def encoded(value: Mapping[str, Any]) -> bytes:
    """One object as JSON, without the line's end."""
    try:
        return orjson.dumps(value)
    except TypeError:  # a file name that is not UTF-8
        return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


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
    names = list(headings)
    body = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(cell_len, cells)) for cells in zip(names, *body, strict=True)]
    terminal = terminal_width()
    if terminal is not None:
        is_long = [name in long for name in names]
        _narrow(widths, is_long, terminal - len(_GAP) * (len(widths) - 1))
    on_right = [name in numbers for name in names]
    # At once, as a terminal or a pipe that is given each line by itself takes longer than we do.
    lines = [click.style(line, bold=True) for line in _lines(names, widths, on_right)]
    for row in body:
        lines += _lines(row, widths, on_right)
    click.echo("\n".join(lines))


def _narrow(widths: list[int], is_long: list[bool], room: int) -> None:
    """Make the long columns fit into what the others leave, the widest first."""
    places = sorted((n for n, long in enumerate(is_long) if long), key=lambda n: widths[n])
    room -= sum(width for width, long in zip(widths, is_long, strict=True) if not long)
    while places:
        place = places.pop(0)
        widths[place] = min(widths[place], max(_NARROWEST, room // (len(places) + 1)))
        room -= widths[place]


def _lines(cells: list[str], widths: list[int], on_right: list[bool]) -> Iterator[str]:
    """A row as lines: one, or more where a cell is wider than its column."""
    folded = (_folded(cell, width) for cell, width in zip(cells, widths, strict=True))
    for pieces in zip_longest(*folded, fillvalue=""):
        padded = []
        for piece, width, right in zip(pieces, widths, on_right, strict=True):
            blank = " " * (width - cell_len(piece))
            padded.append(blank + piece if right else piece + blank)
        # Nobody wants to copy blanks at the end.
        yield _GAP.join(padded).rstrip()


def _folded(text: str, width: int) -> list[str]:
    if cell_len(text) <= width:
        return [text]
    pieces = [""]
    used = 0
    for char in text:
        size = cell_len(char)
        if used + size > width:
            pieces.append("")
            used = 0
        pieces[-1] += char
        used += size
    return pieces


def terminal_width() -> int | None:
    """Columns of the terminal that stdout is, or None if it is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def shortened(text: str, width: int | None) -> str:
    """The text, cut to a width in columns of a terminal."""
    if width is None or cell_len(text) <= width:
        return text
    return set_cell_size(text, max(0, width - 1)) + "…"
