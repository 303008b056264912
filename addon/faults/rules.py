"""Which faults a passing flow gets: those of replay/faults, which need ssetape's dependencies.

Loaded by name, and only if a fault is asked for.
"""

from collections.abc import Callable, Sequence

from mitmproxy import http

from ssetape.format.values import Chunk, Response
from ssetape.messages.decoding import BodyDecoder
from ssetape.messages.message import StreamMessage
from ssetape.messages.reading import MessageReader
from ssetape.replay import exchange, faults

from ..recorder import flows
from .share import Share


class Rules:
    """The faults that were asked for.

    Raises:
        ReplayError: a spec is not valid.
    """

    def __init__(self, specs: Sequence[str], seed: int) -> None:
        self._scenario = faults.Scenario([faults.parse(spec) for spec in specs], seed)

    @property
    def change_streams(self) -> bool:
        """Whether there are any but refusals."""
        return any(not isinstance(rule.fault, faults.Refuse) for rule in self._scenario.rules)

    def refusal(self, flow: http.HTTPFlow) -> exchange.Say | None:
        """Count a request; return the answer to give in place of the server's, if any."""
        strikes = self._scenario.strikes(
            _asked(flow), lambda fault: isinstance(fault, faults.Refuse)
        )
        if not strikes:
            return None
        refusal = faults.Chain(strikes, Response(0.0, 200, "", "", [])).refusal
        assert refusal is not None
        return faults.refused(refusal, None, strikes[0].fault.name)

    def passing(
        self, flow: http.HTTPFlow, response: Response
    ) -> tuple[faults.Passing, Share] | None:
        """Count a stream; return its faults and its client's share, or None if it has no faults.

        Raises:
            DecodingError: a fault needs the text of a body whose coding is not supported.
        """
        strikes = self._scenario.strikes(
            _asked(flow), lambda fault: not isinstance(fault, faults.Refuse)
        )
        if not strikes:
            return None
        chain = faults.Chain(strikes, response)
        if chain.is_uncoded:
            BodyDecoder(response.headers)  # says now whether that can be
        passing = faults.Passing(chain)
        return passing, Share(
            [faults.described(faults.Rule(s.fault)) for s in strikes], _count(passing.response)
        )


def _asked(flow: http.HTTPFlow) -> exchange.ClientRequest:
    """The request, with the whole URL as its target: a rule may name that or its path."""
    found = flow.request
    return exchange.ClientRequest(found.method, flows.url(flow), flows.pairs(found.headers))


def _count(response: Response) -> Callable[[float, bytes], int]:
    """A function that returns how many events the bytes of a body complete."""
    reader = MessageReader(response)

    def count(t_s: float, data: bytes) -> int:
        items = reader.feed_chunk(Chunk(t_s, data))
        return sum(isinstance(item, StreamMessage) for item in items)

    return count
