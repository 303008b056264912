"""Rows as record batches."""

import sys
from collections.abc import Iterator

import pytest

from ssetape.errors import ExportError
from ssetape.tables import arrow
from ssetape.tables.columns import EVENTS, EXCHANGES, Column
from ssetape.tables.rows import Row

COLUMNS = (Column("a", "string", "", "text"), Column("b", "integer", "bytes", "a size"))


def test_a_schema_carries_units_and_meanings() -> None:
    schema = arrow.schema_of(COLUMNS)
    assert schema.names == ["a", "b"]
    assert schema.field("b").metadata == {b"unit": b"bytes", b"meaning": b"a size"}
    assert str(arrow.schema_of(EXCHANGES).field("started").type) == "timestamp[us, tz=UTC]"
    assert str(arrow.schema_of(EVENTS).field("data_binary").type) == "binary"


def test_rows_come_out_as_they_went_in() -> None:
    schema = arrow.schema_of(COLUMNS)
    rows: list[Row] = [(None if n % 3 else f"text {n}", n) for n in range(5000)]
    made = list(arrow.batches(rows, schema))
    assert [batch.num_rows for batch in made] == [2048, 2048, 904]
    found = [tuple(row.values()) for batch in made for row in batch.to_pylist()]
    assert found == rows
    assert list(arrow.batches([], schema)) == []
    assert arrow.batch_of([], schema).num_rows == 0


def test_large_rows_make_small_batches() -> None:
    schema = arrow.schema_of(COLUMNS)
    large = "x" * (arrow.ROWS_BYTES // 2)
    made = arrow.batches(((large, n) for n in range(5)), schema)
    assert [batch.num_rows for batch in made] == [2, 2, 1]


def test_rows_are_taken_as_batches_are() -> None:
    taken = []

    def rows() -> Iterator[Row]:
        for number in range(10_000):
            taken.append(number)
            yield ("", number)

    made = arrow.batches(rows(), arrow.schema_of(COLUMNS))
    assert not taken
    next(made)
    assert len(taken) == arrow.ROWS


def test_without_pyarrow_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ExportError, match=r"pip install 'ssetape\[analysis\]'"):
        arrow.schema_of(COLUMNS)
