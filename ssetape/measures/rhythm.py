"""The longest gap in each stretch of a stream's time, in a few numbers however long it is."""

from bisect import bisect_right

_STRETCHES = 64
# Times of odd captures may be so far apart that what is between them is infinite.
_LONGEST_S = 1e300


class Rhythm:
    """Gaps over time: stretches of equal length, which grow as the stream does."""

    def __init__(self) -> None:
        self._length_s = 0.001
        self._start_s: float | None = None
        self._gaps: list[float | None] = []

    def add(self, t_s: float, gap_s: float) -> None:
        """Take note of a gap that ended at `t_s`; times rise."""
        if self._start_s is None:
            self._start_s = t_s - gap_s
        while (place := self._place_of(t_s)) >= _STRETCHES:
            self._halve()
        self._gaps.extend([None] * (place + 1 - len(self._gaps)))
        self._gaps[place] = max(gap_s, self._gaps[place] or 0.0)

    def add_all(self, times: list[float], gaps: list[float]) -> None:
        """Take note of gaps, at least one, that ended at these rising times: as one by one."""
        self.add(times[0], gaps[0])
        self.add(times[-1], gaps[-1])  # the stretches are now as long as they have to be
        begun = 0
        while begun < len(times):
            place = self._place_of(times[begun])
            ended = bisect_right(times, place, begun, key=self._place_of)
            self.add(times[begun], max(gaps[begun:ended]))
            begun = ended

    def longest(self) -> list[float | None]:
        """The longest gap that ended in each stretch, None where none did."""
        return list(self._gaps)

    def _place_of(self, t_s: float) -> int:
        assert self._start_s is not None
        return int(min(max(0.0, t_s - self._start_s), _LONGEST_S) / self._length_s)

    def _halve(self) -> None:
        self._length_s *= 2
        pairs = zip(self._gaps[::2], [*self._gaps[1::2], None], strict=False)
        self._gaps = [
            first if second is None else max(second, first or 0.0) for first, second in pairs
        ]
