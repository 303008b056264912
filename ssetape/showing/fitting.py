"""Which columns of a table a terminal has room for, and how wide each is. Pure."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

GAP = "  "
# A narrower column of words says nothing.
NARROWEST = 10


class Fit(NamedTuple):
    """What is shown.

    Attributes:
        places: the places of the columns shown, in order.
        widths: of these, in terminal columns.
        left_out: the places of the others.
    """

    places: list[int]
    widths: list[int]
    left_out: list[int]


def fit(
    widths: Sequence[int],
    room: int,
    *,
    long: Mapping[int, int] | None = None,
    gives_way: Sequence[int] = (),
    paths: Sequence[int] = (),
) -> Fit:
    """The columns that fit into a row of `room` terminal columns.

    The widest of the long columns lose the most; where that is not enough, whole columns give
    way; and where even that is not enough, the long columns become as narrow as can be. A row that
    is still too wide runs over the edge.

    Args:
        widths: what each column would take.
        long: the places of columns that may be cut, with the widths that others give way for.
        gives_way: the places of columns that may be left out, in the order in which they go.
        paths: the widths of the cells of the last column, if they are paths, which are useless
            when cut. One that finds no room runs over the edge and costs no other column.
    """
    long = long or {}
    wished = [min(width, long.get(n, width)) for n, width in enumerate(widths)]
    least = [min(width, NARROWEST) if n in long else width for n, width in enumerate(wished)]
    if paths:
        kept = sum(least[n] + len(GAP) for n in range(len(least) - 1) if n not in gives_way)
        least[-1] = wished[-1] = max([0, *(width for width in paths if width <= room - kept)])
    places = _chosen(wished, gives_way, room)
    if _row(wished, places) > room:
        wished = least
    shown = {n: wished[n] for n in places}
    _widen(shown, widths, [n for n in places if n in long], room - _row(wished, places))
    left_out = [n for n in range(len(widths)) if n not in places]
    return Fit(places, list(shown.values()), left_out)


def _chosen(widths: Sequence[int], gives_way: Sequence[int], room: int) -> list[int]:
    """The places of the columns that fit, or at least of those that never give way."""
    places = list(range(len(widths)))
    for place in gives_way:
        if _row(widths, places) <= room:
            break
        places.remove(place)
    # What went early may still find room beside what stayed.
    for place in reversed(gives_way):
        with_it = sorted({*places, place})
        if _row(widths, with_it) <= room:
            places = with_it
    return places


def _row(widths: Sequence[int], places: Sequence[int]) -> int:
    return sum(widths[n] for n in places) + len(GAP) * (len(places) - 1)


def _widen(shown: dict[int, int], widths: Sequence[int], long: list[int], spare: int) -> None:
    """Share out what is spare: the narrow columns get all that they want, the widest the rest."""
    waiting = sorted(long, key=lambda n: widths[n] - shown[n])
    while waiting and spare > 0:
        place = waiting.pop(0)
        more = min(widths[place] - shown[place], spare // (len(waiting) + 1))
        shown[place] += more
        spare -= more
