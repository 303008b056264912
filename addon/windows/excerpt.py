"""Rows with a bound: the first ones and the last ones, each made when it is first shown."""

from collections import deque
from collections.abc import Callable

# mitmproxy's windows cut a text after 512 lines; what has just come is at its end.
_FIRST_ROWS = 100
_LAST_ROWS = 380

# A row, or what makes it.
Row = str | Callable[[], str]


class Excerpt:
    """The first rows and the last rows of many.

    Attributes:
        count: how many there are in all.
    """

    def __init__(self) -> None:
        self.count = 0
        self._first: list[Row] = []
        self._last: deque[Row] = deque(maxlen=_LAST_ROWS)

    def add(self, row: Row) -> None:
        """Add a row at the end."""
        self.count += 1
        (self._first if len(self._first) < _FIRST_ROWS else self._last).append(row)

    def first_lines(self) -> list[str]:
        """The first rows alone."""
        _make(self._first)
        return list(map(str, self._first))

    def lines(self) -> list[str]:
        """The rows, with one that says how many are left out, if any are."""
        _make(self._first)
        _make(self._last)
        left_out = self.count - len(self._first) - len(self._last)
        between = [f"{'':>21}  ... {left_out} rows are not shown here ..."] if left_out else []
        return [*map(str, self._first), *between, *map(str, self._last)]


def _make(rows: "list[Row] | deque[Row]") -> None:
    for place, row in enumerate(rows):
        if callable(row):
            rows[place] = row()
