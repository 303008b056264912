import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssetape.making.words import CUTTER, cut


@given(st.text())
def test_the_pieces_are_the_text(text: str) -> None:
    pieces = cut(text)
    assert "".join(pieces) == text
    assert all(pieces)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", []),
        ("Hello there!", ["Hello", " there", "!"]),
        ("internationalization", ["interna", "tionali", "zation"]),
        ("in 12345 days", ["in", " ", "123", "45", " days"]),
        ("a\n\n  b", ["a", "\n\n", "  ", "b"]),
        ('{"city":"Paris"}', ['{"', "city", '":"', "Paris", '"}']),
        ("日本語です", ["日", "本", "語", "で", "す"]),
        ("Grüße aus Köln", ["Grüße", " aus", " Köln"]),
        ("👍🏽", ["👍🏽"]),
    ],
)
def test_words_are_pieces_and_long_ones_are_cut_in_syllables(text: str, pieces: list[str]) -> None:
    assert cut(text) == pieces
    assert CUTTER.cut is cut
