"""Rows as record batches."""

import sys
from collections.abc import Iterator

import pytest

from ssetape import record_batches
from ssetape.errors import ExportError
from ssetape.rows import Row
from ssetape.tables import EVENTS, EXCHANGES, Column

COLUMNS = (Column("a", "string", "", "text"), Column("b", "integer", "bytes", "a size"))


def test_a_schema_carries_units_and_meanings() -> None:
    schema = record_batches.schema_of(COLUMNS)
    assert schema.names == ["a", "b"]
    assert schema.field("b").metadata == {b"unit": b"bytes", b"meaning": b"a size"}
    assert str(record_batches.schema_of(EXCHANGES).field("started").type) == "timestamp[us, tz=UTC]"
    assert str(record_batches.schema_of(EVENTS).field("data_binary").type) == "binary"


def test_rows_come_out_as_they_went_in() -> None:
    schema = record_batches.schema_of(COLUMNS)
    rows: list[Row] = [(None if n % 3 else f"text {n}", n) for n in range(5000)]
    made = list(record_batches.batches(rows, schema))
    assert [batch.num_rows for batch in made] == [2048, 2048, 904]
    found = [tuple(row.values()) for batch in made for row in batch.to_pylist()]
    assert found == rows
    assert list(record_batches.batches([], schema)) == []
    assert record_batches.batch_of([], schema).num_rows == 0


def test_large_rows_make_small_batches() -> None:
    schema = record_batches.schema_of(COLUMNS)
    large = "x" * (record_batches.ROWS_BYTES // 2)
    made = record_batches.batches(((large, n) for n in range(5)), schema)
    assert [batch.num_rows for batch in made] == [2, 2, 1]


def test_rows_are_taken_as_batches_are() -> None:
    taken = []

    def rows() -> Iterator[Row]:
        for number in range(10_000):
            taken.append(number)
            yield ("", number)

    made = record_batches.batches(rows(), record_batches.schema_of(COLUMNS))
    assert not taken
    next(made)
    assert len(taken) == record_batches.ROWS


def test_without_pyarrow_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ExportError, match=r'pip install "ssetape\[analysis\]"'):
        record_batches.schema_of(COLUMNS)
