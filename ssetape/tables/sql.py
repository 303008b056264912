"""Runs SQL on captures, or on a Parquet data set made of them, with DuckDB in this process.

Captures are read into a database in a temporary folder: only the tables and columns that the
statement uses, so that counting exchanges reads only the first line of each file. The statement
itself sees these tables and nothing else: no files, no network.
"""

import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import orjson

from ssetape.capture import Capture
from ssetape.errors import QueryError
from ssetape.output.refusals import not_installed
from ssetape.tables.arrow import arrow, batches, schema_of
from ssetape.tables.columns import PARTITION, TABLES, Column
from ssetape.tables.reading import rows_of
from ssetape.tables.rows import Row

# By default DuckDB takes most of the memory. What does not fit is spilled to the temporary folder.
MEMORY_LIMIT = "1GB"

_ROWS_AT_ONCE = 1000


# The guess of many for `exchanges`: another name for it.
ALIAS = "captures"
_CREATE_ALIAS = f"CREATE TEMP VIEW {ALIAS} AS SELECT * FROM exchanges"

# Called once for each table, and again if columns were missed.
Captures = Callable[[], Iterable[Capture]]
_Wanted = dict[str, tuple[Column, ...]]


class Result:
    """The result of a statement.

    Attributes:
        names: the names of the columns.
        numbers: the names of the columns that hold numbers.
        rows: the rows, as they are read.
    """

    def __init__(self, relation: Any) -> None:
        pa = arrow()
        self._reader = relation.to_arrow_reader(_ROWS_AT_ONCE)
        schema = self._reader.schema
        self.names: list[str] = schema.names
        is_number = pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal
        self.numbers = {field.name for field in schema if any(is_(field.type) for is_ in is_number)}

    @property
    def rows(self) -> Iterator[Row]:
        for batch in self._reader:
            yield from zip(*map(_values, batch.columns), strict=True)


def _values(column: Any) -> list[Any]:
    """The values of a column; as text where Python has none, such as dates beyond its years."""
    try:
        return list(column.to_pylist())
    except (OverflowError, ValueError):
        return [_value(scalar) for scalar in column]


def _value(scalar: Any) -> Any:
    pa = arrow()
    try:
        return scalar.as_py()
    except (OverflowError, ValueError):
        try:
            return scalar.cast(pa.string()).as_py()
        except (pa.ArrowException, ValueError):
            return f"a {scalar.type} out of range"  # a list or a struct with such a value


@contextmanager
def on_captures(
    sql: str, captures: Captures, problems: list[str], jobs: int | None = 1
) -> Iterator[Result]:
    """Run a statement on captures; damage in them is added to `problems`.

    Args:
        jobs: how many processes read, as in `ssetape.cores.reading.each_read`.

    Raises:
        QueryError: the statement is not a SELECT, or fails; or DuckDB is not installed.
        ExportError: pyarrow is not installed.
    """
    duckdb = _duckdb()
    wanted = _wanted(sql)
    with tempfile.TemporaryDirectory(prefix="ssetape-query-") as folder, ExitStack() as opened:

        def run(name: str, wanted: _Wanted) -> Result:
            connection = _loaded(Path(folder) / name, wanted, captures, problems, jobs)
            opened.callback(connection.close)
            return Result(connection.sql(sql))

        try:
            try:
                result = run("used.duckdb", wanted)
            except duckdb.BinderException:
                # A plan may not need a column that the statement names: WHERE false, PIVOT.
                result = run("all.duckdb", TABLES)
            yield result
        except duckdb.Error as error:
            raise _refusal(str(error)) from error


@contextmanager
def on_data_set(sql: str, folder: Path) -> Iterator[Result]:
    """Run a statement on a data set that `ssetape.exports.parquet` wrote.

    Raises:
        QueryError: as in `on_captures`; or the folder does not hold such a data set.
        ExportError: pyarrow is not installed.
    """
    duckdb = _duckdb()
    _wanted(sql)  # refuses a wrong statement before files are opened
    with tempfile.TemporaryDirectory(prefix="ssetape-query-") as place:
        # The folder's name may mean something to SQL, or as a pattern; the link's does not.
        link = Path(place, "set")
        link.symlink_to(folder.absolute(), target_is_directory=True)
        connection = _connect(":memory:")
        try:
            connection.execute(f"SET temp_directory = {_quoted(Path(place, 'spilled'))}")
            connection.execute(f"SET allowed_directories = [{_quoted(link)}]")
            for name, columns in TABLES.items():
                names = ", ".join(f'"{column.name}"' for column in columns)
                files = _quoted(link / name / "*" / "*.parquet")
                hive = f"hive_partitioning = true, hive_types = {{'{PARTITION.name}': DATE}}"
                connection.execute(
                    f"CREATE VIEW {name} AS SELECT {names} FROM read_parquet({files}, {hive})"
                )
            connection.execute(_CREATE_ALIAS)
            _lock(connection)
            yield Result(connection.sql(sql))
        except duckdb.Error as error:
            message = str(error).replace(str(link), str(folder))
            raise _refusal(message) from error
        finally:
            connection.close()


def _quoted(path: Path) -> str:
    text = str(path).replace("'", "''")
    return f"'{text}'"


def _duckdb() -> Any:
    try:
        import duckdb
    except ImportError as error:
        raise QueryError(not_installed("SQL", "DuckDB", "analysis", error)) from error
    return duckdb


def _connect(path: Path | str) -> Any:
    # Without this setting, DuckDB looks up unknown table names among our own variables.
    connection = _duckdb().connect(str(path), config={"python_enable_replacements": False})
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")
    connection.execute(f"SET memory_limit = '{MEMORY_LIMIT}'")
    return connection


def _lock(connection: Any) -> None:
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _only_one_select(sql: str) -> None:
    duckdb = _duckdb()
    with duckdb.connect() as connection:
        try:
            statements = connection.extract_statements(sql)
        except duckdb.Error as error:
            raise _refusal(str(error)) from error
    kinds = [statement.type.name for statement in statements]
    # PIVOT becomes MULTI.
    if kinds not in (["SELECT"], ["MULTI"]):
        found = ", ".join(kinds) or "no statement"
        raise QueryError(f"expected one SELECT, found {found}: captures can only be read")


def _wanted(sql: str) -> _Wanted:
    """The columns of each table that a statement uses, as its plan shows them."""
    arrow()
    from pyarrow import dataset

    _only_one_select(sql)
    duckdb = _duckdb()
    with _connect(":memory:") as connection:
        # Data sets, whose contents DuckDB does not know: for an empty table of its own, the plan
        # would be to read nothing.
        empty = {
            name: dataset.dataset(schema_of(columns).empty_table())
            for name, columns in TABLES.items()
        }
        for name, data in empty.items():
            connection.register(name, data)
        connection.execute(_CREATE_ALIAS)
        _lock(connection)
        try:
            (explained,) = connection.execute(f"EXPLAIN (FORMAT json)\n{sql}").fetchall()
        except duckdb.Error as error:
            # DuckDB quotes the wrong line; its line number includes our EXPLAIN line.
            message = re.sub(
                r"^LINE (\d+):", lambda m: f"LINE {int(m[1]) - 1}:", str(error), flags=re.M
            )
            raise _refusal(message) from error
        named = {}
        for name, data in empty.items():
            connection.unregister(name)
            try:
                connection.sql(sql)
            except duckdb.Error:
                named[name] = TABLES[name]  # the statement needs this table
            connection.register(name, data)
    scans = list(_scans(orjson.loads(explained[1])))
    if len(scans) < len(named):
        return named  # DESCRIBE and the like: their plan does not show what they use
    used = set(re.findall(r"\w+", " ".join(scans)))
    # A table has at least one column, so that its rows can be counted.
    return {
        name: tuple(c for c in columns if c.name in used or c is columns[0])
        for name, columns in named.items()
    }


def _scans(nodes: list[Any]) -> Iterator[str]:
    """Yield the columns and filters of each table scan in a plan."""
    for node in nodes:
        if "ARROW_SCAN" in node.get("name", ""):
            extra = node.get("extra_info", {})
            yield str([extra.get("Projections"), extra.get("Filters")])
        yield from _scans(node.get("children", []))


def _loaded(
    path: Path, wanted: _Wanted, captures: Captures, problems: list[str], jobs: int | None
) -> Any:
    """A database with the tables of captures, from which nothing else can be reached."""
    pa = arrow()
    connection = _connect(path)
    for name, columns in wanted.items():
        schema = schema_of(columns)
        names = [column.name for column in columns]
        rows = rows_of(name, names, captures(), problems, jobs)
        reader = pa.RecordBatchReader.from_batches(schema, batches(rows, schema))
        connection.register("rows_of_captures", reader)
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM rows_of_captures")
        connection.unregister("rows_of_captures")
    if "exchanges" in wanted:
        connection.execute(_CREATE_ALIAS)
    _lock(connection)
    return connection


def _refusal(message: str) -> QueryError:
    """DuckDB's message, with a list of the tables and their columns."""
    tables = [f"{name}: {', '.join(c.name for c in columns)}" for name, columns in TABLES.items()]
    alias = f"{ALIAS}: another name for exchanges"
    return QueryError("\n".join([message.rstrip(), "", "Tables:", *tables, alias]))
