"""Refuses requests while too many streams are open, as providers do."""

from collections.abc import Callable
from dataclasses import dataclass

from ssetape.capture import Capture

from .. import provider_errors
from ..exchange import ClientRequest, Say
from ..provider_errors import Refused
from ..spoken import protocol_of

# Soon, as a place is free once any stream ends.
_RETRY_AFTER_S = 1


@dataclass(frozen=True, slots=True)
class StreamLimit:
    """How many streams may be open at once.

    Attributes:
        streams: so many.
        why: what a refusal says.
        open: gives how many are open.
    """

    streams: int
    why: Refused = Refused.RATE
    open: Callable[[], int] = lambda: 0

    @property
    def is_reached(self) -> bool:
        """Whether no more may be opened."""
        return self.open() >= self.streams

    def refusal(self, asked: ClientRequest, capture: Capture) -> Say:
        """The answer to a request while the limit is reached.

        Args:
            capture: one that would answer; its provider words the refusal.
        """
        what = f"{self.open()} streams are open, of {self.streams} that may be"
        error = provider_errors.refused(
            protocol_of(capture), self.why, f"ssetape: {what}", _RETRY_AFTER_S
        )
        log = f"{asked.method} {asked.target} <- {error.status}: {what}"
        return Say(error.status, error.body, log, error.headers)
