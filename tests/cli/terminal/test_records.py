"""Rows that are too wide for the terminal, a line per value."""

import pytest

from ssetape.cli.terminal import output, records


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> "type[Printed]":
    class Bound(Printed):
        def __init__(self, columns: int | None, *rows: tuple[str, ...]) -> None:
            for module in (output, records):
                monkeypatch.setattr(module, "terminal_width", lambda: columns)
            records.table_or_records(("n", "café", "漢字"), rows, ("n",))
            super().__init__(capsys.readouterr().out)

    return Bound


class Printed:
    """The lines that were printed."""

    def __init__(self, text: str) -> None:
        self.lines = text.splitlines()


def test_what_fits_is_a_table(printed: type[Printed]) -> None:
    assert printed(18, ("1", "abc", "x" * 6), ("10", "", "")).lines == [
        *(" n  café  漢字", " 1  abc   xxxxxx", "10")
    ]


def test_what_does_not_fit_is_a_record_per_row(printed: type[Printed]) -> None:
    assert printed(15, ("1", "abc", "x" * 6), ("10", "", "\x1b[2J")).lines == [
        *("-[ 1 ]---------", "n    | 1", "café | abc", "漢字 | xxxxxx"),
        *("-[ 2 ]---------", "n    | 10", "café |", "漢字 | \\x1b[2J"),
    ]


def test_without_a_terminal_it_is_a_table_with_all_of_each_value(printed: type[Printed]) -> None:
    heading, row = printed(None, ("1", "x" * 5000, "y")).lines
    assert heading.startswith("n  café ")
    assert row == f"1  {'x' * 5000}  y"


def test_a_value_takes_ten_lines_of_the_terminal_at_most(printed: type[Printed]) -> None:
    _, _, line, _ = printed(20, ("1", "x" * 5000, "y")).lines
    assert line == f"café | {'x' * 199}…"


def test_no_rows_are_a_heading(printed: type[Printed]) -> None:
    assert printed(5).lines == ["n  café  漢字"]
