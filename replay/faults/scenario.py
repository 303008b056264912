"""Decides which faults apply to a request, and applies them."""

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import ClassVar, cast
from urllib.parse import unquote

from ssetape.format.values import WEBSOCKET
from ssetape.messages.stretches import Part as Recorded
from ssetape.requests.location import located

from .. import provider_errors
from ..counts import Counts, OwnCounts
from ..exchange import ClientRequest, Play, Say
from ..pacing import Pace, Pacer
from ..spoken import protocol_of
from .chain import Chain, Strike
from .fault import Fault, Part, Refusal, at, need_chance


@dataclass(frozen=True, slots=True)
class Rule:
    """A fault, and the requests that get it.

    Attributes:
        on: a path pattern, optionally after a method: `POST /v1/*`.
        requests: the first and last request among those that fit `on`, counted from 1.
        share: the chance, from 0 to 1, that one of these requests gets the fault.
    """

    # The keys of a spec, apart from the fault's own.
    KEYS: ClassVar[tuple[str, ...]] = ("on", "requests", "share")

    fault: Fault
    on: str = "*"
    requests: tuple[int, float] = (1, float("inf"))
    share: float = 1.0

    @classmethod
    def of(cls, fault: Fault, on: str = "*", requests: str = "1-", share: str = "1") -> "Rule":
        """Make a rule from the keys of a spec.

        Raises:
            ValueError: a value is not valid.
        """
        found = re.fullmatch(r"([0-9]{1,9})(-([0-9]{1,9})?)?", requests)
        if found is None:
            raise ValueError(f"requests: expected 3, 1-2 or 3-, found {requests!r}")
        last = float(found[3] or "inf") if found[2] else float(found[1])
        try:
            chance = float(share)
        except ValueError:
            raise ValueError(f"share: expected 0 to 1, found {share!r}") from None
        need_chance(share=chance)
        return cls(fault, on, (int(found[1]), last), chance)

    def fits(self, asked: ClientRequest) -> bool:
        """Whether a request fits `on`, and is counted."""
        method, _, pattern = self.on.rpartition(" ")
        if method not in ("", asked.method):
            return False
        path = located(asked.url).path
        spellings = (asked.target.partition("?")[0], path, unquote(path))
        return any(fnmatchcase(each, pattern) for each in spellings)

    def strikes(self, key: str) -> bool:
        """Whether a request is of the share that gets the fault, by a seed of its own."""
        return self.share >= 1 or random.Random(key).random() < self.share


class Scenario:
    """Rules, in order, and the number of requests that each has counted.

    Equal seeds give equal faults for equal sequences of requests.

    Attributes:
        counts: how many requests each rule has counted, by its position.
    """

    def __init__(self, rules: Sequence[Rule] = (), seed: int = 0) -> None:
        self.rules = list(rules)
        self.seed = seed
        self.counts: Counts = OwnCounts()

    def apply(self, asked: ClientRequest, play: Play) -> Play | Say:
        """Count the request, and return its answer with all faults that apply to it."""
        strikes = self.strikes(asked)
        return _with_faults(play, strikes) if strikes else play

    def strikes(
        self, asked: ClientRequest, wanted: Callable[[Fault], bool] = lambda fault: True
    ) -> list[Strike]:
        """Count the request, and return the faults that apply to it.

        Args:
            wanted: which faults to count it for.
        """
        strikes = []
        for index, rule in enumerate(self.rules):
            if not wanted(rule.fault) or not rule.fits(asked):
                continue
            number = self.counts.next(index) + 1
            key = f"{self.seed}/{index}/{number}"
            first, last = rule.requests
            # Its own random number, so that the share does not change the fault's numbers.
            if first <= number <= last and rule.strikes(f"{key}/share"):
                strikes.append(Strike(rule.fault, number, key))
        return strikes


def refused(refusal: Refusal, protocol: str | None, log: str) -> Say:
    """The answer to a request that is refused, as the provider of a protocol words it."""
    status, retry_after_s = refusal.status, refusal.retry_after_s
    message = f"ssetape: {refusal.message}"
    error = provider_errors.error(protocol, status, message, retry_after_s)
    when = [] if retry_after_s is None else provider_errors.retry_headers(retry_after_s)
    return Say(status, error.body, f"{log}: {status}", [*error.headers, *when])


def _with_faults(play: Play, strikes: list[Strike]) -> Play | Say:
    pacer = Pacer(play.pace)
    head = replace(play.response, t_s=pacer.due_ns(play.response.t_s) / 1e9)
    log = f"{play.log} with {', '.join(strike.fault.name for strike in strikes)}"
    chain = Chain(strikes, head, has_text=play.capture.kind != WEBSOCKET)
    if chain.refusal is not None:
        return refused(chain.refusal, protocol_of(play.capture), log)

    def parts() -> Iterator[Recorded]:
        # What is recorded has no lulls.
        return cast("Iterator[Recorded]", chain.parts(_paced(play)))

    return replace(
        play,
        response=chain.response,
        pace=Pace(),
        played=lambda how, make: make(parts()),
        log=log,
    )


def _paced(play: Play) -> Iterator[Part]:
    """The parts at the times at which they are sent, as faults expect them."""
    pacer = Pacer(play.pace)
    pacer.due_ns(play.response.t_s)
    for part in play.played(None, iter):
        yield at(part, pacer.due_ns(part.t_s) / 1e9)
