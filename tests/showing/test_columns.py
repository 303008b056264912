import pytest
from rich import cells

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
