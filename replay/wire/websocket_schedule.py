"""When a recorded WebSocket's server is to say what. Pure: arrivals in, due times out.

What the server sent before the client had said anything is timed from the opening. From then on it
waits for as many messages of the client as there had been before, and keeps its recorded distance
from the last of them.
"""

import math
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from ssetape.format.values import End, Message

from ..pacing import Pace


class Due(NamedTuple):
    """What the server does at a moment (ns): send a message, or end as recorded; None is a cut."""

    at_ns: int
    what: Message | End | None


class WebSocketSchedule:
    """One replay of a WebSocket.

    Args:
        messages: of both sides, as `Capture.messages()` gives them.
        end: how it ended; None if its recording was interrupted.
        opened_s: when the recorded WebSocket was opened, seconds since the request.
        asked_ns: when this one was asked for.

    Attributes:
        opens_ns: when it is opened.
    """

    def __init__(
        self,
        messages: Iterator[Message],
        end: End | None,
        opened_s: float,
        pace: Pace,
        asked_ns: int,
    ) -> None:
        self._messages = messages
        self._end = end
        self._pace = pace
        self._awaited: Message | None = None
        self._arrivals: deque[int] = deque()
        self._is_over = False
        # The moment reached so far, here and in the capture.
        self._here_ns, self._there_s = asked_ns, 0.0
        self.opens_ns = self._advance(opened_s)

    def client_sent(self, now_ns: int) -> None:
        """Note that a message of the client has arrived."""
        self._arrivals.append(now_ns)

    def next(self) -> Due | None:
        """Give what comes next, once. None: it waits for the client, or nothing more comes.

        Raises:
            CaptureError: the capture turns out to be damaged.
        """
        while not self._is_over:
            message = self._awaited or next(self._messages, None)
            if message is None:
                self._is_over = True
                end = self._end
                return Due(self._advance(self._there_s if end is None else end.t_s), end)
            if not message.from_client:
                if not message.dropped:  # or the client never got it
                    return Due(self._advance(message.t_s), message)
            elif not message.injected:  # or the client never sent it
                if not self._arrivals:
                    self._awaited = message
                    return None
                self._awaited = None
                self._here_ns = max(self._here_ns, self._arrivals.popleft())
                self._there_s = max(self._there_s, message.t_s)
        return None

    def _advance(self, t_s: float) -> int:
        """Go on to a time of the capture, and give when that is here."""
        gap_s = max(0.0, t_s - self._there_s)
        self._there_s += gap_s
        if self._pace.max_gap_s is not None:
            gap_s = min(gap_s, self._pace.max_gap_s)
        if not self._pace.instant:
            # Rounded up: what is rounded down would come before its time.
            self._here_ns += math.ceil(min(gap_s / self._pace.speed, _NEVER_S) * 1e9)
        return self._here_ns


# A century: later than anybody waits, and still a number to every timer.
_NEVER_S = 100 * 365 * 86_400.0
