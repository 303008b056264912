"""A place in a long text, with what is around it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from ssetape.cli.terminal.hits import around
from ssetape.showing.colours import line_from


def line(text: str, hit: str, room: int) -> str:
    start = text.index(hit)
    return line_from(around(text, start, start + len(hit), room), room, colours=False)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a hit", "a hit"),
        ("a" * 50 + "hit" + "b" * 50, "…aaaaaaahitbbbbbbbb…"),
        ("a" * 50 + "hit", "…aaaaaaaaaaaaaaaahit"),
        ("hit" + "b" * 50, "hitbbbbbbbbbbbbbbbb…"),
        ("a" * 50 + "hit" + "bb", "…aaaaaaaaaaaaaahitbb"),
        ("日" * 50 + "hit", "…日日日日日日日日hit"),
        ("\n" * 50 + "hit", "…\\n\\n\\n\\n\\n\\n\\n\\nhit"),
    ],
)
def test_the_hit_has_as_much_around_it_as_there_is_room_for(text: str, shown: str) -> None:
    assert line(text, "hit", 20) == shown


def test_the_hit_alone_is_lit() -> None:
    pieces = around("one two three", 4, 7, 80)
    lit = "one \x1b[32mtwo\x1b[0m three"
    assert line_from(pieces, 80, colours=True) == lit


def test_a_hit_that_is_too_long_is_cut_at_its_end() -> None:
    assert line("a" + "h" * 10**6, "h" * 10**6, 10) == "hhhhhhhhh…"


@given(st.text(max_size=60), st.text(max_size=30), st.text(max_size=60), st.integers(1, 50))
def test_a_line_is_never_wider_than_its_room(before: str, hit: str, after: str, room: int) -> None:
    text = before + hit + after
    pieces = around(text, len(before), len(before) + len(hit), room)
    assert cell_len(line_from(pieces, room, colours=False)) <= room
