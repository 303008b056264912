"""Escapes: what a terminal would obey, and nothing else."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.output.printable import printable, printable_json, printable_lines

# The characters with Unicode's property Bidi_Control (UAX #9): each moves others about.
BIDI_CONTROLS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
OBEYED = ("Cc", "Cs", "Zl", "Zp")


@given(st.text())
def test_printable_text_is_one_line_without_control_characters(text: str) -> None:
    shown = printable(text)
    assert not [char for char in shown if unicodedata.category(char) in OBEYED]
    assert len(shown.splitlines()) <= 1


@given(st.text(st.characters(exclude_categories=["C", "Z"])))
def test_printable_leaves_letters_signs_and_emoji_alone(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize("char", BIDI_CONTROLS, ids=lambda char: f"U+{ord(char):04X}")
def test_printable_escapes_what_turns_the_direction_of_text(char: str) -> None:
    assert printable(f"a{char}b") == f"a\\u{ord(char):04x}b"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\r\tc", "a\\nb\\r\\tc"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\x00\x7f\x9b", "\\x00\\x7f\\x9b"),
        ("\u2028\ud800", "\\u2028\\ud800"),
        ("café 🎬", "café 🎬"),
    ],
)
def test_printable_escapes_as_programmers_write_it(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text())
def test_printable_lines_keep_line_feeds_and_tabs_alone(text: str) -> None:
    shown = printable_lines(text)
    assert shown.count("\n") == text.count("\n")
    assert shown.count("\t") == text.count("\t")
    obeyed = {char for char in shown if unicodedata.category(char) in OBEYED}
    assert obeyed <= {"\n", "\t"}


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_printable_json_is_the_same_value_without_control_characters(text: str) -> None:
    shown = printable_json(json.dumps({text: text}, ensure_ascii=False))
    assert json.loads(shown) == {text: text}
    assert not [char for char in shown if unicodedata.category(char) in OBEYED]
