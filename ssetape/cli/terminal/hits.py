"""A place in a long text, and as much of what is around it as a line has room for. Pure."""

from rich.cells import cell_len, set_cell_size

from ssetape.output.printable import printable
from ssetape.showing.colours import Look, Pieces


def around(text: str, start: int, end: int, room: int) -> Pieces:
    """The pieces of a line about `text[start:end]`, which is lit and, if it can be, in the middle.

    They may be longer than the room, but only at their end, where `line_from` cuts.

    Args:
        room: the columns there are.
    """
    # Text may have millions of characters; one more than there is room for shows that it is cut.
    enough = room + 1
    hit = printable(text[start : min(end, start + enough)])
    before = printable(text[max(0, start - enough) : start])
    after = printable(text[end : end + enough])
    left = max(0, room - cell_len(hit))
    room_before = left - min(cell_len(after), left - left // 2)
    return [(_end_of(before, room_before), Look.PLAIN), (hit, Look.ACCENT), (after, Look.PLAIN)]


def _end_of(text: str, width: int) -> str:
    """The text, cut at its start to a width in columns."""
    if cell_len(text) <= width:
        return text
    return ("…" + set_cell_size(text[::-1], width - 1)[::-1]) if width > 0 else ""
