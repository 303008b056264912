"""How verbs print: aligned text for people, JSON lines for programs, nothing a terminal obeys."""

import os
import shutil
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import click
from rich.cells import cell_len

from ssetape.cli.terminal.fitting import GAP, Fit, fit
from ssetape.cli.terminal.hanging import hanging
from ssetape.loose_json import dumped
from ssetape.output.printable import printable, printable_json, printable_lines
from ssetape.showing.columns import shortened

_LINES_AT_ONCE = 1000
_CHARACTERS_AT_ONCE = 100_000


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
    """Print a message to the user, on stderr; a terminal gets lines that break between words."""
    terminal = shutil.get_terminal_size().columns if sys.stderr.isatty() else None
    click.echo(hanging("ssetape: ", printable(text), terminal), err=True)


def table(
    headings: Iterable[str],
    rows: Iterable[Iterable[str]],
    numbers: Collection[str] = (),
    long: Mapping[str, int] | None = None,
    *,
    gives_way: Sequence[str] = (),
    path: str | None = None,
    elsewhere: str = "--json has them",
) -> None:
    """Print aligned columns, each row as one line; on a terminal, as they fit into its width.

    Elsewhere, every column is printed, and whole.

    Args:
        numbers: the headings of columns that align right.
        long: the headings of columns that may be cut, which an ellipsis shows; with each, the
            width that other columns give way for.
        gives_way: the headings of columns to leave out where cutting is not enough, in the order
            in which they go; a note says which went.
        path: the heading of the last column, if it has paths. They are shown relative to the
            working directory, and are never cut: a long one begins at the terminal's edge.
        elsewhere: where to find the columns that were left out, for that note.
    """
    names = list(headings)
    body = [[printable(cell) for cell in row] for row in rows]
    terminal = terminal_width()
    if terminal is not None and path is not None:
        root = _working_directory()
        body = [[*row[:-1], row[-1].removeprefix(root)] for row in body]
    widths = [max(map(cell_len, cells)) for cells in zip(names, *body, strict=True)]
    shown = Fit(list(range(len(names))), widths, [])
    if terminal is not None:
        shown = fit(
            widths,
            terminal,
            long={names.index(name): width for name, width in (long or {}).items()},
            gives_way=[names.index(name) for name in gives_way],
            paths=[] if path is None else [cell_len(row[-1]) for row in body],
        )
    aligned = [
        (place, width, names[place] in numbers)
        for place, width in zip(shown.places, shown.widths, strict=True)
    ]

    def line(cells: list[str]) -> str:
        if path is None:
            # No trailing blanks, which would be copied along with the text.
            return _line(cells, aligned).rstrip()
        return _with_path(_line(cells, aligned[:-1]), cells[-1], terminal)

    # Printed at once: line by line, the terminal or pipe would take longer than all else here.
    click.echo("\n".join([click.style(line(names), bold=True), *map(line, body)]))
    if shown.left_out:
        left_out = ", ".join(names[place].partition(",")[0] for place in shown.left_out)
        note(f"no room here for: {left_out} ({elsewhere})")


def _line(cells: list[str], aligned: list[tuple[int, int, bool]]) -> str:
    """A row of columns: of each its place, its width, and whether it is on the right."""
    padded = []
    for place, width, on_right in aligned:
        cell = shortened(cells[place], width)
        blank = " " * (width - cell_len(cell))
        padded.append(blank + cell if on_right else cell + blank)
    return GAP.join(padded)


def _with_path(line: str, path: str, terminal: int | None) -> str:
    whole = f"{line}{GAP}{path}" if line else path
    if terminal is None or cell_len(whole) <= terminal:
        return whole.rstrip()
    # The terminal is to break the line before the path, and not within it.
    return (line + " " * (-(cell_len(line) + 1) % terminal + 1) + path).rstrip()


def _working_directory() -> str:
    """What paths below the working directory begin with."""
    try:
        return printable(os.path.join(os.getcwd(), ""))
    except OSError:  # it was deleted
        return ""


def terminal_width() -> int | None:
    """Columns of stdout's terminal; None if stdout is not a terminal."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None
