"""Reads the rows of a table from many captures."""

from collections.abc import Iterable, Iterator
from functools import partial

from ssetape.capture import Capture
from ssetape.cores.reading import each_read
from ssetape.errors import CaptureError
from ssetape.tables.columns import EVENTS
from ssetape.tables.rows import Exchange, Row

# Columns of `exchanges` that the first line of a capture has.
_OF_FIRST_LINES = frozenset(
    ["capture", "id", "kind", "started", "date", "method", "url", "host", "path", "request_bytes"]
)


def rows_of(
    table: str,
    names: list[str],
    captures: Iterable[Capture],
    problems: list[str],
    jobs: int | None,
) -> Iterator[Row]:
    """Yield the rows of a table of captures; what is wrong with these is added to `problems`.

    Args:
        names: the columns.
        jobs: how many processes read, as in `ssetape.cores.reading.each_read`.
    """
    # The first lines of captures are read sooner than they are asked for elsewhere.
    jobs = 1 if table == "exchanges" and _OF_FIRST_LINES.issuperset(names) else jobs
    work = partial(_of_one, table=table, names=names)
    for name, items in each_read(work, captures, jobs):
        try:
            for item in items:
                if isinstance(item, tuple):
                    yield item
                else:
                    problems += item
        except CaptureError as error:
            text = str(error)
            problems.append(text if text.startswith(name) else f"{name}: {text}")


def _of_one(capture: Capture, *, table: str, names: list[str]) -> Iterator[Row | list[str]]:
    """Yield the rows of a capture, and then what is wrong with it."""
    exchange = Exchange(capture)
    if table == "exchanges":
        yield exchange.row(names)
    else:
        places = [[column.name for column in EVENTS].index(name) for name in names]
        for row in exchange.event_rows(with_said="said" in names):
            yield tuple([row[place] for place in places])
    yield exchange.problems
