"""Which of several captures that answer equally well answers next. Pure."""

import struct
from collections.abc import Sequence
from enum import Enum
from hashlib import blake2b

from ..counts import Counts, OwnCounts

# Of a Feistel network: four of them mix well, eight also where a half has one bit.
_ROUNDS = struct.Struct("=8Q")


class Order(Enum):
    """In which order equal captures answer."""

    SEQUENCE = "sequence"  # as recorded, and from the start again after the last
    RANDOM = "random"  # each drawn from all
    SHUFFLE = "shuffle"  # each once, in random order; then all again, in another


class Turns:
    """The turns of all client sessions.

    Which capture a turn gets depends on its number alone: nothing else is kept, and processes that
    share the counts share the order.

    Args:
        seed: equal seeds give equal orders.

    Attributes:
        order: the order.
        counts: how many turns each session has taken.
    """

    def __init__(self, order: Order = Order.SEQUENCE, seed: int = 0) -> None:
        self.order = order
        self.counts: Counts = OwnCounts()
        self._seed = seed

    def take(self, session: str, among: Sequence[int]) -> int:
        """Return the one whose turn it is in a session; counts as one request."""
        count = len(among)
        if count == 1:
            return among[0]
        key = session, among[0], among[-1], count
        round_, place = divmod(self.counts.next(key), count)
        if self.order is Order.RANDOM:
            drawn = _random_bytes(self._seed, key, round_, place)
            place = int.from_bytes(drawn[:8]) % count
        elif self.order is Order.SHUFFLE:
            place = _shuffled(place, count, _random_bytes(self._seed, key, round_))
        return among[place]


def _random_bytes(*of: object) -> bytes:
    return blake2b(repr(of).encode("utf-8", "surrogatepass")).digest()


def _shuffled(place: int, count: int, random: bytes) -> int:
    """Where a shuffle puts a place, computed without the other places: by a Feistel network.

    It shuffles the numbers of an even number of bits; what is not below `count` goes round again.
    """
    half_bits = ((count - 1).bit_length() + 1) // 2
    mask = (1 << half_bits) - 1
    keys = _ROUNDS.unpack(random)
    while True:
        left, right = place >> half_bits, place & mask
        for key in keys:
            left, right = right, left ^ ((right + 1) * key >> 29 & mask)
        place = left << half_bits | right
        if place < count:
            return place
