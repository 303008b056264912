"""Rows as Arrow's record batches, a bounded number at a time.

pyarrow is an extra, as most users need none of this: it is imported when it is asked for.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ssetape.errors import ExportError
from ssetape.tables.columns import Column
from ssetape.tables.rows import Row

# What is held as Python objects at a time: enough that Arrow's overhead per batch vanishes.
ROWS = 2048
# Events may be large, up to the parser's limit.
ROWS_BYTES = 1 << 20


def arrow() -> Any:
    """The module pyarrow.

    Raises:
        ExportError: it is not installed.
    """
    try:
        import pyarrow
    except ImportError as error:
        raise ExportError(
            f'pyarrow is not there ({error}): install it with pip install "ssetape[analysis]"'
        ) from error
    return pyarrow


def schema_of(columns: Iterable[Column]) -> Any:
    """The Arrow schema of columns, each with its unit and meaning as metadata."""
    pa = arrow()
    types = {
        "string": pa.string(),
        "integer": pa.int64(),
        "number": pa.float64(),
        "boolean": pa.bool_(),
        "timestamp": pa.timestamp("us", "UTC"),
        "date": pa.date32(),
        "binary": pa.binary(),
    }
    return pa.schema(
        [
            pa.field(name, types[kind], metadata={"unit": unit, "meaning": meaning})
            for name, kind, unit, meaning in columns
        ]
    )


def batch_of(rows: Sequence[Row], schema: Any) -> Any:
    """One record batch of rows, whose values are in the schema's order."""
    pa = arrow()
    values = zip(*rows, strict=True) if rows else ([] for _ in schema)
    arrays = [pa.array(column, field.type) for column, field in zip(values, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def batches(rows: Iterable[Row], schema: Any) -> Iterator[Any]:
    """Give rows as record batches, none of many rows or many bytes."""
    held: list[Row] = []
    held_bytes = 0
    for row in rows:
        held.append(row)
        held_bytes += size_of(row)
        if len(held) >= ROWS or held_bytes >= ROWS_BYTES:
            yield batch_of(held, schema)
            held = []
            held_bytes = 0
    if held:
        yield batch_of(held, schema)


def size_of(row: Row) -> int:
    """About how many bytes a row's text and bytes are."""
    return sum([len(value) for value in row if type(value) is str or type(value) is bytes])
