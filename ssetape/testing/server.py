"""The server that a test asks."""

from typing import Any

from ssetape.capture import Capture
from ssetape.replay import running

from .listener import Listening
from .requested import Requested, Seen


class ReplayedServer(Seen):
    """A server that replays captures for as long as a test runs, controlled by it.

    Every method may be called from any thread. Where the answers come from the real server
    (`--ssetape=record` or `off`), what needs a replay skips the test.

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
    ) -> None:
        super().__init__(captures, problems)
        self.url = server.url
        self._running = server
        self._listening = listening
        self._misses = listening.misses

    @property
    def requests(self) -> list[Requested]:
        return list(self._listening.requests)

    def served(self) -> list[dict[str, Any]]:
        return self._running.served()

    def pause(self, session: str | None = None) -> int:
        """Stop the time of all streams, those to come as well; gives how many there are."""
        return self._running.pause(session)

    def step(
        self, events: int = 1, *, marker: str | None = None, session: str | None = None
    ) -> int:
        """Let paused streams send their next events, or all up to the one that has a marker.

        With 0 they send their head alone. Gives how many streams there are.
        """
        return self._running.step(events, marker=marker, session=session)

    def resume(self, session: str | None = None) -> int:
        """Have their time go on; gives how many there are."""
        return self._running.resume(session)

    def misbehave(self, *faults: str, seed: int = 0) -> None:
        """Have these faults befall answers from now on; without any, none.

        Raises:
            ReplayError: a fault means nothing.
        """
        self._running.misbehave(*faults, seed=seed)

    def forget(self) -> None:
        """Forget what was asked and served so far."""
        self._running.forget()
        self._listening.forget()
