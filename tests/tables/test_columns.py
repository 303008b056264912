"""The tables that captures become."""

from pathlib import Path

import pytest

from ssetape.tables.columns import EVENTS, EXCHANGES, PARTITION, TABLES
from ssetape.tables.rows import Exchange
from ssetape.tables.said import Said


def test_names_are_unique_and_units_stand_where_numbers_are() -> None:
    for columns in TABLES.values():
        names = [column.name for column in columns]
        assert len(set(names)) == len(names)
        for column in columns:
            assert column.meaning
            if column.name.endswith("_per_s"):
                assert (column.type, column.unit) == ("number", "1/s")
            elif column.name.endswith("_s"):
                assert (column.type, column.unit) == ("number", "s")
            if column.name.endswith("bytes"):
                assert (column.type, column.unit) == ("integer", "bytes")


def test_the_partition_is_behind_the_columns_of_the_files() -> None:
    assert EXCHANGES[-1] is EVENTS[-1] is PARTITION


def test_each_column_of_exchanges_is_an_attribute_of_an_exchange() -> None:
    set_at_once = {"capture", "id", "kind", "method", "url", "request_bytes"}
    assert [
        c.name for c in EXCHANGES if not hasattr(Exchange, c.name) and c.name not in Said._fields
    ] == [c.name for c in EXCHANGES if c.name in set_at_once]


@pytest.mark.parametrize("name", TABLES)
def test_the_documentation_has_the_columns(name: str) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "scale.md").read_text()
    section = page.partition(f"\n### `{name}`\n")[2].lstrip().partition("\n\n")[0]
    assert section.splitlines()[2:] == [
        f"| `{column.name}` | {column.type} | {column.unit} | {column.meaning} |"
        for column in TABLES[name]
    ]
