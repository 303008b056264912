"""SQL on captures, and on the data set made of them."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from ssetape import library
from ssetape.capture import Capture
from ssetape.errors import QueryError
from ssetape.exports import parquet
from ssetape.tables import sql as querying
from ssetape.tables.columns import EVENTS, EXCHANGES, TABLES
from ssetape.tables.rows import Exchange

Open = Callable[..., Capture]
Raw = Callable[..., bytes]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory, raw_capture: Raw) -> Path:
    """Captures of several days and kinds, in a folder whose name would be trouble in SQL."""
    made = tmp_path_factory.mktemp("it's; DROP [*]")
    events = [(0.1 * n, f"id: {n}\ndata: {'x' * n}\n\n".encode()) for n in range(1, 8)]
    for number in range(12):
        day = f"2026-01-{number % 5 + 1:02}T10:00:{number:02}.5Z"
        raw = raw_capture(
            events[: number % 8],
            url=f"https://api{number % 2}.test/v1/{number}",
            status=404 if number == 3 else 200,
            end="upstream_cut" if number % 4 == 3 else "complete",
            started=day,
        )
        (made / f"{number:02}.ssetape").write_bytes(raw)
    (made / "odd.ssetape").write_bytes(raw_capture(status=None, started="?", url="", end=None))
    socket = raw_capture(kind="websocket", end=None) + b'[0.1, ">", "hi"]\n[0.3, "<b", "AP8="]\n'
    (made / "socket.ssetape").write_bytes(socket)
    return made


@pytest.fixture(scope="session")
def data_set(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Path:
    made = tmp_path_factory.mktemp("it's [*] a data set")
    parquet.write_folder(library.open_all([folder], []), made)
    return made


def answer(sql: str, captures: Iterable[Capture] | Path) -> list[tuple[Any, ...]]:
    """Of captures: each time anew."""
    if isinstance(captures, Path):
        problems: list[str] = []
        paths = [captures]
        with querying.on_captures(sql, lambda: library.open_all(paths, []), problems) as result:
            rows = list(result.rows)
        assert problems == []
        return rows
    with querying.on_captures(sql, lambda: captures, []) as result:
        return list(result.rows)


QUERIES = [
    "SELECT * FROM exchanges ORDER BY capture",
    "SELECT * FROM events ORDER BY capture, seq",
    "FROM events ORDER BY capture, seq LIMIT 3",
    "SELECT count(*) FROM exchanges",
    "SELECT count(*), count(date), min(started), max(date) FROM EXCHANGES",
    "SELECT host, round(avg(first_event_s), 6), sum(events) FROM exchanges GROUP BY ALL ORDER BY 1",
    "SELECT date, count(*) FROM events GROUP BY date ORDER BY date",
    "SELECT count(*) FROM events WHERE date = '2026-01-02'",
    "SELECT url, count(e.seq) FROM exchanges x LEFT JOIN events e USING (capture) GROUP BY url "
    "ORDER BY url",
    "SELECT a.capture, b.seq FROM events a JOIN events b ON a.capture = b.capture AND "
    "a.seq = b.seq + 1 ORDER BY ALL",
    "SELECT id FROM exchanges WHERE false",
    "SELECT e FROM exchanges e ORDER BY e.capture LIMIT 2",
    "SELECT events FROM exchanges ORDER BY capture",
    "WITH events AS (SELECT 1 AS a) SELECT a FROM events",
    "SELECT count(*) FROM exchanges NATURAL JOIN (SELECT 404 AS status)",
    "SELECT count(*) FROM exchanges WHERE started > now() - INTERVAL 1000 YEAR",
    "SELECT hour(started), count(*) FROM exchanges GROUP BY 1 ORDER BY 1",
    "PIVOT (SELECT kind, status FROM exchanges) ON kind USING count(*) ORDER BY status",
    "DESCRIBE exchanges",
    "DESCRIBE events",
    "SELECT * FROM captures ORDER BY capture",
    "SELECT captures.host, count(*) FROM captures GROUP BY ALL ORDER BY 1",
    "SELECT count(*) FROM captures JOIN exchanges USING (capture) JOIN events USING (capture)",
    "DESCRIBE captures",
    "WITH exchanges AS (SELECT 1 AS a) SELECT count(*), max(status) FROM captures",
    "WITH captures AS (SELECT 1 AS a) SELECT a FROM captures",
    "SELECT column_name, max FROM (SUMMARIZE exchanges) WHERE column_name = 'events'",
    "SELECT 1",
]


@pytest.mark.parametrize("sql", QUERIES)
def test_the_answer_is_the_same_from_captures_and_from_the_data_set(
    sql: str, folder: Path, data_set: Path
) -> None:
    with querying.on_data_set(sql, data_set) as result:
        rows = list(result.rows)
    assert rows == answer(sql, folder)
    assert rows or "false" in sql


def test_rows_are_those_of_the_captures(folder: Path) -> None:
    names = [column.name for column in EXCHANGES]
    exchanges = [Exchange(opened) for opened in library.open_all([folder], [])]
    assert answer("FROM exchanges", folder) == [exchange.row(names) for exchange in exchanges]
    events = [row for exchange in exchanges for row in exchange.event_rows(with_said=True)]
    assert answer("FROM events", folder) == events
    assert len(events) > 20


def test_names_and_numbers_of_columns_are_known(folder: Path) -> None:
    sql = "SELECT capture, bytes AS size, sum(chunks), avg(head_s) AS a FROM exchanges GROUP BY ALL"
    with querying.on_captures(sql, lambda: library.open_all([folder], []), []) as result:
        assert result.names == ["capture", "size", "sum(chunks)", "a"]
        assert result.numbers == {"size", "sum(chunks)", "a"}


@pytest.mark.parametrize(
    ("sql", "used"),
    [
        ("SELECT count(*) FROM exchanges", {"exchanges": ["capture"]}),
        (
            "SELECT url FROM exchanges WHERE status = 200",
            {"exchanges": ["capture", "url", "status"]},
        ),
        ("SELECT events FROM exchanges", {"exchanges": ["capture", "events"]}),
        ("SELECT seq FROM events", {"events": ["capture", "seq"]}),
        ("SELECT * FROM events", {"events": [column.name for column in EVENTS]}),
        ("SELECT exchanges FROM exchanges", {"exchanges": [c.name for c in EXCHANGES]}),
        ("DESCRIBE exchanges", {"exchanges": [column.name for column in EXCHANGES]}),
        ("SELECT 'events, exchanges'", {}),
        ("SELECT status FROM captures", {"exchanges": ["capture", "status"]}),
        ("WITH events AS (SELECT 1) SELECT * FROM events", {}),
    ],
)
def test_no_more_is_read_than_the_statement_uses(sql: str, used: dict[str, list[str]]) -> None:
    wanted = querying._wanted(sql)
    found = {name: [column.name for column in columns] for name, columns in wanted.items()}
    assert {name: set(columns) for name, columns in found.items()} == {
        name: set(columns) for name, columns in used.items()
    }


def test_to_count_exchanges_is_to_read_their_first_lines(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Capture, "records", None)
    assert answer("SELECT count(*), count(DISTINCT host) FROM exchanges", folder) == [(14, 3)]


def test_damage_is_told_and_the_rest_answers(capture: Open) -> None:
    whole = capture([(0.1, b"data: a\n\n")])
    damaged = capture([(0.1, b"data: a\n\n")], end=None, tail=b"damage\n")
    problems: list[str] = []
    sql = "SELECT count(*) FROM events"
    with querying.on_captures(sql, lambda: [damaged, whole], problems) as result:
        assert list(result.rows) == [(2,)]
    assert len(problems) == 1
    assert problems[0].startswith(f"{damaged.path}, line 4: expected a record")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('{path}')",
        "SELECT * FROM '{path}'",
        "SELECT * FROM read_text('{path}')",
        "SELECT * FROM glob('/*')",
        "SELECT content FROM read_blob('{path}')",
        "COPY exchanges TO '{path}'",
        "SELECT 1; SELECT 2",
        "SELECT 1; COPY exchanges TO '{path}'",
        "SELECT 1) TO '{path}'; --",
        "DROP TABLE exchanges",
        "ATTACH '{path}'",
        "SET enable_external_access = true",
        "PRAGMA database_list",
        "INSTALL httpfs",
        "CREATE TABLE a AS SELECT 1",
        "SELECT * FROM secret_of_the_test",
        "SELECT * FROM connection",
        "SELECT getenv('PATH')",
        "SELECT nothing FROM exchanges",
        "SELECT * FROM nothing",
        "",
        "--",
        "nonsense",
    ],
)
def test_what_is_no_question_to_captures_is_refused(
    sql: str, folder: Path, data_set: Path, tmp_path: Path
) -> None:
    secret_of_the_test = [1]
    assert secret_of_the_test
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(QueryError):
        answer(sql.format(path=path), folder)
    with pytest.raises(QueryError), querying.on_data_set(sql.format(path=path), data_set):
        pass
    assert os.listdir(tmp_path) == ["a.csv"]
    assert path.read_text() == "a,b\n1,2\n"


def test_an_error_shows_the_statement_and_what_there_is(folder: Path) -> None:
    with pytest.raises(QueryError) as raised:
        answer("SELECT uri FROM exchanges", folder)
    text = str(raised.value)
    assert '"uri" not found' in text
    assert "LINE 1: SELECT uri FROM exchanges\n" in text
    for name, columns in TABLES.items():
        assert f"{name}: {', '.join(column.name for column in columns)}" in text


def test_an_error_while_it_runs_is_told(folder: Path, data_set: Path) -> None:
    sql = "SELECT CAST(url AS INTEGER) FROM exchanges"
    with pytest.raises(QueryError, match="Could not convert"):
        answer(sql, folder)
    with (
        pytest.raises(QueryError, match="Could not convert"),
        querying.on_data_set(sql, data_set) as result,
    ):
        list(result.rows)


def test_a_data_set_that_is_damaged_is_told(data_set: Path, tmp_path: Path) -> None:
    for table in TABLES:
        (tmp_path / table / "date=2026-01-01").mkdir(parents=True)
        (tmp_path / table / "date=2026-01-01" / "a.parquet").write_bytes(b"no parquet at all")
    with (
        pytest.raises(QueryError),
        querying.on_data_set("SELECT * FROM exchanges", tmp_path) as result,
    ):
        list(result.rows)


def test_what_does_not_fit_into_the_memory_has_a_place_that_is_gone_at_the_end(
    folder: Path, data_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    sql = "SELECT current_setting('temp_directory'), current_setting('memory_limit')"
    answers = answer(sql, folder)
    with querying.on_data_set(sql, data_set) as result:
        answers += result.rows
    assert len(answers) == 2
    for place, limit in answers:
        assert Path(place).is_relative_to(tmp_path)
        assert limit.startswith("953")  # MiB
    assert list(tmp_path.iterdir()) == []


def test_a_data_set_is_found_from_where_one_stands(
    data_set: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(data_set.parent)
    with querying.on_data_set("SELECT count(*) FROM exchanges", Path(data_set.name)) as result:
        assert list(result.rows) == [(14,)]


@pytest.mark.parametrize("module", ["duckdb", "pyarrow"])
def test_without_the_extra_it_says_what_to_install(
    module: str, monkeypatch: pytest.MonkeyPatch, folder: Path, data_set: Path
) -> None:
    from ssetape.errors import SsetapeError

    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(SsetapeError, match=r"pip install 'ssetape\[analysis\]'"):
        answer("SELECT 1", folder)
    with (
        pytest.raises(SsetapeError, match=r"pip install 'ssetape\[analysis\]'"),
        querying.on_data_set("SELECT 1", data_set),
    ):
        pass


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("TIMESTAMP '290000-01-01'", "<value out of range: 9089348860800000000>"),
        ("DATE '-infinity'", "<value out of range: -2147483647>"),
        ("DATE '99999-01-01'", "<value out of range: 35804357>"),
        ("TIMESTAMP 'infinity'", "<value out of range: 9223372036854775807>"),
        ("[DATE '99999-01-01']", "a list<l: date32[day]> out of range"),
        ("TIMESTAMP '0001-01-01' - INTERVAL 1 DAY", "0000-12-31 00:00:00.000000"),
    ],
)
def test_dates_that_python_has_no_years_for_are_text(
    value: str, expected: str, tmp_path: Path
) -> None:
    with querying.on_captures(
        f"SELECT {value} AS a, 1 AS b UNION ALL SELECT NULL, 2", list, []
    ) as result:
        assert sorted(result.rows, key=lambda row: row[1]) == [(expected, 1), (None, 2)]
