"""The looks of lines: the page's, where there are colours. Pure."""

from collections.abc import Iterable
from enum import Enum, auto

from ssetape.showing.columns import cell_len, set_cell_size


class Look(Enum):
    """How a piece of a line looks."""

    PLAIN = auto()
    QUIET = auto()
    ACCENT = auto()
    ALARM = auto()


# How a terminal is told (ECMA-48, section 8.3.117).
_CODES = {Look.QUIET: "\x1b[2m", Look.ACCENT: "\x1b[32m", Look.ALARM: "\x1b[31m"}
_RESET = "\x1b[0m"
# A line in pieces: (text, look).
Pieces = list[tuple[str, Look]]


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
        f"{_CODES[look]}{text}{_RESET}" if look in _CODES else text for text, look in kept
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
