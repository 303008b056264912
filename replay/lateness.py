"""Warns when a server does not keep to its times: what a client measures is then its own doing."""

from collections.abc import Callable

from .meter import Meter
from .tally import later_than

# A millisecond is the timer's error on a busy machine; so much is seen in a client's figures.
WARNED_NS = 5_000_000
# One late piece in a hundred is no reason: every machine is busy for a moment now and then.
_SHARE = 0.01
# Between two warnings: a load test may be late all the time.
_SILENCE_S = 30


class LatenessWatch:
    """Looks at what became late, once a second.

    Args:
        log: called with a warning, at most every 30 seconds.
    """

    def __init__(self, meter: Meter, log: Callable[[str], None]) -> None:
        self._meter = meter
        self._log = log
        self._before = list(meter.late)
        self._silent_s = 0

    def second(self) -> None:
        """Warn if more than a hundredth of what was sent was too late; call it every second."""
        if self._silent_s > 0:
            self._silent_s -= 1
            return
        now, before = list(self._meter.late), self._before
        self._before = now
        late = later_than(WARNED_NS, now) - later_than(WARNED_NS, before)
        sent = sum(now) - sum(before)
        if late > sent * _SHARE:
            self._silent_s = _SILENCE_S
            self._log(
                f"late: {late:,} of the last {sent:,} chunks were sent over "
                f"{WARNED_NS // 1_000_000} ms after their time; a client's figures now measure "
                "this machine: use fewer streams or events, or a machine with less to do"
            )
