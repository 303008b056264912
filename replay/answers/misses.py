"""The answer to a request that no capture answers: what was asked, and what is nearest. Pure."""

from collections.abc import Sequence

from ssetape.capture import Capture

from ..exchange import ClientRequest, Say, error_body
from ..matching.ladder import Near
from ..matching.rules import Match


def miss(
    asked: ClientRequest,
    match: Match,
    nears: Sequence[Near],
    methods: Sequence[str],
    captures: Sequence[Capture],
) -> Say:
    """Return the answer.

    Args:
        nears: the nearest captures, the nearest first.
        methods: the method by which each of them was matched.
        captures: those of the shelf.
    """
    nearest = [
        {
            "capture": captures[near.index].name,
            "method": method,
            "url": captures[near.index].request.url,
            "reaches": near.reaches.value if near.reaches else None,
            "alike": round(near.alike, 2),
            "differs": near.differs,
        }
        for near, method in zip(nears, methods, strict=True)
    ]
    message = f"no capture answers {asked.method} {asked.target}"
    if not nears:
        message += ": there are no captures"
    if match is not Match.NEAREST:
        message += f" with --match {match.value}"
    if nears:
        message += f"; the nearest is {captures[nears[0].index].name}"
        message += f" ({'; '.join(nears[0].differs) or 'from another host'})"
    details: dict[str, object] = {
        "asked": {"method": asked.method, "target": asked.target},
        "match": match.value,
        "nearest": nearest,
    }
    log = f"{asked.method} {asked.target} <- MISS: {message}"
    return Say(404, error_body("ssetape_miss", message, details), log)
