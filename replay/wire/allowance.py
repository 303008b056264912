"""How many frames a client of HTTP/2 may send that ask for nothing. Pure.

A reset costs a client nothing and the server the request before it (CVE-2023-44487); floods of
pings, settings, priorities, empty data and window updates are of the same kind.
"""

# As many as there are streams: a client may cancel all of its requests at once.
LIMIT = 1_000
# A client that only keeps its connection alive sends far fewer.
PER_S = 100
# Clients answer each piece of data with an update of two windows.
PER_FRAME = 2


class Allowance:
    """What is left to one connection: more for each frame that it reads, and with time."""

    def __init__(self, now_ns: int) -> None:
        self._left = float(LIMIT)
        self._at_ns = now_ns

    def earn(self) -> None:
        """Count a frame of an answer."""
        self._left = min(LIMIT, self._left + PER_FRAME)

    def spend(self, now_ns: int) -> bool:
        """Count a frame that asks for nothing; return False if it is one too many."""
        passed_s = (now_ns - self._at_ns) / 1e9
        self._at_ns = now_ns
        self._left = min(LIMIT, self._left + passed_s * PER_S) - 1
        return self._left >= 0
