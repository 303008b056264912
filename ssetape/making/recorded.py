"""The times of recorded answers, for made ones to be drawn from."""

from collections.abc import Iterable
from enum import Enum
from itertools import pairwise

from ssetape.capture import Capture
from ssetape.facts import Fact, Reasoning, Text, ToolCall
from ssetape.meaning.reading import Meaning


class Quantity(Enum):
    """What of an answer is timed, in seconds."""

    HEAD = "head"  # from the request to the response's head
    TTFT = "ttft"  # from the request to the first piece
    GAP = "gap"  # between two pieces


def recorded(captures: Iterable[Capture], quantity: Quantity) -> list[float]:
    """What was measured in captures: one number for each, or each of its gaps.

    A piece is a message with text, reasoning or a part of a tool call. Pieces that came in the same
    chunk have no gap between them: how they were cut into chunks is a part of the rhythm.

    Raises:
        CaptureError: one cannot be read.
    """
    found: list[float] = []
    for capture in captures:
        if quantity is Quantity.HEAD:
            response = capture.response
            found += [] if response is None else [response.t_s]
            continue
        times_s = _pieces(capture)
        if quantity is Quantity.TTFT:
            found += times_s[:1]
        else:
            found += [later - earlier for earlier, later in pairwise(times_s)]
    return found


def _pieces(capture: Capture) -> list[float]:
    """When each piece of the answer came; several facts of one message are one piece."""
    understood = Meaning.of(capture).read(capture.records())
    return [message.t_s for message, facts in understood if any(map(_is_piece, facts))]


def _is_piece(fact: Fact) -> bool:
    return isinstance(fact, Text | Reasoning | ToolCall)
