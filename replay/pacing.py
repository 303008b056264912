"""Computes when each piece of a capture is due. Pure: times in, times out, no waiting."""

import math
from dataclasses import dataclass

# A century: longer than any client waits, and within the range of every timer.
NEVER_NS = 100 * 365 * 86_400 * 1_000_000_000


@dataclass(frozen=True, slots=True)
class Pace:
    """How recorded times become replay times.

    Attributes:
        speed: 2.0 replays in half the time.
        instant: no waiting; chunk boundaries stay.
        max_gap_s: recorded gaps are shortened to this, before `speed` applies.

    Raises:
        ValueError: the speed is not above 0, or the gap is below 0.
    """

    speed: float = 1.0
    instant: bool = False
    max_gap_s: float | None = None

    def __post_init__(self) -> None:
        if not 0 < self.speed < math.inf:
            raise ValueError(f"speed: expected a number above 0, got {self.speed}")
        if self.max_gap_s is not None and not self.max_gap_s >= 0:
            raise ValueError(f"max gap: expected 0 or more seconds, got {self.max_gap_s}")


class Pacer:
    """Computes the due times of one replay, all counted from the request: no drift accumulates."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._latest_s = 0.0
        self._skipped_s = 0.0

    def due_ns(self, t_s: float) -> int:
        """When a piece recorded at `t_s` is due, ns since the request. Call in recorded order."""
        pace = self._pace
        # No piece can be sent before its predecessor, even if a file's times fall.
        if t_s < self._latest_s:
            t_s = self._latest_s
        if pace.max_gap_s is not None:
            self._skipped_s += max(0.0, t_s - self._latest_s - pace.max_gap_s)
        self._latest_s = t_s
        if pace.instant:
            return 0
        # Rounded up: rounded down, a piece would be early.
        due_ns = (t_s - self._skipped_s) / pace.speed * 1e9
        return math.ceil(due_ns) if due_ns < NEVER_NS else NEVER_NS
