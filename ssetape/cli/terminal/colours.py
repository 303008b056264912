"""The looks of what verbs print: the page's, where the terminal has colours."""

import os
import sys
from collections.abc import Iterable
from enum import Enum, auto
from typing import Any

import click
from rich.cells import cell_len, set_cell_size


class Look(Enum):
    """How a piece of a line looks."""

    PLAIN = auto()
    QUIET = auto()
    ACCENT = auto()
    ALARM = auto()


_STYLES: dict[Look, dict[str, Any]] = {
    Look.QUIET: {"dim": True},
    Look.ACCENT: {"fg": "green"},
    Look.ALARM: {"fg": "red"},
}
# A line in pieces: (text, look).
Pieces = list[tuple[str, Look]]


def has_colours() -> bool:
    """Whether stdout is a terminal with colours (https://no-color.org)."""
    is_wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return is_wanted and sys.stdout.isatty()


def line_from(pieces: Iterable[tuple[str, Look]], width: int | None, *, colours: bool) -> str:
    """A line from its pieces, cut to a width in terminal columns; whole if the width is None."""
    kept = [(text, look) for text, look in pieces if text]
    # No trailing blanks, which would be copied along with the text.
    while kept and not (text := kept[-1][0].rstrip()):
        kept.pop()
    if kept:
        kept[-1] = (text, kept[-1][1])
    if width is not None:
        kept = _cut(kept, width)
    if not colours:
        return "".join(text for text, _ in kept)
    return "".join(
        click.style(text, **_STYLES[look]) if look in _STYLES else text for text, look in kept
    )


def _cut(pieces: Pieces, width: int) -> Pieces:
    """The pieces, with an ellipsis at the end if they are wider."""
    if sum(cell_len(text) for text, _ in pieces) <= width:
        return pieces
    cut: Pieces = []
    left = max(0, width - 1)
    for text, look in pieces:
        if cell_len(text) > left:
            return [*cut, (set_cell_size(text, left) + "…", look)]
        cut.append((text, look))
        left -= cell_len(text)
    return cut
