"""The client's share of a stream that faults change: what it got, and how that ended."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

# Of a fault that cuts, as replay/faults has them; that is not loaded without a fault.
CUTS = ("fault_cut", "fault_reset")


class Share:
    """What one client got.

    Args:
        specs: the faults.
        count: returns how many events the bytes complete, fed one after the other.

    Attributes:
        is_over: whether the client gets nothing more.
        on_over: called when that is so.
    """

    def __init__(self, specs: list[str], count: Callable[[float, bytes], int]) -> None:
        self.is_over = False
        self.on_over: Callable[[], None] = lambda: None
        self._specs = specs
        self._count = count
        self._digest = sha256()
        self._chunks = self._size_bytes = self._events = 0
        self._end_s: float | None = None
        self._reason: str | None = None

    def got(self, t_s: float, data: bytes) -> None:
        """Count bytes that the client was sent."""
        self._chunks += 1
        self._size_bytes += len(data)
        self._digest.update(data)
        self._events += self._count(t_s, data)

    def end(self, t_s: float, reason: str | None) -> None:
        """Note how the response ended for the client; None is as it ended for the server."""
        if not self.is_over:
            self.is_over = True
            self._end_s, self._reason = t_s, reason
            self.on_over()

    def server_end(self, reason: str, details: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """How the exchange ended, where mitmproxy gives a reason: it does not know of a cut."""
        return (str(self._reason), {}) if self._reason in CUTS else (reason, details)

    def details(self, now_s: float, reason: str) -> dict[str, Any]:
        """The fields for the end record, of an exchange that ended for this reason."""
        return {
            "altered": True,
            "faults": self._specs,
            "client": {
                "t": round(now_s if self._end_s is None else self._end_s, 6),
                "reason": self._reason or reason,
                "events": self._events,
                "chunks": self._chunks,
                "bytes": self._size_bytes,
                "sha256": self._digest.hexdigest(),
            },
        }
