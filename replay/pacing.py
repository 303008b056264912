"""When each piece of a capture is due. Pure: times in, times out, nothing waits here."""

import math
from dataclasses import dataclass

# A century: later than anybody waits, and still a number to every timer.
_NEVER_NS = 100 * 365 * 86_400 * 1_000_000_000


@dataclass(frozen=True, slots=True)
class Pace:
    """How a capture's times become the times of a replay.

    Attributes:
        speed: 2.0 replays in half the time.
        instant: nothing waits; chunk boundaries stay.
        max_gap_s: no silence of the capture counts for more than this. It is applied to the
            recorded times, before `speed`.

    Raises:
        ValueError: the speed is not above 0, or the gap is below it.
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
    """Gives the due times of one replay. All of them count from the request: no sum of waits
    that would drift."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._latest_s = 0.0
        self._skipped_s = 0.0

    def due_ns(self, t_s: float) -> int:
        """When what was recorded at `t_s` is due: ns since the request. Ask in recorded order."""
        pace = self._pace
        # Before its predecessor nothing can be sent, whatever a file says.
        if t_s < self._latest_s:
            t_s = self._latest_s
        if pace.max_gap_s is not None:
            self._skipped_s += max(0.0, t_s - self._latest_s - pace.max_gap_s)
        self._latest_s = t_s
        if pace.instant:
            return 0
        # Rounded up: what is rounded down would come before its time.
        due_ns = (t_s - self._skipped_s) / pace.speed * 1e9
        return math.ceil(due_ns) if due_ns < _NEVER_NS else _NEVER_NS
