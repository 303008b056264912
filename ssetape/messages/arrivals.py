"""Records when the bytes of a body arrived, and counts them."""

from collections import deque


class Arrivals:
    """When each byte of a body arrived, by its offset. Look up offsets in ascending order.

    Attributes:
        size_bytes: how many bytes have arrived so far.
        last_s: when the last of them arrived; 0.0 before any has.
    """

    def __init__(self) -> None:
        self.size_bytes = 0
        self.last_s = 0.0
        # (offset just past a piece, when it arrived), in order.
        self._pieces: deque[tuple[int, float]] = deque()

    def add(self, size_bytes: int, t_s: float) -> None:
        """Record that this many bytes arrived at `t_s`."""
        self.size_bytes += size_bytes
        self.last_s = t_s
        self._pieces.append((self.size_bytes, t_s))

    def time_of(self, offset: int) -> float:
        """When the byte at `offset` arrived."""
        self.forget_before(offset)
        return self._pieces[0][1]

    def forget_before(self, offset: int) -> None:
        """Drop what is before `offset`: it will not be looked up again."""
        pieces = self._pieces
        while pieces and pieces[0][0] <= offset:
            pieces.popleft()


class ArrivalCounts:
    """Totals of a body or of a WebSocket's messages.

    Attributes:
        first_s: when the first chunk or message came; None before any.
        last_s: when the last one came; None before any.
        chunks, size_bytes: how many chunks or messages came, and their total size.
    """

    def __init__(self) -> None:
        self.first_s: float | None = None
        self.last_s: float | None = None
        self.chunks = self.size_bytes = 0

    def add(self, t_s: float, size_bytes: int) -> None:
        """Count one chunk or message."""
        if self.first_s is None:
            self.first_s = t_s
        self.last_s = t_s
        self.chunks += 1
        self.size_bytes += size_bytes

    def add_all(self, times: list[float], size_bytes: int) -> None:
        """Count one or more, with `size_bytes` in total."""
        if self.first_s is None:
            self.first_s = times[0]
        self.last_s = times[-1]
        self.chunks += len(times)
        self.size_bytes += size_bytes
