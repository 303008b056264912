"""The faults that apply to one answer, one after the other. Pure."""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple, cast

from ssetape.format.codings import codings
from ssetape.format.values import Response
from ssetape.messages.stretches import Part as Recorded

from ..uncoded import uncoded, without
from .fault import Fault, Part, Refusal, Run


class Strike(NamedTuple):
    """A fault, the number of the request, and the seed of the fault's random numbers."""

    fault: Fault
    number: int
    key: str

    def run(self, head: Response) -> Run:
        """What the fault gets to work with, behind this head."""
        return Run(self.number, random.Random(self.key).random, head)


class Chain:
    """Faults in order.

    Args:
        response: the head, with the time at which it is sent.
        has_text: whether the faults may have to see the body's text; a WebSocket's has no coding.

    Attributes:
        refusal: the error to send in place of the answer, if any.
        is_uncoded: whether the body is sent without its coding.
    """

    def __init__(
        self, strikes: Sequence[Strike], response: Response, *, has_text: bool = True
    ) -> None:
        self._strikes = strikes
        self._recorded = response
        needs_text = has_text and any(strike.fault.needs_text for strike in strikes)
        self.is_uncoded = needs_text and bool(codings(response.headers))
        dropped = ["content-encoding"] if self.is_uncoded else []
        if self.is_uncoded or any(strike.fault.changes_length for strike in strikes):
            dropped.append("content-length")
        heads = [replace(response, headers=without(response.headers, *dropped))]
        self.refusal: Refusal | None = None
        for strike in strikes:
            self.refusal = self.refusal or strike.fault.refusal(strike.run(heads[-1]))
            heads.append(strike.fault.head(heads[-1]))
        self._heads = heads

    @property
    def response(self) -> Response:
        """The head to send."""
        return self._heads[-1]

    def parts(self, parts: Iterable[Part]) -> Iterator[Part]:
        """The parts to send, with their times."""
        if self.is_uncoded:  # which passes on what is no chunk
            parts = uncoded(cast("Iterable[Recorded]", parts), self._recorded)
        for strike, head in zip(self._strikes, self._heads, strict=False):
            parts = strike.fault.parts(parts, strike.run(head))
        yield from parts
