"""Rows as Arrow record batches of bounded size.

pyarrow is an extra that most users do not need: it is imported on first use.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ssetape.errors import ExportError
from ssetape.output.refusals import not_installed
from ssetape.tables.columns import Column
from ssetape.tables.rows import Row

# Rows held as Python objects at a time: enough to make Arrow's overhead per batch negligible.
ROWS = 2048
# Events can be large, up to the parser's limit.
ROWS_BYTES = 1 << 20


def arrow() -> Any:
    """The module pyarrow.

    Raises:
        ExportError: pyarrow is not installed.
    """
    try:
        import pyarrow
    except ImportError as error:
        raise ExportError(not_installed("this", "pyarrow", "analysis", error)) from error
    return pyarrow


def schema_of(columns: Iterable[Column]) -> Any:
    """The Arrow schema of the columns, with the unit and meaning of each as metadata."""
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
    """The rows as one record batch; their values are in the schema's order."""
    pa = arrow()
    values = zip(*rows, strict=True) if rows else ([] for _ in schema)
    arrays = [pa.array(column, field.type) for column, field in zip(values, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def batches(rows: Iterable[Row], schema: Any) -> Iterator[Any]:
    """Yield rows as record batches, each limited in rows and in bytes."""
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
    """The approximate size of a row's text and bytes."""
    return sum([len(value) for value in row if type(value) is str or type(value) is bytes])
