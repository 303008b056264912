"""The gaps between events: their distribution, the longest ones, and their course over time."""

from bisect import bisect_left
from heapq import heappush, heappushpop
from itertools import pairwise
from typing import NamedTuple

from ssetape.format.plain_blocks import Plain
from ssetape.measures.distribution import Distribution

STALLS = 3
# The first characters of an event's data identify the event after a stall.
_SHOWN_CHARACTERS = 80
_STRETCHES = 64
# Times in odd captures may be so far apart that their difference is infinite.
_LONGEST_S = 1e300


class Silence(NamedTuple):
    """A silence, and the event that ended it.

    Attributes:
        gap_s: how long it lasted.
        t_s: when that event came.
        number: the event's number, from 0.
        event: the event's type.
        data: the beginning of the event's data.
    """

    gap_s: float
    t_s: float
    number: int
    event: str
    data: str


class Rhythm:
    """The longest gaps over time, in stretches of equal length that grow with the stream."""

    def __init__(self) -> None:
        self._length_s = 0.001
        self._start_s: float | None = None
        self._gaps: list[float | None] = []

    def add(self, t_s: float, gap_s: float) -> None:
        """Record a gap that ended at `t_s`; call in ascending order of time."""
        if self._start_s is None:
            self._start_s = t_s - gap_s
        while (place := self._place_of(t_s)) >= _STRETCHES:
            self._halve()
        self._gaps.extend([None] * (place + 1 - len(self._gaps)))
        self._gaps[place] = max(gap_s, self._gaps[place] or 0.0)

    def add_all(self, times: list[float], gaps: list[float]) -> None:
        """Record one or more gaps that ended at these ascending times; equals `add` for each."""
        self.add(times[0], gaps[0])
        self.add(times[-1], gaps[-1])  # the stretches are now long enough
        begun = 0
        while begun < len(times):
            place = self._place_of(times[begun])
            # Near enough, as the bound is rounded otherwise than the places are.
            bound_s = (self._start_s or 0.0) + (place + 1) * self._length_s
            ended = max(bisect_left(times, bound_s, begun), begun + 1)
            while ended < len(times) and self._place_of(times[ended]) == place:
                ended += 1
            while self._place_of(times[ended - 1]) != place:
                ended -= 1
            self._gaps[place] = max(*gaps[begun:ended], self._gaps[place] or 0.0)
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


class Timing:
    """Records the timing of events.

    Attributes:
        count: how many events there were.
        first_s, last_s: when the first and the last event came; None before any.
        gaps: the time from each event to the next.
        rhythm: the longest gap in each stretch of time.
    """

    def __init__(self) -> None:
        self.count = 0
        self.first_s: float | None = None
        self.last_s: float | None = None
        self.gaps = Distribution()
        self.rhythm = Rhythm()
        self._longest: list[tuple[float, int, Silence]] = []

    def see(self, t_s: float, event: str, data: str) -> None:
        """Record an event; call in order."""
        if self.last_s is None:
            self.first_s = t_s
        else:
            # A clock may have been set back in a capture that was imported.
            gap_s = max(0.0, t_s - self.last_s)
            self.gaps.add(gap_s)
            self.rhythm.add(t_s, gap_s)
            if len(self._longest) < STALLS or gap_s > self._longest[0][0]:
                self._stalled(gap_s, t_s, self.count, event, data)
        self.last_s = t_s
        self.count += 1

    def see_all(self, block: Plain) -> None:
        """Record the events of a block; equals `see` for each."""
        begun = 0 if len(self._longest) == STALLS else STALLS + 1
        gaps = [after - before for before, after in pairwise([self.last_s or 0.0, *block.times])]
        if min(gaps) < 0:
            begun = len(gaps)
        for place, t_s in enumerate(block.times[:begun]):
            self.see(t_s, block.names[place], block.data_of(place))
        times, gaps = block.times[begun:], gaps[begun:]
        if not times:
            return
        self.gaps.add_all(gaps)
        self.rhythm.add_all(times, gaps)
        if max(gaps) > self._longest[0][0]:
            for place, gap_s in enumerate(gaps, begun):
                if gap_s > self._longest[0][0]:
                    name, data = block.names[place], block.data_of(place)
                    self._stalled(gap_s, block.times[place], self.count + place - begun, name, data)
        self.last_s = times[-1]
        self.count += len(times)

    def stalls(self) -> list[Silence]:
        """The longest gaps, the longest first, without gaps of zero length."""
        found = sorted(self._longest, reverse=True)
        return [stall for _, _, stall in found if stall.gap_s > 0]

    def _stalled(self, gap_s: float, t_s: float, number: int, event: str, data: str) -> None:
        stall = Silence(gap_s, t_s, number, event, data[:_SHOWN_CHARACTERS])
        entry = (gap_s, -number, stall)
        if len(self._longest) < STALLS:
            heappush(self._longest, entry)
        else:
            heappushpop(self._longest, entry)
