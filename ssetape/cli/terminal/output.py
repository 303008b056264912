"""How verbs print: aligned text for people, JSON lines for programs, nothing a terminal obeys."""

import shutil
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import zip_longest
from typing import Any

import click
from rich.cells import cell_len, set_cell_size

from ssetape.loose_json import dumped
from ssetape.output.printable import printable, printable_json, printable_lines

_GAP = "  "
_LINES_AT_ONCE = 1000
_CHARACTERS_AT_ONCE = 100_000
# A narrower column that wraps cannot be read.
_NARROWEST = 8


def json_line(value: Mapping[str, Any]) -> None:
    """Print one object as one line."""
    json_lines([encoded(value)])


def json_lines(lines: Iterable[bytes]) -> None:
    """Print lines of JSON; on a terminal, escape control characters as JSON escapes them."""
    if sys.stdout.isatty():
        click.echo("\n".join(printable_json(line.decode()) for line in lines))
    else:
        click.echo(b"\n".join(lines))


def encoded(value: Mapping[str, Any]) -> bytes:
    """One object as JSON, without a line feed."""
    return dumped(value)


def print_lines(lines: Iterable[str]) -> None:
    """Print lines, many at a time: one by one, that would take longer than all else here."""
    held: list[str] = []
    held_characters = 0
    try:
        for line in lines:
            held.append(line)
            held_characters += len(line)
            if len(held) >= _LINES_AT_ONCE or held_characters >= _CHARACTERS_AT_ONCE:
                click.echo("\n".join(held))
                held.clear()
                held_characters = 0
    finally:  # what comes before an error is printed
        if held:
            click.echo("\n".join(held))


def print_text(text: str) -> None:
    """Print text as it is, without a line feed; on a terminal, escape control characters."""
    if sys.stdout.isatty():
        click.echo(printable_lines(text), nl=False)
    else:
        click.echo(text.encode("utf-8", "replace"), nl=False)


def note(text: str) -> None:
    """Print a message to the user, on stderr."""
    click.echo(f"ssetape: {printable(text)}", err=True)


def table(
    headings: Iterable[str],
    rows: Iterable[Iterable[str]],
    numbers: Collection[str] = (),
    long: Collection[str] = (),
) -> None:
    """Print aligned columns.

    Args:
        numbers: the headings of columns that align right.
        long: the headings of columns that wrap on a narrow terminal. They are not cut, as most
            are paths, which are useless when cut.
    """
    names = list(headings)
    body = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(cell_len, cells)) for cells in zip(names, *body, strict=True)]
    terminal = terminal_width()
    if terminal is not None:
        is_long = [name in long for name in names]
        _narrow(widths, is_long, terminal - len(_GAP) * (len(widths) - 1))
    on_right = [name in numbers for name in names]
    # Printed at once: line by line, the terminal or pipe would take longer than all else here.
    lines = [click.style(line, bold=True) for line in _lines(names, widths, on_right)]
    for row in body:
        lines += _lines(row, widths, on_right)
    click.echo("\n".join(lines))


def _narrow(widths: list[int], is_long: list[bool], room: int) -> None:
    """Make the long columns fit into what the others leave; the widest lose the most."""
    places = sorted((n for n, long in enumerate(is_long) if long), key=lambda n: widths[n])
    room -= sum(width for width, long in zip(widths, is_long, strict=True) if not long)
    while places:
        place = places.pop(0)
        widths[place] = min(widths[place], max(_NARROWEST, room // (len(places) + 1)))
        room -= widths[place]


def _lines(cells: list[str], widths: list[int], on_right: list[bool]) -> Iterator[str]:
    """A row as lines: more than one if a cell is wider than its column."""
    folded = (_folded(cell, width) for cell, width in zip(cells, widths, strict=True))
    for pieces in zip_longest(*folded, fillvalue=""):
        padded = []
        for piece, width, right in zip(pieces, widths, on_right, strict=True):
            blank = " " * (width - cell_len(piece))
            padded.append(blank + piece if right else piece + blank)
        # No trailing blanks, which would be copied along with the text.
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
    """Columns of stdout's terminal; None if stdout is not a terminal."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def shortened(text: str, width: int | None) -> str:
    """The text, cut to a width in terminal columns; whole if the width is None."""
    if width is None or cell_len(text) <= width:
        return text
    return set_cell_size(text, max(0, width - 1)) + "…"
