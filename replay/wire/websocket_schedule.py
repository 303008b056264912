"""Schedules the server's messages of a recorded WebSocket. Pure: arrivals in, due times out.

Messages recorded before the client's first one are timed from the opening. Later ones wait until
the client has sent as many messages as it had when recorded, and then come as long after
the last of these as they were recorded.
"""

import math
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from ssetape.format.values import End, Message

from ..pacing import Pace
from ..sessions.cued import Cued


class Due(NamedTuple):
    """What the server does at a moment (ns): send a message, or end as recorded; None: a cut."""

    at_ns: int
    what: Message | End | None


class WebSocketSchedule:
    """One replay of a WebSocket.

    Args:
        messages: those of both sides, as from `Capture.messages()`.
        end: how it ended; None if the recording was interrupted.
        opened_s: when the recorded WebSocket opened, seconds since its request.
        asked_ns: when the replay's request came.
        cued: the other requests of its session that its messages wait for.

    Attributes:
        opens_ns: when the replay opens.
    """

    def __init__(
        self,
        messages: Iterator[Message],
        end: End | None,
        opened_s: float,
        pace: Pace,
        asked_ns: int,
        cued: Cued | None = None,
    ) -> None:
        self._messages = messages
        self._end = end
        self._pace = pace
        self._awaited: Message | None = None
        self._arrivals: deque[int] = deque()
        self._cued = cued
        self._cues = deque(cued.cues if cued is not None else ())
        self._is_over = False
        # The moment reached so far, in the replay and in the capture.
        self._here_ns, self._there_s = asked_ns, 0.0
        self.opens_ns = self._advance(opened_s)

    def client_sent(self, now_ns: int) -> None:
        """Note that a client message has arrived."""
        self._arrivals.append(now_ns)

    def next(self) -> Due | None:
        """Return what comes next, once; None while it waits for the client, and after the end.

        Raises:
            CaptureError: the capture is damaged.
        """
        while not self._is_over:
            message = self._awaited or next(self._messages, None)
            if message is None:
                self._is_over = True
                end = self._end
                return Due(self._advance(self._there_s if end is None else end.t_s), end)
            if not self._pass_cues(message.t_s):
                self._awaited = message
                return None
            if not message.from_client:
                self._awaited = None
                if not message.dropped:  # the client never got dropped ones
                    return Due(self._advance(message.t_s), message)
            elif not message.injected:  # the client never sent injected ones
                if not self._arrivals:
                    self._awaited = message
                    return None
                self._awaited = None
                self._here_ns = max(self._here_ns, self._arrivals.popleft())
                self._there_s = max(self._there_s, message.t_s)
        return None

    @property
    def waits_for(self) -> list[str]:
        """The requests of its session that it waits for; [] if it waits for none."""
        if self._cued is None or self._awaited is None:
            return []
        names, asked = self._cued.names, self._cued.run.asked
        t_s = self._awaited.t_s
        return [names[c.index] for c in self._cues if c.t_s <= t_s and c.index not in asked]

    def _pass_cues(self, t_s: float) -> bool:
        """Advance to the requests that came before a time; False if one has not come yet."""
        while self._cued is not None and self._cues and self._cues[0].t_s <= t_s:
            cue = self._cues[0]
            asked = self._cued.run.asked.get(cue.index)
            if not asked:
                return False
            self._cues.popleft()
            self._here_ns = max(self._here_ns, asked[0].at_ns)
            self._there_s = max(self._there_s, cue.t_s)
        return True

    def _advance(self, t_s: float) -> int:
        """Advance to a time of the capture; return the replay's moment for it."""
        gap_s = max(0.0, t_s - self._there_s)
        self._there_s += gap_s
        if self._pace.max_gap_s is not None:
            gap_s = min(gap_s, self._pace.max_gap_s)
        if not self._pace.instant:
            # Rounded up: rounded down, a message would be early.
            self._here_ns += math.ceil(min(gap_s / self._pace.speed, _NEVER_S) * 1e9)
        return self._here_ns


# A century: longer than any client waits, and within the range of every timer.
_NEVER_S = 100 * 365 * 86_400.0
