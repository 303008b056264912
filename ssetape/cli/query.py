"""`ssetape query`: query captures with SQL."""

import base64
import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from ssetape import library
from ssetape.capture import Capture
from ssetape.cli.options.captures import paths_of
from ssetape.cli.options.completion import CAPTURE
from ssetape.cli.options.jobs import jobs_option
from ssetape.cli.options.safe import safe_option
from ssetape.cli.terminal.binary import binary_output
from ssetape.cli.terminal.output import json_line, note
from ssetape.cli.terminal.progress import progress
from ssetape.cli.terminal.records import table_or_records
from ssetape.errors import QueryError
from ssetape.output.refusals import no_captures
from ssetape.tables.spreadsheet import csv_rows


@click.command()
@click.argument("sql")
@click.argument("paths", type=CAPTURE, nargs=-1, metavar="[PATH]...")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per row.")
@click.option("--csv", "as_csv", is_flag=True, help="Comma-separated values, with a header row.")
@safe_option
@jobs_option
def command(
    sql: str,
    paths: tuple[str, ...],
    as_json: bool,
    as_csv: bool,
    safe: bool,
    jobs: int | None,
) -> None:
    """Run one SELECT, in DuckDB's SQL, on captures; on ./captures if no PATH is given.

    The tables are `exchanges` (or `captures`), one row per capture, and `events`, one row per event
    or WebSocket message; "DESCRIBE exchanges" and docs/scale.md list their columns. On a terminal,
    rows that are too wide are shown with a line per value. PATH is a file, a folder
    searched at any depth, or a Parquet data set that captures were exported to.

    Needs pip install "ssetape[analysis]".

    \b
    Example:
        ssetape query 'SELECT host, count(*) FROM exchanges GROUP BY host'
        ssetape query --json 'SELECT data FROM events WHERE gap_s > 1' captures | jq -r .data
        ssetape query --csv 'SELECT capture, first_event_s FROM exchanges' lake
    """
    if as_json and as_csv:
        raise click.UsageError("--json and --csv cannot be combined: leave out one")
    if safe and not as_csv:
        raise click.UsageError("--safe is for --csv")
    problems: list[str] = []
    try:
        with _result_of(sql, paths, problems, jobs) as result:
            if as_json:
                for row in result.rows:
                    json_line(dict(zip(unique(result.names), map(plain, row), strict=True)))
            elif as_csv:
                _print_csv(result.names, result.rows, safe)
            else:
                _print(result.names, result.rows, result.numbers)
    except QueryError as error:
        # DuckDB points at the error with several lines.
        raise click.ClickException(str(error)) from error
    for problem in dict.fromkeys(problems):  # each table may have read the same file
        note(problem)
    if problems:
        sys.exit(1)


def _result_of(
    sql: str, paths: tuple[str, ...], problems: list[str], jobs: int | None
) -> AbstractContextManager[Any]:
    from ssetape.exports.parquet import is_data_set
    from ssetape.tables import sql as querying

    paths = paths_of(paths)
    data_sets = [path for path in paths if is_data_set(Path(path))]
    if data_sets:
        if len(paths) > 1:
            raise click.UsageError(f"{data_sets[0]} is a Parquet data set: query it on its own")
        return querying.on_data_set(sql, Path(data_sets[0]))
    if next(library.find(paths), None) is None:
        note(no_captures(paths))

    def captures() -> Iterator[Capture]:
        with progress(library.open_all(paths, problems), "reading") as each:
            yield from each

    return querying.on_captures(sql, captures, problems, jobs)


def unique(names: Iterable[str]) -> list[str]:
    """Names for the keys of an object: repeated ones get a number."""
    found: list[str] = []
    for name in names:
        number, new = 0, name
        while new in found:
            number += 1
            new = f"{name}_{number}"
        found.append(new)
    return found


def plain(value: Any) -> Any:
    """An SQL value as JSON: times in ISO 8601, binary in base64."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    # Tuples include the pairs of a map, and intervals: months, days and nanoseconds.
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return str(value)


def _text(value: Any) -> str:
    made = plain(value)
    return made if isinstance(made, str) else "" if made is None else str(made)


def _print_csv(names: list[str], rows: Iterable[tuple[Any, ...]], safe: bool) -> None:
    with binary_output() as out, csv_rows(out, safe=safe, line_end="\n") as write_row:
        write_row(names)
        for row in rows:
            write_row([plain(value) for value in row])


def _print(names: list[str], rows: Iterable[tuple[Any, ...]], numbers: set[str]) -> None:
    table_or_records(names, (map(_text, row) for row in rows), numbers)
