"""What tests of faults share: a run by hand, and a body read again."""

import random
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from ssetape.format.values import Chunk, End, Response

HEAD = Response(0.5, 200, "OK", "HTTP/1.1", [("content-type", "text/event-stream")])
LINES = Response(0.5, 200, "OK", "HTTP/1.1", [("content-type", "application/x-ndjson")])


def cut_at(body: bytes, edges: Iterable[int]) -> list[Any]:
    """A body in chunks a second apart, the first at 1.0, and its end with the last."""
    cuts = sorted({0, len(body), *(edge for edge in edges if edge < len(body))})
    chunks = [Chunk(1.0 + n, body[a:b]) for n, (a, b) in enumerate(pairwise(cuts))]
    return [*chunks, End(float(len(chunks)), "complete")]


def run(seed: int = 0, response: Response = HEAD) -> Any:
    from ssetape.replay.faults.fault import Run

    return Run(1, random.Random(seed).random, response)


def whole(parts: Iterable[Any]) -> bytes:
    return b"".join(part.data for part in parts if isinstance(part, Chunk))


def spans(parts: Iterable[Any]) -> list[tuple[float, Any]]:
    """Times, with bytes or how it ended."""
    return [(p.t_s, p.data if isinstance(p, Chunk) else p.reason) for p in parts]
