"""The Parquet data set."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.dataset
import pyarrow.parquet
import pytest

from ssetape.capture import Capture
from ssetape.errors import ExportError
from ssetape.exports import load, parquet
from ssetape.tables.columns import EVENTS, EXCHANGES, TABLES
from ssetape.tables.rows import Exchange

Open = Callable[..., Capture]
CHUNKS = [(0.5, b"data: a\n\n"), (1.0, b"data: b\n\n")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "set's [*] folder"
    made.mkdir()
    return made


def read(folder: Path, table: str) -> list[dict[str, Any]]:
    """By pyarrow, with the partition as the documentation has it."""
    day = pyarrow.schema([("date", pyarrow.date32())])
    partitioning = pyarrow.dataset.partitioning(day, flavor="hive")
    data: Any = pyarrow.dataset.dataset(folder / table, partitioning=partitioning)
    rows: list[dict[str, Any]] = data.to_table().to_pylist()
    return rows


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))


def test_it_is_a_format_that_is_a_folder() -> None:
    module: Any = load("parquet")
    assert (module.SUFFIX, module.SEVERAL) == ("", True)
    assert module.write_folder is parquet.write_folder


def test_rows_come_back_as_they_are(folder: Path, capture: Open) -> None:
    captures = [capture(CHUNKS), capture(status=None, started="yesterday", end=None)]
    parquet.write_folder(captures, folder)
    for name, columns in TABLES.items():
        expected: list[tuple[Any, ...]] = []
        for opened in captures:
            names = [column.name for column in columns]
            exchange = Exchange(opened)
            events = exchange.event_rows(with_said=True)
            expected += [exchange.row(names)] if name == "exchanges" else events
        found = [tuple(row.values()) for row in read(folder, name)]
        assert sorted(found, key=repr) == sorted(expected, key=repr)


def test_the_files_lie_in_folders_of_dates(folder: Path, capture: Open) -> None:
    days = ["2026-01-01T23:59:59Z", "2026-01-02T00:00:00Z", "yesterday"]
    parquet.write_folder([capture(CHUNKS, started=day) for day in days], folder)
    dates = [("2026-01-01", 0), ("2026-01-02", 1), ("__HIVE_DEFAULT_PARTITION__", 2)]
    assert files(folder) == [
        f"{table}/date={date}/part-{number:06d}.parquet"
        for table in ("events", "exchanges")
        for date, number in dates
    ]
    assert parquet.is_data_set(folder)
    assert not parquet.is_data_set(folder / "events")


def test_files_have_the_schema_and_zstd(folder: Path, capture: Open) -> None:
    parquet.write_folder([capture(CHUNKS)], folder)
    for table, columns in (("exchanges", EXCHANGES), ("events", EVENTS)):
        (path,) = (folder / table).rglob("*.parquet")
        file: Any = pyarrow.parquet.ParquetFile(path)
        assert file.schema_arrow.names == [column.name for column in columns[:-1]]
        assert file.schema_arrow.field(0).metadata[b"meaning"]
        assert file.metadata.row_group(0).column(0).compression == "ZSTD"


def test_duckdb_finds_dates_by_itself(folder: Path, capture: Open) -> None:
    days = ["2026-01-01T23:59:59Z", "yesterday"]
    parquet.write_folder([capture(CHUNKS, started=day) for day in days], folder)
    plain = folder.parent / "plain"
    folder.rename(plain)
    rows = duckdb.sql(
        f"SELECT date, count(*) FROM '{plain}/events/*/*.parquet' GROUP BY date ORDER BY date"
    ).fetchall()
    assert [(str(date), number) for date, number in rows] == [("2026-01-01", 2), ("None", 2)]


def test_a_table_without_rows_has_its_columns(folder: Path, capture: Open) -> None:
    parquet.write_folder([capture(status=None)], folder)
    assert files(folder / "events") == ["date=__HIVE_DEFAULT_PARTITION__/part-000000.parquet"]
    assert read(folder, "events") == []


def test_no_captures_are_a_data_set_too(folder: Path) -> None:
    parquet.write_folder([], folder)
    assert read(folder, "exchanges") == read(folder, "events") == []


def test_many_events_are_several_row_groups_and_few_rows_are_held(
    folder: Path, capture: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "ROWS", 10)
    monkeypatch.setattr(parquet, "ROW_GROUP_ROWS", 50)
    held = []
    add = parquet._Part.add

    def watched(self: Any, row: Any) -> None:
        add(self, row)
        held.append(len(self._rows) + sum(batch.num_rows for batch in self._batches))

    monkeypatch.setattr(parquet._Part, "add", watched)
    parquet.write_folder([capture([(0.1, b"data: x\n\n" * 220)])], folder)
    (path,) = (folder / "events").rglob("*.parquet")
    file: Any = pyarrow.parquet.ParquetFile(path)
    groups = [file.metadata.row_group(n).num_rows for n in range(file.metadata.num_row_groups)]
    assert groups == [50, 50, 50, 50, 20]
    assert max(held) < 50


def test_large_events_are_written_before_they_fill_the_memory(
    folder: Path, capture: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "ROWS_BYTES", 1000)
    monkeypatch.setattr(parquet, "ROW_GROUP_BYTES", 4000)
    parquet.write_folder([capture([(0.1, b"data: " + b"x" * 2000 + b"\n\n")] * 20)], folder)
    (path,) = (folder / "events").rglob("*.parquet")
    assert pyarrow.parquet.ParquetFile(path).metadata.num_row_groups >= 9


def test_files_that_are_open_are_few_whatever_the_dates(
    folder: Path, capture: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    make = parquet._Partitions._open

    def counting(self: Any, date: Any) -> Any:
        opened.append(len(self._parts))
        return make(self, date)

    monkeypatch.setattr(parquet._Partitions, "_open", counting)
    days = [f"2026-01-{day:02}T00:00:00Z" for day in (*range(1, 11), *range(1, 11))]
    parquet.write_folder([capture(CHUNKS, started=day) for day in days], folder)
    assert max(opened) < parquet.OPEN_PARTS
    assert len(read(folder, "exchanges")) == 20
    assert len(read(folder, "events")) == 40
    assert len(set(files(folder / "events"))) == 20


def test_damage_is_told_and_nothing_else_is_lost(folder: Path, capture: Open) -> None:
    damaged = capture(CHUNKS, end=None, tail=b"damage\n")
    with pytest.raises(ExportError) as raised:
        parquet.write_folder([damaged, capture(CHUNKS)], folder)
    assert str(raised.value).startswith(
        "wrote damaged captures up to the damage, the others completely: "
        f"{damaged.path}, line 5: expected a record"
    )
    assert len(read(folder, "exchanges")) == 2
    assert len(read(folder, "events")) == 4


def test_much_damage_is_told_by_its_beginning(folder: Path, capture: Open) -> None:
    with pytest.raises(ExportError, match=r"; and 2 more$"):
        parquet.write_folder([capture(end=None, tail=b"x\n") for _ in range(7)], folder)


def test_what_was_written_before_a_failure_can_be_read(folder: Path, capture: Open) -> None:
    def failing() -> Iterator[Capture]:
        yield capture(CHUNKS)
        raise OSError("the disk went away")

    with pytest.raises(OSError, match="went away"):
        parquet.write_folder(failing(), folder)
    assert len(read(folder, "events")) == 2


def test_without_pyarrow_it_says_what_to_install(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ExportError, match=r"ssetape\[analysis\]"):
        parquet.write_folder([], folder)
    assert list(folder.iterdir()) == []
