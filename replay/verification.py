"""How a replay compares with its capture."""

import math
from array import array
from dataclasses import dataclass, field

from ssetape.format import sendable
from ssetape.format.values import Headers, Response, header_values
from ssetape.measures.quantiles import quantile

from .response_reader import Head

# Headers about the connection or the body's framing; a replay has its own.
_NOT_COMPARED = {"connection", "keep-alive", "proxy-connection", "te", "transfer-encoding"}
_NOT_COMPARED |= {"upgrade", "content-length"}


@dataclass(slots=True)
class Verification:
    """How a replay compares with its capture.

    Attributes:
        differences: a message for each difference; [] if there are none.
        bytes_equal: whether all body bytes, or messages of a WebSocket, are equal.
        boundaries_equal: whether the chunk boundaries are equal, or which messages are text; None
            where HTTP does not show them (a body with Content-Length).
        headers_equal: whether status, reason and headers are equal, except hop-by-hop headers.
        end_equal: whether it ended as recorded: complete, cut, or closed with the same code.
        chunks: how many chunks, or messages of the server, were recorded.
        head_error_ms: how much later than recorded the head arrived.
        errors_ms: the same for each chunk, in order.
    """

    differences: list[str] = field(default_factory=list)
    bytes_equal: bool = True
    boundaries_equal: bool | None = True
    headers_equal: bool = True
    end_equal: bool = True
    chunks: int = 0
    head_error_ms: float = math.nan
    errors_ms: "array[float]" = field(default_factory=lambda: array("d"))

    def percentile_ms(self, percent: float) -> float:
        """The percentile of the chunks' timing errors; NaN without chunks."""
        return quantile(sorted(self.errors_ms), percent / 100) if self.errors_ms else math.nan

    def compare_heads(
        self, recorded: Response, got: Head | None, not_compared: frozenset[str] = frozenset()
    ) -> None:
        """Compare the head that came, if one did, with what has to be sent for the recorded one.

        Args:
            not_compared: more names of headers of which a replay has its own.
        """
        expected = sendable.response(recorded)
        mine = _compared(expected.headers, not_compared)
        theirs = _compared(got.headers if got else [], not_compared)
        if theirs != mine:
            self._differ(f"headers: recorded {mine}, replayed {theirs}")
        if (status := got.status if got else None) != expected.status:
            self._differ(f"status: recorded {expected.status}, replayed {status}")
        elif got is not None and got.reason != expected.reason:
            self._differ(f"reason: recorded {expected.reason!r}, replayed {got.reason!r}")

    def count_early(self, what: str) -> None:
        """Note how many of them arrived before they were due, if any."""
        if early := sum(error_ms < 0 for error_ms in self.errors_ms):
            self.differences.append(f"time: {early} {what} arrived before they were due")

    def _differ(self, text: str) -> None:
        self.headers_equal = False
        self.differences.append(text)


def _compared(headers: Headers, not_compared: frozenset[str]) -> Headers:
    dropped = _NOT_COMPARED | not_compared
    for value in header_values(headers, "connection"):
        dropped.update(name.strip().lower() for name in value.split(","))
    return [(name, value.strip()) for name, value in headers if name.lower() not in dropped]
