"""The server that a test sends its requests to."""

from collections.abc import Sequence
from typing import Any

from ssetape.capture import Capture
from ssetape.replay import running
from ssetape.replay import tally as tallies

from .listener import Listening
from .requested import Requested, Seen


class ReplayedServer(Seen):
    """A server that replays captures while a test runs, and that the test controls.

    All methods may be called from any thread. If the real server answers (`--ssetape=record` or
    `off`), those that need a replay skip the test.

    Attributes:
        url: the base URL, without a slash at its end.
    """

    url: str

    def __init__(
        self,
        server: running.Running,
        listening: Listening,
        captures: list[Capture],
        problems: list[str],
        matching: Sequence[str] = (),
    ) -> None:
        super().__init__(captures, problems, matching)
        self.url = server.url
        self._running = server
        self._listening = listening
        self._misses = listening.misses

    @property
    def requests(self) -> list[Requested]:
        return list(self._listening.requests)

    def served(self) -> list[dict[str, Any]]:
        return self._running.served()

    def tally(self) -> tallies.Tally:
        """What was sent so far, and how late."""
        return self._running.tally()

    def pause(self, session: str | None = None) -> int:
        """Pause all streams, also future ones; return how many there are."""
        return self._running.pause(session)

    def step(
        self, events: int = 1, *, marker: str | None = None, session: str | None = None
    ) -> int:
        """Let paused streams send their next events, or all up to the one that contains `marker`.

        With 0 they send only their head. Returns how many streams there are.
        """
        return self._running.step(events, marker=marker, session=session)

    def resume(self, session: str | None = None) -> int:
        """Resume paused streams; return how many there are."""
        return self._running.resume(session)

    def misbehave(self, *faults: str, seed: int = 0) -> None:
        """Apply these faults to answers from now on; without arguments, none.

        Raises:
            ReplayError: a fault is not valid.
        """
        self._running.misbehave(*faults, seed=seed)

    def forget(self) -> None:
        """Forget the requests and answers so far."""
        self._running.forget()
        self._listening.forget()
