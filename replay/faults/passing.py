"""Faults on a stream that is still coming: parts are put in as they come. Pure."""

from collections import deque
from collections.abc import Iterator

from ssetape.format.values import End
from ssetape.messages.stretches import Part as Recorded

from .chain import Chain
from .fault import Lull, Part


class Passing:
    """The faults of one passing answer, which read its parts as those of a recorded one.

    Whenever all that has come is used up, they read a lull, so that they hold back nothing that
    does not wait for what is yet to come.

    Attributes:
        response: the head to send, with the time at which it is to be sent.
        again_s: when to call `wait` if nothing comes before; infinite for never.
        is_over: whether nothing more will be given: the end was, or a fault has cut the answer.
    """

    def __init__(self, chain: Chain) -> None:
        self.response = chain.response
        self.again_s = float("inf")
        self.is_over = False
        self._now_s = chain.response.t_s
        self._queue: deque[Recorded] = deque()
        self._given = chain.parts(self._coming())

    def feed(self, part: Recorded) -> list[Recorded]:
        """The parts to send, each with its time, now that one has come; the last is an End.

        Raises:
            SsetapeError: the body is not what its head announces.
        """
        self._queue.append(part)
        return self.wait(part.t_s)

    def wait(self, now_s: float) -> list[Recorded]:
        """The parts to send as nothing has come by now; raises as `feed` does."""
        self._now_s = max(self._now_s, now_s)
        found: list[Recorded] = []
        for part in self._given:
            if isinstance(part, Lull):
                self.again_s = part.again_s
                return found
            found.append(part)
            if isinstance(part, End):
                break
        self.is_over = True
        self.again_s = float("inf")
        return found

    def _coming(self) -> Iterator[Part]:
        while True:
            while self._queue:
                part = self._queue.popleft()
                yield part
                if isinstance(part, End):
                    return
            yield Lull(self._now_s)
