"""Rows as a table or, where that is too wide for the terminal, as records: psql's `\\x auto`."""

from collections.abc import Collection, Iterable

import click
from rich.cells import cell_len

from ssetape.cli.terminal.fitting import GAP
from ssetape.cli.terminal.output import table, terminal_width
from ssetape.output.printable import printable
from ssetape.showing.columns import shortened

# One value must not push all others out of sight.
_VALUE_LINES = 10
# Wide enough to be seen between two records.
_RULE_COLUMNS = 40


def table_or_records(
    headings: Iterable[str], rows: Iterable[Iterable[str]], numbers: Collection[str] = ()
) -> None:
    """Print a table; on a terminal too narrow for it, a line per value, each record on its own.

    On a terminal a value ends after ten lines, with an ellipsis.

    Args:
        numbers: the headings of columns that align right.
    """
    names = list(headings)
    terminal = terminal_width()
    if terminal is None:
        table(names, rows, numbers)
        return
    limit = _VALUE_LINES * terminal
    body = [[shortened(printable(cell), limit) for cell in row] for row in rows]
    widths = [max(map(cell_len, cells)) for cells in zip(names, *body, strict=True)]
    if sum(widths) + len(GAP) * (len(widths) - 1) <= terminal or not body:
        table(names, body, numbers)
        return
    name_width = max(map(cell_len, names))
    lines = []
    for number, row in enumerate(body, 1):
        title = f"-[ {number} ]-"
        lines.append(
            click.style(title + "-" * (min(terminal, _RULE_COLUMNS) - len(title)), bold=True)
        )
        for name, cell in zip(names, row, strict=True):
            lines.append(f"{name}{' ' * (name_width - cell_len(name))} | {cell}".rstrip())
    click.echo("\n".join(lines))
