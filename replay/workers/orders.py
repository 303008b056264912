"""The orders that workers are to follow, and what they report. No I/O, no clock of its own."""

from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import count

from ..answers.control_pages import page_of
from ..exchange import Say, refusal
from .channel import Order, Report
from .merging import merged
from .standing import Standing

# A worker that is busy for so long with an order has failed.
ANSWERS_S = 5.0


@dataclass(slots=True)
class _Gathering:
    """An order under way.

    Attributes:
        order: the order, with the number that all workers know it by.
        asker: the process that gave it, and `its_number` for it.
        awaited: the places of the workers that have yet to report.
        until_s: when to go on without them.
        said: what the others have reported.
    """

    order: Order
    asker: int
    its_number: int
    awaited: set[int]
    until_s: float
    said: list[Say] = field(default_factory=list)

    def answer(self) -> Say:
        """The answer of all workers; an error if one has not reported."""
        if self.awaited:
            names = ", ".join(str(place + 1) for place in sorted(self.awaited))
            path = self.order.asked.target.partition("?")[0]
            return refusal(503, f"{path}: worker {names} did not answer; the others have followed")
        return merged(page_of(self.order.asked) or "", self.said)


class Orders:
    """All orders under way. Workers are known by their places, askers by their processes."""

    def __init__(self) -> None:
        self._under_way: dict[int, _Gathering] = {}
        self._standing = Standing()
        self._numbers = count()

    @property
    def standing(self) -> list[Order]:
        """The orders that a new worker has to follow first."""
        return self._standing.orders()

    @property
    def under_way(self) -> list[Order]:
        """The orders that a new worker has to be sent then."""
        return [gathering.order for gathering in self._under_way.values()]

    @property
    def until_s(self) -> float | None:
        """When the first order is late; None if none is under way."""
        return min((each.until_s for each in self._under_way.values()), default=None)

    def begin(self, order: Order, asker: int, places: Collection[int], now_s: float) -> Order:
        """Take an order from a process; return it as all workers are to be sent it."""
        given = Order(next(self._numbers), order.asked)
        until_s = now_s + ANSWERS_S
        gathering = _Gathering(given, asker, order.number, set(places), until_s)
        self._under_way[given.number] = gathering
        return given

    def replace(self, place: int) -> None:
        """Note that a new worker takes a place: what is under way is awaited from it, too."""
        for gathering in self._under_way.values():
            gathering.awaited.add(place)

    def take(self, place: int, report: Report) -> tuple[int, Report] | None:
        """Take a worker's report; once all have reported, return theirs, and who gets it."""
        gathering = self._under_way.get(report.number)
        if gathering is None:
            return None  # it was late
        gathering.awaited.discard(place)
        gathering.said.append(report.said)
        return None if gathering.awaited else self._finish(gathering)

    def expired(self, now_s: float) -> list[tuple[int, Report]]:
        """Give up the orders that are late; return the reports on them, and who gets each."""
        late = [each for each in self._under_way.values() if each.until_s <= now_s]
        return [self._finish(gathering) for gathering in late]

    def _finish(self, gathering: _Gathering) -> tuple[int, Report]:
        del self._under_way[gathering.order.number]
        answer = gathering.answer()
        if answer.status in (200, 503):  # even if one worker has not followed it, the others have
            self._standing.note(gathering.order)
        return gathering.asker, Report(gathering.its_number, answer)
