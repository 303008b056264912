"""CSV: cells come back as they were; with `safe` none of them is a formula."""

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.tables.spreadsheet import csv_rows


def written(*rows: list[Any], safe: bool = False) -> list[list[str]]:
    out = io.BytesIO()
    with csv_rows(out, safe=safe) as write_row:
        for row in rows:
            write_row(row)
    return list(csv.reader(io.StringIO(out.getvalue().decode(), newline="")))


CELLS = st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=4)


@given(CELLS)
def test_cells_come_back_but_for_nuls(cells: list[str]) -> None:
    assert written(cells) == [[cell.replace("\0", "\ufffd") for cell in cells]]


@given(CELLS)
def test_a_safe_cell_begins_no_formula_and_loses_nothing(cells: list[str]) -> None:
    (shown,) = written(cells, safe=True)
    for before, after in zip(cells, shown, strict=True):
        assert not after.startswith(tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"))
        assert after.removeprefix("'") == before.replace("\0", "\ufffd").removeprefix("'")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\uff1d"])
def test_a_formula_is_quoted_only_if_asked_for(start: str) -> None:
    cell = f"{start}cmd|'/C calc'!A0"
    assert written([cell]) == [[cell]]
    assert written([cell], safe=True) == [[f"'{cell}"]]


def test_numbers_stay_numbers() -> None:
    assert written([-1, -1.5, None, True], safe=True) == [["-1", "-1.5", "", "True"]]


def test_the_file_stays_open() -> None:
    out = io.BytesIO()
    with csv_rows(out, line_end="\n") as write_row:
        write_row(["a", 1])
    out.write(b"more")
    assert out.getvalue() == b"a,1\nmore"
