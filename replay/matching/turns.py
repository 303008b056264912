"""Which of several captures that answer equally well answers next. Pure."""

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from hashlib import blake2b

# Turns that are remembered; the least recently used goes first.
_REMEMBERED = 10_000


class Order(Enum):
    """In which order equal captures answer."""

    SEQUENCE = "sequence"  # as recorded, and from the start again after the last
    RANDOM = "random"  # each drawn from all
    SHUFFLE = "shuffle"  # drawn from those that have not answered, until all have


class Turns:
    """The turns of all client sessions.

    Args:
        seed: equal seeds give equal draws for equal sequences of requests.
    """

    def __init__(self, order: Order = Order.SEQUENCE, seed: int = 0) -> None:
        self.order = order
        self._seed = seed
        self._kept: OrderedDict[Hashable, _Round] = OrderedDict()

    def take(self, session: str, among: Sequence[int]) -> int:
        """Return the one whose turn it is in a session; counts as one request."""
        count = len(among)
        key = session, among[0], among[-1], count
        turns = self._kept.pop(key, None) or _Round()
        self._kept[key] = turns
        if len(self._kept) > _REMEMBERED:
            self._kept.popitem(last=False)
        number = turns.number
        turns.number += 1
        if self.order is Order.SEQUENCE:
            return among[number % count]
        # The same whatever other sessions do, and without the memory of a generator for each.
        name = f"{self._seed}/{key}/{number}".encode("utf-8", "surrogatepass")
        drawn = int.from_bytes(blake2b(name, digest_size=8).digest())
        if self.order is Order.RANDOM:
            return among[drawn % count]
        left = count - number % count
        return among[turns.deal(drawn % left, left)]


@dataclass(slots=True)
class _Round:
    """How many turns were taken, and in a shuffle, what is left of its round.

    The places that are left are 0 to `left - 1`, except that some hold another one: so a round of
    ten thousand takes the memory of the turns that were taken.
    """

    number: int = 0
    held: dict[int, int] = field(default_factory=dict)

    def deal(self, place: int, left: int) -> int:
        """Take what a place holds; the last place's goes there."""
        last = self.held.pop(left - 1, left - 1)
        if place == left - 1:
            return last
        taken = self.held.get(place, place)
        self.held[place] = last
        return taken
