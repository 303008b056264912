import re

import click
import pytest

from ssetape.showing.colours import Look, Pieces, line_from
from ssetape.showing.columns import cell_len

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


def test_the_codes_are_those_that_click_writes() -> None:
    for look, style in ((Look.QUIET, {"dim": True}), (Look.ALARM, {"fg": "red"})):
        assert line_from([("x", look)], None, colours=True) == click.style("x", **style)
    accent = line_from([("x", Look.ACCENT)], None, colours=True)
    assert accent == click.style("x", fg="green")
