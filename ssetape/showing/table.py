"""Aligned columns, each row as one line, as they fit into a width. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from ssetape.output.printable import printable
from ssetape.showing.columns import cell_len, shortened
from ssetape.showing.fitting import GAP, Fit, fit


def table_lines(
    headings: Iterable[str],
    rows: Iterable[Iterable[str]],
    numbers: Collection[str] = (),
    long: Mapping[str, int] | None = None,
    *,
    gives_way: Sequence[str] = (),
    path: str | None = None,
    width: int | None = None,
    folder: str = "",
) -> tuple[list[str], list[str]]:
    """The lines, the headings first, and the headings of the columns that had no room.

    Args:
        numbers: the headings of columns that align right.
        long: the headings of columns that may be cut, which an ellipsis shows; with each, the
            width that other columns give way for.
        gives_way: the headings of columns to leave out where cutting is not enough, in the order
            in which they go.
        path: the heading of the last column, if it has paths. They are never cut: a long one
            begins at the window's edge.
        width: of the window, in columns; None to show every column, and whole.
        folder: what to leave out at the beginning of a path.
    """
    names = list(headings)
    body = [[printable(cell) for cell in row] for row in rows]
    if path is not None:
        body = [[*row[:-1], row[-1].removeprefix(folder)] for row in body]
    widths = [max(map(cell_len, cells)) for cells in zip(names, *body, strict=True)]
    shown = Fit(list(range(len(names))), widths, [])
    if width is not None:
        shown = fit(
            widths,
            width,
            long={names.index(name): least for name, least in (long or {}).items()},
            gives_way=[names.index(name) for name in gives_way],
            paths=[] if path is None else [cell_len(row[-1]) for row in body],
        )
    aligned = [
        (place, columns, names[place] in numbers)
        for place, columns in zip(shown.places, shown.widths, strict=True)
    ]

    def line(cells: list[str]) -> str:
        if path is None:
            # No trailing blanks, which would be copied along with the text.
            return _line(cells, aligned).rstrip()
        return _with_path(_line(cells, aligned[:-1]), cells[-1], width)

    return [line(names), *map(line, body)], [names[place] for place in shown.left_out]


def _line(cells: list[str], aligned: list[tuple[int, int, bool]]) -> str:
    """A row of columns: of each its place, its width, and whether it is on the right."""
    padded = []
    for place, columns, on_right in aligned:
        cell = shortened(cells[place], columns)
        blank = " " * (columns - cell_len(cell))
        padded.append(blank + cell if on_right else cell + blank)
    return GAP.join(padded)


def _with_path(line: str, path: str, width: int | None) -> str:
    whole = f"{line}{GAP}{path}" if line else path
    if width is None or cell_len(whole) <= width:
        return whole.rstrip()
    # The window is to break the line before the path, and not within it.
    return (line + " " * (-(cell_len(line) + 1) % width + 1) + path).rstrip()
