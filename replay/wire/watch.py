"""Closes connections whose clients do nothing, without a timer for each.

Every connection is looked at once a minute, and a sixtieth of them every second, so that thousands
delay no stream.
"""

from dataclasses import dataclass
from typing import Protocol

# How long a client may take for a request, and for its next one.
PERIOD_S = 60
# It gets as long again if it has sent this much meanwhile: the slowest network does.
LEAST_BYTES = 30_000
# How many periods a client may read nothing of what waits for it: ten minutes in a debugger.
UNREAD_PERIODS = 10


@dataclass(slots=True)
class Signs:
    """What a client has done since its connection was last looked at.

    Attributes:
        received_bytes: what it has sent.
        requests: how many requests it has completed.
        unsent_bytes: what it had not read of the answers then.
        unread_periods: for how many periods it has not read any of that.
    """

    received_bytes: int = 0
    requests: int = 0
    unsent_bytes: int = 0
    unread_periods: int = 0


class Watched(Protocol):
    """A connection; see `connection.Connection`."""

    @property
    def signs(self) -> Signs: ...
    @property
    def is_playing(self) -> bool: ...
    @property
    def unsent_bytes(self) -> int: ...
    def expire(self, why: str) -> None: ...


class Watch:
    """The connections of a server, by the second of the minute in which they were made."""

    def __init__(self) -> None:
        self._slots: list[set[Watched]] = [set() for _ in range(PERIOD_S)]
        self._slot_of: dict[Watched, set[Watched]] = {}
        self._now = 0

    def add(self, connection: Watched) -> None:
        """Look at a connection from now on."""
        self._slot_of[connection] = self._slots[self._now]
        self._slots[self._now].add(connection)

    def remove(self, connection: Watched) -> None:
        """Look at it no longer."""
        slot = self._slot_of.pop(connection, None)
        if slot is not None:
            slot.remove(connection)

    def second(self) -> None:
        """Look at those whose turn it is; to be called every second."""
        self._now = (self._now + 1) % PERIOD_S
        for connection in list(self._slots[self._now]):
            if (why := why_to_close(connection)) is not None:
                connection.expire(why)


def why_to_close(connection: Watched) -> str | None:
    """Why to close a connection that was last looked at a period ago; None to leave it open."""
    signs = connection.signs
    is_active = signs.requests > 0 or signs.received_bytes >= LEAST_BYTES
    signs.received_bytes = signs.requests = 0
    if not connection.is_playing:
        return None if is_active else f"no complete request came within {PERIOD_S} s"
    unsent_bytes = connection.unsent_bytes
    is_unread = 0 < signs.unsent_bytes <= unsent_bytes
    signs.unsent_bytes = unsent_bytes
    signs.unread_periods = signs.unread_periods + 1 if is_unread else 0
    if signs.unread_periods < UNREAD_PERIODS:
        return None
    return f"its client has read nothing for {UNREAD_PERIODS * PERIOD_S} s"
