"""The statements of docs/scale.md: the same rows from captures, from the data set, and by Spark."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ssetape import library
from ssetape.exports import parquet
from ssetape.tables.columns import TABLES

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "scale.md").read_text()

# Spark takes some seconds to start, and longer where others work.
SPARK_TIMEOUT_S = 240


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


STATEMENTS = blocks("sql")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory, raw_capture: Callable[..., bytes]) -> Path:
    """A folder with `captures`, of all the samples and some more, and with `lake`."""
    made = tmp_path_factory.mktemp("scale")
    (made / "captures").mkdir()
    for path in (ROOT / "samples").glob("*.ssetape"):
        shutil.copy(path, made / "captures")
    for number in range(30):
        answer = b'{"model":"m%d","choices":[{"delta":{"content":"a"}}]}' % (number % 3)
        data = answer if number % 2 else b"x"
        chunks = [(0.07 * n * (number % 4 + 1), b"data: %s\n\n" % data) for n in range(1, number)]
        raw = raw_capture(
            chunks,
            url=f"https://api{number % 3}.test/v1",
            started="?" if number == 7 else f"2026-01-0{number % 5 + 1}T00:00:00.25Z",
            end=(None, "complete", "upstream_cut")[number % 3],
        )
        (made / "captures" / f"{number}.ssetape").write_bytes(raw)
    socket = raw_capture(kind="websocket", end=None) + b'[0.1, ">", "hi"]\n[0.3, "<b", "AP8="]\n'
    (made / "captures" / "socket.ssetape").write_bytes(socket)
    (made / "lake").mkdir()
    parquet.write_folder(library.open_all([made / "captures"], []), made / "lake")
    return made


def asked(sql: str, here: Path, path: str) -> list[list[Any]]:
    """What `ssetape query --json` says, run as documented."""
    words = [sys.executable, "-m", "ssetape", "query", "--json", sql, path]
    # So that captures are called the same everywhere, as the lake was made with absolute paths.
    done = subprocess.run(words, cwd=here, capture_output=True, check=True)
    return [list(json.loads(line).values()) for line in done.stdout.splitlines()]


def plain(rows: Any) -> list[list[Any]]:
    """Rows as JSON has them."""
    made: list[list[Any]] = json.loads(json.dumps([list(row) for row in rows], default=str))
    return made


def by_duckdb(sql: str, here: Path) -> list[list[Any]]:
    with duckdb.connect() as connection:
        for table in TABLES:
            files = f"'{here}/lake/{table}/*/*.parquet'"
            connection.execute(f"CREATE VIEW {table} AS SELECT * FROM {files}")
        return plain(connection.execute(sql).fetchall())


@pytest.mark.parametrize("sql", STATEMENTS)
def test_a_statement_gives_the_same_rows_wherever_it_is_asked(sql: str, here: Path) -> None:
    rows = asked(sql, here, str(here / "captures"))
    assert len(rows) >= 4
    assert asked(sql, here, "lake") == rows
    assert by_duckdb(sql, here) == rows


def test_the_python_of_the_page_runs(here: Path, tmp_path: Path) -> None:
    shutil.copytree(here / "captures", tmp_path / "captures")
    programs = [program for program in blocks("python") if "pyspark" not in program]
    assert len(programs) == 2
    for program in programs:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", program], cwd=tmp_path, capture_output=True
        )
        assert done.returncode == 0, done.stderr.decode()
    assert b"api0.test" in done.stdout
    assert parquet.is_data_set(tmp_path / "lake")


@pytest.mark.programs
def test_spark_gives_the_same_rows(here: Path) -> None:
    pytest.importorskip(
        "pyspark", reason="pyspark is not installed: uv run --group spark pytest -m programs"
    )
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("there is no Java for Spark")
    (program,) = [program for program in blocks("python") if "pyspark" in program]
    program += f"""
import json
answers = [[list(row) for row in spark.sql(sql).collect()] for sql in {STATEMENTS!r}]
counts = [spark.table(table).count() for table in ("exchanges", "events")]
print("ANSWERS", json.dumps([answers, counts], default=str))
spark.stop()
"""
    # The machine's own name may lead nowhere.
    environment = {**os.environ, "SPARK_LOCAL_IP": "127.0.0.1", "PYTHONWARNINGS": ""}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=here,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SPARK_TIMEOUT_S,
    )
    assert done.returncode == 0, done.stderr
    assert "api0.test" in done.stdout
    answers, counts = json.loads(done.stdout.partition("ANSWERS ")[2].splitlines()[0])
    assert answers == [asked(sql, here, "lake") for sql in STATEMENTS]
    assert counts == [
        asked(f"SELECT count(*) FROM {table}", here, "lake")[0][0] for table in TABLES
    ]
