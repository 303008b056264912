"""Runs SQL on captures, or on a Parquet data set made of them, with DuckDB in this process.

Captures are read into a database in a temporary folder: only the tables, and of these only the
columns, that the statement uses, so that counting exchanges reads the first line of each file.
The statement itself then sees these tables and nothing else: no files, no network.
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
from ssetape.tables.arrow import arrow, batches, schema_of
from ssetape.tables.columns import EVENTS, PARTITION, TABLES, Column
from ssetape.tables.rows import Exchange, Row

# DuckDB takes most of the memory unless told; what does not fit goes into the temporary folder.
MEMORY_LIMIT = "1GB"

_ROWS_AT_ONCE = 1000

# Captures as often as they are asked for: a table each, and again where columns were missed.
Captures = Callable[[], Iterable[Capture]]
_Wanted = dict[str, tuple[Column, ...]]


class Result:
    """What a statement gives.

    Attributes:
        names: of the columns.
        numbers: those of them that are numbers.
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
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


@contextmanager
def on_captures(sql: str, captures: Captures, problems: list[str]) -> Iterator[Result]:
    """Run a statement on captures; damage in them is told to `problems`.

    Raises:
        QueryError: the statement is none, or fails; or DuckDB or pyarrow is not installed.
    """
    duckdb = _duckdb()
    wanted = _wanted(sql)
    with tempfile.TemporaryDirectory(prefix="ssetape-query-") as folder, ExitStack() as opened:

        def run(name: str, wanted: _Wanted) -> Result:
            connection = _loaded(Path(folder) / name, wanted, captures, problems)
            opened.callback(connection.close)
            return Result(connection.sql(sql))

        try:
            try:
                result = run("used.duckdb", wanted)
            except duckdb.BinderException:
                # A plan may do without a column that the statement names: WHERE false, PIVOT.
                result = run("all.duckdb", TABLES)
            yield result
        except duckdb.Error as error:
            raise _refusal(str(error)) from error


@contextmanager
def on_data_set(sql: str, folder: Path) -> Iterator[Result]:
    """Run a statement on a data set as `ssetape.exports.parquet` writes it.

    Raises:
        QueryError: as in `on_captures`; or what is in the folder is no such data set.
    """
    duckdb = _duckdb()
    _wanted(sql)  # refuses what is wrong before files are opened
    with tempfile.TemporaryDirectory(prefix="ssetape-query-") as place:
        # What the folder is called may mean something to SQL, or as a pattern: a link does not.
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
            _lock(connection)
            yield Result(connection.sql(sql))
        except duckdb.Error as error:
            told = str(error).replace(str(link), str(folder))
            raise _refusal(told) from error
        finally:
            connection.close()


def _quoted(path: Path) -> str:
    text = str(path).replace("'", "''")
    return f"'{text}'"


def _duckdb() -> Any:
    try:
        import duckdb
    except ImportError as error:
        raise QueryError(
            f'DuckDB is not there ({error}): install it with pip install "ssetape[analysis]"'
        ) from error
    return duckdb


def _connect(path: Path | str) -> Any:
    # Without the setting a name that is no table is looked up among our own variables.
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
    # MULTI is what PIVOT becomes.
    if kinds not in (["SELECT"], ["MULTI"]):
        found = ", ".join(kinds) or "none"
        raise QueryError(f"expected one SELECT, found: {found}. Captures are only read")


def _wanted(sql: str) -> _Wanted:
    """The columns of each table that a statement uses: those that its plan reads."""
    arrow()
    from pyarrow import dataset

    _only_one_select(sql)
    duckdb = _duckdb()
    with _connect(":memory:") as connection:
        # Data sets, as DuckDB knows nothing of what is in them: the plan for an empty table of
        # its own would be to read nothing.
        empty = {
            name: dataset.dataset(schema_of(columns).empty_table())
            for name, columns in TABLES.items()
        }
        for name, data in empty.items():
            connection.register(name, data)
        _lock(connection)
        try:
            (explained,) = connection.execute(f"EXPLAIN (FORMAT json)\n{sql}").fetchall()
        except duckdb.Error as error:
            # DuckDB shows the line that is wrong, and counts ours.
            told = re.sub(
                r"^LINE (\d+):", lambda m: f"LINE {int(m[1]) - 1}:", str(error), flags=re.M
            )
            raise _refusal(told) from error
        named = {}
        for name, data in empty.items():
            connection.unregister(name)
            try:
                connection.sql(sql)
            except duckdb.Error:
                named[name] = TABLES[name]  # it cannot do without this one
            connection.register(name, data)
    scans = list(_scans(orjson.loads(explained[1])))
    if len(scans) < len(named):
        return named  # DESCRIBE and the like: no plan that says what they use
    used = set(re.findall(r"\w+", " ".join(scans)))
    # A table has one column at least, for its rows to be counted.
    return {
        name: tuple(c for c in columns if c.name in used or c is columns[0])
        for name, columns in named.items()
    }


def _scans(nodes: list[Any]) -> Iterator[str]:
    """What a plan says of each place that reads a table."""
    for node in nodes:
        if "ARROW_SCAN" in node.get("name", ""):
            extra = node.get("extra_info", {})
            yield str([extra.get("Projections"), extra.get("Filters")])
        yield from _scans(node.get("children", []))


def _loaded(path: Path, wanted: _Wanted, captures: Captures, problems: list[str]) -> Any:
    """A database with tables of captures, in which nothing else can be reached."""
    pa = arrow()
    connection = _connect(path)
    for name, columns in wanted.items():
        schema = schema_of(columns)
        names = [column.name for column in columns]
        rows = _rows(name, names, captures(), problems)
        reader = pa.RecordBatchReader.from_batches(schema, batches(rows, schema))
        connection.register("rows_of_captures", reader)
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM rows_of_captures")
        connection.unregister("rows_of_captures")
    _lock(connection)
    return connection


def _rows(
    table: str, names: list[str], captures: Iterable[Capture], problems: list[str]
) -> Iterator[Row]:
    places = [[column.name for column in EVENTS].index(name) for name in names if table == "events"]
    for capture in captures:
        exchange = Exchange(capture)
        if table == "exchanges":
            yield exchange.row(names)
        else:
            for row in exchange.event_rows():
                yield tuple([row[place] for place in places])
        problems += exchange.problems


def _refusal(told: str) -> QueryError:
    """What DuckDB says, and what there is to ask for."""
    tables = [f"{name}: {', '.join(c.name for c in columns)}" for name, columns in TABLES.items()]
    return QueryError("\n".join([told.rstrip(), "", "The tables:", *tables]))
