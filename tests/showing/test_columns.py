import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich import cells

from ssetape.output.printable import printable
from ssetape.showing import columns
from ssetape.showing.columns import cell_len, shortened


def test_a_text_is_cut_to_a_width() -> None:
    assert shortened("日本語", 5) == "日本…"
    assert shortened("日本語", 6) == shortened("日本語", None) == "日本語"
    assert cell_len is cells.cell_len


@pytest.mark.parametrize("text", ["", "data: x", "日本", "a日b本", "café", "cafe\u0301", "█▏"])
def test_without_rich_widths_are_the_same(text: str) -> None:
    assert columns._cell_len(text) == cells.cell_len(text)
    for size in range(6):
        assert columns._set_cell_size(text, size) == cells.set_cell_size(text, size)


@given(st.text(max_size=30), st.integers(1, 40))
def test_shortened_text_fits_and_says_that_it_was_cut(text: str, width: int) -> None:
    text = printable(text)
    shown = shortened(text, width)
    assert cell_len(shown) <= width
    # Where a wide character would have stood half outside there is a space.
    assert shown == text or (shown.endswith("…") and text.startswith(shown[:-1].rstrip(" ")))


def test_text_is_not_shortened_without_a_width() -> None:
    assert shortened("x" * 1000, None) == "x" * 1000
