"""Writes captures as a Parquet data set: `exchanges/` and `events/`, partitioned by date.

The columns are those of `ssetape.tables.columns`; `docs/scale.md` describes them. Each event goes
through a few small, limited buffers, so that memory grows neither with the number of captures nor
with their length.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from ssetape.capture import Capture
from ssetape.cores.reading import each_read
from ssetape.errors import CaptureError, ExportError
from ssetape.tables.arrow import ROWS, ROWS_BYTES, arrow, batch_of, schema_of, size_of
from ssetape.tables.columns import EVENTS, EXCHANGES, PARTITION, TABLES, Column
from ssetape.tables.rows import Exchange, Row

SUFFIX = ""
SEVERAL = True
LOSES = "chunk boundaries, headers, trailers, the request's body, and bodies without events"
SUMMARY = "A Parquet data set of exchanges and events, for DuckDB, Spark, pandas and the like."

# Readers skip or read a row group as a whole. Its Arrow batches are held until it is written.
ROW_GROUP_ROWS = 64 * 1024
ROW_GROUP_BYTES = 8 * 1024 * 1024

# A folder's captures come in recorded order. More dates at a time are rare, and cost additional
# files but no memory.
OPEN_PARTS = 4

# Hive's name for null, which every reader of its layout knows.
NO_DATE = "__HIVE_DEFAULT_PARTITION__"

# Rows that are passed on together; each may be as large as an event.
_ROWS_AT_ONCE = 16

# The error quotes no more problems than this.
_QUOTED = 5


def write_folder(captures: Iterable[Capture], folder: Path, jobs: int | None = 1) -> None:
    """Write captures as a data set into `folder`, which exists and is empty.

    Args:
        jobs: how many processes read, as in `ssetape.cores.reading.each_read`.

    Raises:
        ExportError: pyarrow is not installed; or captures are damaged, and the data set lacks only
            what follows the damage.
    """
    problems: list[str] = []
    exchanges = _Partitions(folder / "exchanges", EXCHANGES)
    events = _Partitions(folder / "events", EVENTS)
    try:
        for name, items in each_read(_rows, captures, jobs):
            try:
                for item in items:
                    match item:
                        case _Events(rows):
                            for row in rows:
                                events.add(row)
                        case _Exchange(row, found):
                            exchanges.add(row)
                            problems += found
            except CaptureError as error:
                text = str(error)
                problems.append(text if text.startswith(name) else f"{name}: {text}")
    finally:
        events.close()
        exchanges.close()
    if problems:
        more = [f"and {len(problems) - _QUOTED} more"] if len(problems) > _QUOTED else []
        raise ExportError(
            "wrote damaged captures up to the damage, the others completely: "
            + "; ".join(problems[:_QUOTED] + more)
        )


class _Events(NamedTuple):
    """Some rows of `events`."""

    rows: list[Row]


class _Exchange(NamedTuple):
    """The row of `exchanges` of a capture, which comes last, and what is wrong with it."""

    row: Row
    problems: list[str]


def _rows(capture: Capture) -> Iterator[_Events | _Exchange]:
    exchange = Exchange(capture)
    events = exchange.event_rows(with_said=True)
    while rows := list(islice(events, _ROWS_AT_ONCE)):
        yield _Events(rows)
    yield _Exchange(exchange.row([column.name for column in EXCHANGES]), exchange.problems)


def is_data_set(folder: Path) -> bool:
    """Whether a folder is a data set that `write_folder` made."""
    return all((folder / table).is_dir() for table in TABLES)


class _Partitions:
    """One table, in files by date: the last value of each row."""

    def __init__(self, folder: Path, columns: tuple[Column, ...]) -> None:
        assert columns[-1] is PARTITION
        self._folder = folder
        self._schema = schema_of(columns[:-1])
        self._parts: dict[Any, _Part] = {}  # the most recently used is last
        self._made = 0

    def add(self, row: Row) -> None:
        *values, date = row
        part = self._parts.pop(date, None)
        if part is None:
            if len(self._parts) >= OPEN_PARTS:
                self._parts.pop(next(iter(self._parts))).close()
            part = self._open(date)
        self._parts[date] = part
        part.add(tuple(values))

    def close(self) -> None:
        if not self._made:
            self._parts[None] = self._open(None)  # readers need one file for the columns
        while self._parts:
            self._parts.popitem()[1].close()

    def _open(self, date: Any) -> "_Part":
        folder = self._folder / f"{PARTITION.name}={NO_DATE if date is None else date}"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"part-{self._made:06d}.parquet"
        self._made += 1
        return _Part(path, self._schema)


class _Part:
    """One file that is being written."""

    def __init__(self, path: Path, schema: Any) -> None:
        from pyarrow import parquet

        self._schema = schema
        self._writer = parquet.ParquetWriter(path, schema, compression="zstd")
        self._rows: list[Row] = []
        self._rows_bytes = 0
        self._batches: list[Any] = []

    def add(self, row: Row) -> None:
        self._rows.append(row)
        self._rows_bytes += size_of(row)
        if len(self._rows) >= ROWS or self._rows_bytes >= ROWS_BYTES:
            self._make_batch()
            if (
                sum(batch.num_rows for batch in self._batches) >= ROW_GROUP_ROWS
                or sum(batch.nbytes for batch in self._batches) >= ROW_GROUP_BYTES
            ):
                self._write_group()

    def close(self) -> None:
        try:
            self._make_batch()
            self._write_group()
        finally:
            self._writer.close()

    def _make_batch(self) -> None:
        if self._rows:
            self._batches.append(batch_of(self._rows, self._schema))
            self._rows = []
            self._rows_bytes = 0

    def _write_group(self) -> None:
        if self._batches:
            table = arrow().Table.from_batches(self._batches, self._schema)
            self._writer.write_table(table, row_group_size=table.num_rows)
            self._batches = []
