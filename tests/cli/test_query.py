"""`ssetape query`."""

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from ssetape import library
from ssetape.cli import query
from ssetape.exports import parquet

Invoke = Callable[..., Result]
Raw = Callable[..., bytes]


@pytest.fixture
def folder(tmp_path: Path, raw_capture: Raw) -> Path:
    made = tmp_path / "captures"
    made.mkdir()
    chunks = [(0.5, b'event: "x"\ndata: a\x1b[2J\n\n'), (2.0, b"data: b,c\n\n")]
    (made / "a.ssetape").write_bytes(raw_capture(chunks))
    (made / "b.ssetape").write_bytes(raw_capture(status=None, end="client_closed"))
    socket = raw_capture(kind="websocket", end=None) + b'[0.1, "<b", "AP8="]\n'
    (made / "c.ssetape").write_bytes(socket)
    return made


def test_people_get_a_table_with_nothing_that_a_terminal_obeys(
    folder: Path, invoke: Invoke
) -> None:
    sql = "SELECT seq, gap_s, event, data FROM events WHERE kind = 'event' ORDER BY seq"
    result = invoke("query", sql, folder)
    assert (result.exit_code, result.stderr) == (0, "")
    assert [line.split() for line in result.stdout.splitlines()] == [
        ["seq", "gap_s", "event", "data"],
        ["0", '"x"', "a\\x1b[2J"],
        ["1", "1.5", "message", "b,c"],
    ]


def test_programs_get_an_object_a_row(folder: Path, invoke: Invoke) -> None:
    sql = (
        "SELECT x.started, x.date, e.data_binary, x.id, e.exchange_id AS id, sum(1) AS n,"
        "x.complete, [e.seq] AS l FROM exchanges x JOIN events e USING (capture)"
        "WHERE x.kind = 'websocket' GROUP BY ALL"
    )
    result = invoke("query", "--json", sql, folder)
    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(result.stdout) == {
        "started": "2026-11-23T09:30:12.123456Z",
        "date": "2026-11-23",
        "data_binary": "AP8=",
        "id": "x",
        "id_1": "x",
        "n": 1,
        "complete": False,
        "l": [0],
    }


def test_csv_has_a_heading_and_quotes(folder: Path, invoke: Invoke) -> None:
    sql = "SELECT event, data, gap_s FROM events ORDER BY capture, seq"
    result = invoke("query", "--csv", sql, folder)
    assert list(csv.reader(io.StringIO(result.stdout))) == [
        ["event", "data", "gap_s"],
        ['"x"', "a\x1b[2J", ""],
        ["message", "b,c", "1.5"],
        ["binary", "", ""],
    ]


def test_the_folder_captures_is_asked_by_default(
    folder: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    result = invoke("query", "--csv", "SELECT capture FROM exchanges ORDER BY 1")
    assert result.stdout.split() == ["capture", *(f"captures/{n}.ssetape" for n in "abc")]
    monkeypatch.chdir(folder)
    result = invoke("query", "SELECT 1")
    assert result.exit_code == 2
    assert "there are no captures in 'captures': " in result.stderr


def test_files_are_asked_as_well_as_folders(folder: Path, invoke: Invoke) -> None:
    result = invoke("query", "--csv", "SELECT count(*) FROM exchanges", folder / "a.ssetape")
    assert result.stdout.split() == ["count_star()", "1"]


@pytest.mark.parametrize("form", [[], ["--json"], ["--csv"]])
def test_a_data_set_gives_the_same(form: list[str], folder: Path, invoke: Invoke) -> None:
    lake = folder.parent / "lake"
    lake.mkdir()
    parquet.write_folder(library.open_all([folder], []), lake)
    for sql in (
        "SELECT * FROM exchanges ORDER BY capture",
        "SELECT * FROM events ORDER BY capture, seq",
    ):
        expected = invoke("query", *form, sql, folder)
        assert expected.stdout
        found = invoke("query", *form, sql, lake)
        assert (found.stdout, found.stderr, found.exit_code) == (expected.stdout, "", 0)
    result = invoke("query", "SELECT 1", lake, folder)
    assert result.exit_code == 2
    assert f"{lake} is a Parquet data set: query it on its own" in result.stderr


def test_errors_of_sql_are_told_with_the_columns_there_are(folder: Path, invoke: Invoke) -> None:
    result = invoke("query", "SELECT uri FROM exchanges", folder)
    assert (result.exit_code, result.stdout) == (1, "")
    assert 'column "uri" not found' in result.stderr
    assert "LINE 1: SELECT uri FROM exchanges" in result.stderr
    assert "exchanges: capture, id, kind, " in result.stderr
    result = invoke("query", "SELECT '\x1b[2J' FROM nothing", folder)
    assert result.exit_code == 1
    assert "\x1b" not in result.stderr


def test_what_cannot_be_read_is_told_once_and_the_rest_answers(
    folder: Path, invoke: Invoke
) -> None:
    (folder / "d.ssetape").write_text("hello\n")
    with (folder / "c.ssetape").open("ab") as file:
        file.write(b"damage\n")
    sql = (
        "SELECT count(*) AS n, sum(x.events) AS s FROM exchanges x LEFT JOIN events USING (capture)"
    )
    result = invoke("query", "--json", sql, folder)
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {"n": 4, "s": 5}
    first, second = sorted(result.stderr.splitlines())
    assert "c.ssetape, line 4: expected a record" in first
    assert "d.ssetape, line 1: not a capture" in second


def test_a_path_that_is_not_there_is_told(tmp_path: Path, invoke: Invoke) -> None:
    result = invoke("query", "SELECT 1", tmp_path / "none")
    assert result.exit_code == 1
    assert "none: there is no such file or folder" in result.stderr


def test_two_forms_are_misuse(folder: Path, invoke: Invoke) -> None:
    result = invoke("query", "--json", "--csv", "SELECT 1", folder)
    assert result.exit_code == 2
    assert "--json and --csv cannot be combined" in result.stderr


def test_no_rows_are_a_heading_alone(folder: Path, invoke: Invoke) -> None:
    sql = "SELECT id, url FROM exchanges WHERE false"
    assert invoke("query", sql, folder).stdout.split() == ["id", "url"]
    assert invoke("query", "--csv", sql, folder).stdout == "id,url\n"
    assert invoke("query", "--json", sql, folder).stdout == ""


def test_names_that_come_again_get_a_number() -> None:
    assert query.unique(["a", "b", "a", "a", "a_1"]) == ["a", "b", "a_1", "a_2", "a_1_1"]


@pytest.mark.parametrize(
    ("value", "made"),
    [
        (datetime(2026, 1, 1, 12, tzinfo=UTC), "2026-01-01T12:00:00Z"),
        (datetime(2026, 1, 1, 12), "2026-01-01T12:00:00"),
        (date(2026, 1, 1), "2026-01-01"),
        (time(12, 30), "12:30:00"),
        (timedelta(seconds=1), "0:00:01"),
        (b"\xff", "/w=="),
        (Decimal(10**30), 10**30),
        (Decimal("1.5"), 1.5),
        ({"a": [b"", None]}, {"a": ["", None]}),
        ([("k", Decimal(1))], [["k", 1]]),
        (True, True),
    ],
)
def test_values_are_plain(value: Any, made: Any) -> None:
    assert query.plain(value) == made


def test_a_sum_beyond_64_bits_is_printed(folder: Path, invoke: Invoke) -> None:
    sql = "SELECT sum(9223372036854775807) AS s, INTERVAL 1 DAY AS i FROM exchanges"
    result = invoke("query", "--json", sql, folder)
    assert json.loads(result.stdout)["s"] == 3 * 9223372036854775807
    assert invoke("query", sql, folder).exit_code == 0
