"""Remembers when the bytes of a body came, for as long as somebody may still ask."""

from collections import deque


class Arrivals:
    """Times of bytes by their offset. Offsets are asked for in rising order.

    Attributes:
        size_bytes: how many bytes have come so far.
        last_s: when the last of them came; 0.0 before any did.
    """

    def __init__(self) -> None:
        self.size_bytes = 0
        self.last_s = 0.0
        # (offset just past a piece, when it came), in order.
        self._pieces: deque[tuple[int, float]] = deque()

    def add(self, size_bytes: int, t_s: float) -> None:
        """Note that this many bytes came at `t_s`."""
        self.size_bytes += size_bytes
        self.last_s = t_s
        self._pieces.append((self.size_bytes, t_s))

    def time_of(self, offset: int) -> float:
        """When the byte at `offset` came."""
        self.forget_before(offset)
        return self._pieces[0][1]

    def forget_before(self, offset: int) -> None:
        """Nobody will ask for what is before `offset` any more."""
        pieces = self._pieces
        while pieces and pieces[0][0] <= offset:
            pieces.popleft()
