import re

import pytest
from rich.cells import cell_len

from ssetape.cli.terminal import colours
from ssetape.cli.terminal.colours import Look, Pieces, has_colours, line_from

PIECES: Pieces = [("1.0  ", Look.PLAIN), ("", Look.ALARM), ("日本", Look.QUIET), ("x", Look.ALARM)]


@pytest.mark.parametrize("width", range(1, 12))
def test_a_line_fits(width: int) -> None:
    line = line_from(PIECES, width, colours=False)
    assert cell_len(line) <= width
    assert (line == "1.0  日本x") == (width >= 10)
    assert line.endswith("…") == (width < 10)
    coloured = line_from(PIECES, width, colours=True)
    assert re.sub("\x1b\\[[0-9]*m", "", coloured) == line


def test_looks_are_colours_and_nothing_else() -> None:
    assert line_from(PIECES, None, colours=False) == "1.0  日本x"
    assert line_from(PIECES, None, colours=True) == ("1.0  \x1b[2m日本\x1b[0m\x1b[31mx\x1b[0m")


def test_no_blanks_are_left_at_the_end() -> None:
    pieces: Pieces = [("a ", Look.QUIET), ("  ", Look.PLAIN), ("", Look.PLAIN)]
    assert line_from(pieces, 80, colours=False) == "a"
    assert line_from([("  ", Look.PLAIN)], 80, colours=True) == ""


@pytest.mark.parametrize(
    ("variables", "right"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_colours_are_for_terminals_that_want_them(
    variables: dict[str, str], right: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert not has_colours()  # pytest's stdout
    monkeypatch.setattr(colours.sys.stdout, "isatty", lambda: True)
    assert has_colours() == right
