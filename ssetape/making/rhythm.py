"""When the head and each token of a made answer come. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import NamedTuple

from ssetape.errors import SsetapeError
from ssetape.format.bounds import LATEST_S
from ssetape.making.distribution import Distribution, constant

# As a large model answers on a good day.
_HEAD_S, _TTFT_S, _RATE = constant(0.0), constant(0.4), constant(50.0)


@dataclass(frozen=True, slots=True)
class Stall:
    """A silence before a token, besides its gap.

    Attributes:
        length_s: how long.
        token: the token's number, from 1; None for one that is drawn, but never the first.
    """

    length_s: Distribution
    token: int | None = None


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The times of an answer: in seconds, as distributions.

    Attributes:
        head_s: from the request to the response's head, which comes with the first token at last.
        ttft_s: from the request to the first token.
        gap_s: from each token to the next; None where `rate` says it.
        rate: tokens per second: one number for a whole answer, whose gaps are then equal.
        stalls: silences.
    """

    head_s: Distribution = _HEAD_S
    ttft_s: Distribution = _TTFT_S
    gap_s: Distribution | None = None
    rate: Distribution = _RATE
    stalls: Sequence[Stall] = ()

    def times(self, token_count: int, chance: Random) -> "Times":
        """Draw the times of an answer with so many tokens, at least one.

        Raises:
            SsetapeError: a rate of 0 was drawn, or the answer would take a century.
        """
        ttft_s = self.ttft_s.draw(chance)
        head_s = min(self.head_s.draw(chance), ttft_s)
        gaps_s = self._gaps(token_count, chance)
        for stall in self.stalls:
            drawn = 2 + int(chance.random() * (token_count - 1))
            token, length_s = stall.token or drawn, stall.length_s.draw(chance)
            if token <= token_count:
                gaps_s[token - 1] += length_s
        gaps_s[0] += ttft_s
        tokens_s = list(accumulate(gaps_s))
        if not tokens_s[-1] < LATEST_S:
            raise SsetapeError("the answer would take more than a century: choose shorter times")
        return Times(head_s, tokens_s)

    def _gaps(self, token_count: int, chance: Random) -> list[float]:
        """The gap before each token; 0 before the first."""
        if self.gap_s is not None:
            draw = self.gap_s.draw
            return [0.0, *(draw(chance) for _ in range(token_count - 1))]
        rate = self.rate.draw(chance)
        if rate == 0:
            raise SsetapeError(f"a rate of 0 tokens/s was drawn from {self.rate.text}")
        return [0.0, *([1 / rate] * (token_count - 1))]


class Times(NamedTuple):
    """When the head comes, and each token, in seconds since the request."""

    head_s: float
    tokens_s: list[float]
