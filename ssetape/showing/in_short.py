"""A measured stream in a line, as the comment of a flow. Pure.

It takes the object of `ssetape stats --json`, as another process may have measured.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from ssetape.output.printable import printable
from ssetape.recording import reasons

# What is said of a stream whose capture has no end.
INTERRUPTED = "interrupted"

# The first of these milestones is the first token, of whatever kind.
_FIRST_TOKENS = ("first_reasoning", "first_tool_call", "first_text")
# A client may leave once the answer is complete, without waiting for the transport's end.
_BY_CLIENT = (reasons.CLIENT_CLOSED, reasons.CLIENT_RESET)
# No model is faster: what is above came in one go, and the rate is the network's.
_FASTEST_TOKENS_PER_S = 10_000
# Enough to know an error by, and a comment stays a line.
_ERROR_CHARACTERS = 80


def in_short(measured: Mapping[str, Any]) -> str:
    """Milestones, counts, rates and end: `ttft 0.43 s, 25 tokens, 19 tok/s, complete`.

    What an estimate gave begins with `~`.
    """
    return ", ".join(_parts(measured))


def was_cut(measured: Mapping[str, Any]) -> bool:
    """Whether a stream ended before it was complete."""
    if measured["end"] in _BY_CLIENT:
        return measured["milestones"]["end_of_meaning"] is None
    return bool(measured["end"] != reasons.COMPLETE)


def _parts(measured: Mapping[str, Any]) -> Iterator[str]:
    reached = measured["milestones"]
    first_token_s = min(
        (reached[name] for name in _FIRST_TOKENS if reached[name] is not None), default=None
    )
    if first_token_s is not None:
        yield f"ttft {_seconds(first_token_s)}"
        text_s = reached["first_text"]
        if text_s not in (None, first_token_s):
            yield f"first text {_seconds(text_s)}"
        yield from _tokens(measured)
    else:
        yield from _events(measured)
    if measured["error"] is not None:
        yield f"error: {printable(measured['error'])[:_ERROR_CHARACTERS]}"
    yield printable(measured["end"] or INTERRUPTED)


def _tokens(measured: Mapping[str, Any]) -> Iterator[str]:
    count, rate = measured["tokens"], measured["tokens_per_s"]
    about = "" if measured["tokens_reported"] else "~"
    if count is not None:
        yield f"{about}{count:,} token{'s' * (count != 1)}"
    if rate is not None and rate <= _FASTEST_TOKENS_PER_S:
        yield f"{about}{_rate(rate)} tok/s"


def _events(measured: Mapping[str, Any]) -> Iterator[str]:
    first_s = measured["milestones"]["first_event"]
    if first_s is not None:
        yield f"first event {_seconds(first_s)}"
    count, rate = measured["events"], measured["events_per_s"]
    yield f"{count:,} event{'s' * (count != 1)}"
    if rate is not None:
        yield f"{_rate(rate)}/s"


def _seconds(t_s: float) -> str:
    return f"{t_s:.2f} s" if t_s >= 0.01 else f"{t_s:.3f} s"


def _rate(per_s: float) -> str:
    return f"{per_s:,.0f}" if per_s >= 10 else f"{per_s:.2g}"
