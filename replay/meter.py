"""Counts what a server sends while it sends it: plain numbers, put together when someone asks."""

from bisect import bisect_left
from collections.abc import Callable
from typing import Protocol

from .tally import LATE_BOUNDS_NS, Tally


class Counted(Protocol):
    """A stream, or a WebSocket."""

    @property
    def chunks(self) -> int:
        """How many chunks it has sent."""
        ...


class Meter:
    """The running counts of a server.

    Attributes:
        sent_bytes, late, late_ns: as in `Tally`. Streams count them in place, as a call for each
            chunk would cost more than the counting.
        on_open: called with how many streams are open, whenever that changes.
    """

    __slots__ = (
        *("_begun", "_chunks", "_ended", "_open", "_said"),
        *("late", "late_ns", "on_open", "sent_bytes"),
    )

    def __init__(self) -> None:
        self.on_open: Callable[[int], None] = lambda count: None
        self._open: set[Counted] = set()
        self._begun = self._chunks = self.sent_bytes = self.late_ns = 0
        self._ended: dict[str, int] = {}
        self._said: dict[str, int] = {}
        self.late = list(Tally().late)

    @property
    def open(self) -> int:
        """How many streams are open."""
        return len(self._open)

    def begin(self, stream: Counted) -> None:
        """Count a stream that begins."""
        self._open.add(stream)
        self._begun += 1
        self.on_open(len(self._open))

    def end(self, stream: Counted, outcome: str) -> None:
        """Count a stream that has ended; a second time, it is none any more."""
        if stream in self._open:
            self._open.discard(stream)
            self.on_open(len(self._open))
            self._chunks += stream.chunks
            self._ended[outcome] = self._ended.get(outcome, 0) + 1

    def say(self, status: int) -> None:
        """Count one of the server's own responses."""
        self._said[str(status)] = self._said.get(str(status), 0) + 1

    def note_late(self, late_ns: int) -> None:
        """Count a piece that is sent so long after it was due."""
        self.late[bisect_left(LATE_BOUNDS_NS, late_ns)] += 1
        self.late_ns += late_ns

    def tally(self) -> Tally:
        """The counts up to now."""
        return Tally(
            begun=self._begun,
            ended=dict(self._ended),
            said=dict(self._said),
            chunks=self._chunks + sum(stream.chunks for stream in self._open),
            sent_bytes=self.sent_bytes,
            late=list(self.late),
            late_ns=self.late_ns,
        )
