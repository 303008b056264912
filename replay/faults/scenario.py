"""Decides which faults apply to a request, and applies them."""

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import ClassVar
from urllib.parse import unquote

from ssetape.format.codings import codings
from ssetape.format.values import WEBSOCKET
from ssetape.requests.location import located

from .. import provider_errors
from ..counts import Counts, OwnCounts
from ..exchange import ClientRequest, Play, Say
from ..pacing import Pace, Pacer
from ..spoken import protocol_of
from ..uncoded import uncoded, without
from .fault import Fault, Part, Refusal, Run, at, need_chance


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
        strikes = []
        for index, rule in enumerate(self.rules):
            if not rule.fits(asked):
                continue
            number = self.counts.next(index) + 1
            key = f"{self.seed}/{index}/{number}"
            first, last = rule.requests
            # Its own random number, so that the share does not change the fault's numbers.
            if first <= number <= last and rule.strikes(f"{key}/share"):
                strikes.append((rule.fault, number, key))
        return _with_faults(play, strikes) if strikes else play


# A fault, the number of the request, and the seed of the fault's random numbers.
_Strike = tuple[Fault, int, str]


def _with_faults(play: Play, strikes: list[_Strike]) -> Play | Say:
    pacer = Pacer(play.pace)
    heads = [replace(play.response, t_s=pacer.due_ns(play.response.t_s) / 1e9)]
    log = f"{play.log} with {', '.join(fault.name for fault, *_ in strikes)}"
    needs_text = play.capture.kind != WEBSOCKET and any(f.needs_text for f, *_ in strikes)
    is_coded = bool(codings(play.response.headers))
    if needs_text and is_coded:
        heads[0] = replace(heads[0], headers=without(heads[0].headers, "content-encoding"))
    if (needs_text and is_coded) or any(fault.changes_length for fault, *_ in strikes):
        heads[0] = replace(heads[0], headers=without(heads[0].headers, "content-length"))
    for fault, number, key in strikes:
        refusal = fault.refusal(Run(number, random.Random(key).random, heads[-1]))
        if refusal is not None:
            return _said(refusal, play, log)
        heads.append(fault.head(heads[-1]))

    def parts() -> Iterator[Part]:
        paced: Iterable[Part] = _paced(play)
        if needs_text and is_coded:
            paced = uncoded(paced, play.response)
        for (fault, number, key), head in zip(strikes, heads, strict=False):
            paced = fault.parts(paced, Run(number, random.Random(key).random, head))
        yield from paced

    return replace(
        play,
        response=heads[-1],
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


def _said(refusal: Refusal, play: Play, log: str) -> Say:
    status, retry_after_s = refusal.status, refusal.retry_after_s
    message = f"ssetape: {refusal.message}"
    error = provider_errors.error(protocol_of(play.capture), status, message, retry_after_s)
    when = [] if retry_after_s is None else provider_errors.retry_headers(retry_after_s)
    return Say(status, error.body, f"{log}: {status}", [*error.headers, *when])
