"""Counts what came of a body."""


class Traffic:
    """What has come so far.

    Attributes:
        first_s: when the first byte of the body came, or message of the server; None: none did.
        last_s: when the last one came.
        chunks, size_bytes: how many pieces, or messages, and their bytes.
    """

    def __init__(self) -> None:
        self.first_s: float | None = None
        self.last_s: float | None = None
        self.chunks = self.size_bytes = 0

    def add(self, t_s: float, size_bytes: int) -> None:
        """A piece came."""
        if self.first_s is None:
            self.first_s = t_s
        self.last_s = t_s
        self.chunks += 1
        self.size_bytes += size_bytes

    def add_all(self, times: list[float], size_bytes: int) -> None:
        """Pieces came, at least one, which have so many bytes together."""
        if self.first_s is None:
            self.first_s = times[0]
        self.last_s = times[-1]
        self.chunks += len(times)
        self.size_bytes += size_bytes
