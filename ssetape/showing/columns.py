"""The width of text in terminal columns. Pure.

Measured by rich or, where only mitmproxy is installed, by Unicode's own table.
"""

from collections.abc import Callable
from unicodedata import combining, east_asian_width


def _cell_len(text: str) -> int:
    return len(text) if text.isascii() else sum(map(_width, text))


def _set_cell_size(text: str, total: int) -> str:
    left = total
    for place, char in enumerate(text):
        if _width(char) > left:
            return text[:place] + " " * left
        left -= _width(char)
    return text + " " * left


def _width(char: str) -> int:
    if combining(char):
        return 0
    return 2 if east_asian_width(char) in "WF" else 1


# How many columns a text takes; and the text, cut or padded to so many columns.
cell_len: Callable[[str], int] = _cell_len
set_cell_size: Callable[[str, int], str] = _set_cell_size
try:
    import rich.cells
except ImportError:
    pass
else:
    cell_len = rich.cells.cell_len
    set_cell_size = rich.cells.set_cell_size


def shortened(text: str, width: int | None) -> str:
    """The text, cut to a width in terminal columns; whole if the width is None."""
    if width is None or cell_len(text) <= width:
        return text
    return set_cell_size(text, max(0, width - 1)) + "…"
