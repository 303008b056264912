"""How a body is had, and what the browser has read of it while the bytes are still to come."""

from enum import Enum, auto

# An empty body may take some on the way: for its framing, or its coding.
_EMPTY_LIMIT_BYTES = 64


class State(Enum):
    """How the body is had."""

    ASKED = auto()  # there is no response yet
    STREAMING = auto()  # the browser has been asked to stream, and has not replied
    LIVE = auto()  # each event has its bytes
    WHOLE = auto()  # the events have sizes; the bytes are asked for at the end
    FETCHING = auto()  # the bytes have been asked for
    OVER = auto()  # nothing more is written


class Reads:
    """Sizes and moments, by which bytes that come together are cut.

    Attributes:
        skipped_bytes: what came from the network, and was given to nobody who reads: it is in a
            blob, or in the cache.
    """

    def __init__(self) -> None:
        self.skipped_bytes = 0
        self._sizes: list[tuple[float, int]] = []

    @property
    def size_bytes(self) -> int:
        """How many bytes were read; 0 if that is not known."""
        return sum(size for _, size in self._sizes)

    def had_bytes(self, is_said: bool) -> bool:
        """Whether some bytes are still to come, as the body is not empty.

        Args:
            is_said: whether the response's head says that there are bytes.
        """
        limit_bytes = 0 if is_said else _EMPTY_LIMIT_BYTES
        return self.size_bytes > 0 or self.skipped_bytes > limit_bytes

    def add(self, now_s: float, size_bytes: int) -> None:
        """One more read."""
        self._sizes.append((now_s, size_bytes))

    def cut(self, data: bytes, last_s: float) -> list[tuple[float, bytes]]:
        """The bytes, cut as they were read, with the moments; nothing is known of later ones.

        Args:
            last_s: the moment of bytes about which nothing is known.
        """
        chunks: list[tuple[float, bytes]] = []
        start = 0
        for now_s, size in self._sizes:
            if piece := data[start : start + size]:
                chunks.append((now_s, piece))
            start += size
        if rest := data[start:]:
            chunks.append((self._sizes[-1][0] if self._sizes else last_s, rest))
        self._sizes.clear()
        return chunks

    def clear(self) -> None:
        """No more bytes are to come."""
        self._sizes.clear()
        self.skipped_bytes = 0
