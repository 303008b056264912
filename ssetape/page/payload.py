"""A capture as the page gets it: plain values for JSON. Documented nowhere: it is between us."""

import json
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice
from typing import Any

import orjson

from ssetape.capture import Capture
from ssetape.errors import CaptureError
from ssetape.format.values import WEBSOCKET, Response
from ssetape.page.batches import batches
from ssetape.tables.rows import plain

# More of a body than that is told by its chunks' sizes alone.
BYTES_LIMIT = 2 * 1024 * 1024


def as_json(value: Any) -> bytes:
    """Plain values as JSON on one line, whatever is in them."""
    try:
        return orjson.dumps(value)
    except TypeError:  # lone surrogates, and integers beyond 64 bits
        return json.dumps(value).encode()


def in_script(value: Any) -> bytes:
    """The same for a script element of a page, which no markup in it ends."""
    return as_json(value).replace(b"<", b"\\u003c")


def payload(capture: Capture) -> dict[str, Any]:
    """All that a report shows of a capture.

    Raises:
        CaptureError: it cannot be read (further).
    """
    made = {**head(capture), **measured(capture), "events": [], "typed": []}
    for batch in batches(capture.path, capture.records()):
        if batch is not None:
            made["events"] += batch.events
            made["typed"] += batch.typed
    with_data = made["sizeBytes"] <= BYTES_LIMIT
    try:
        made["chunks"] = list(chunks(capture, with_data=with_data))
    except CaptureError:
        made["chunks"] = []  # told where it was met first
    return made


def head(capture: Capture) -> dict[str, Any]:
    """What there is to show before the body has come."""
    request, response = capture.request, capture.response
    return {
        "name": plain(capture.path.name),
        "started": capture.started,
        "kind": capture.kind,
        "imported": capture.imported,
        "request": {
            "method": request.method,
            "url": request.url,
            "version": request.http_version,
            "headers": request.headers,
            "body": _text(request.body or b""),
        },
        "response": response and response_head(response),
    }


def response_head(response: Response) -> dict[str, Any]:
    """A response's head."""
    return {
        "t": response.t_s,
        "status": response.status,
        "reason": response.reason,
        "version": response.http_version,
        "headers": response.headers,
    }


def measured(capture: Capture) -> dict[str, Any]:
    """What there is to show once the body has come, or of what has come of it.

    Raises:
        CaptureError: it cannot be read (further).
    """
    made, answer, end = capture.measure(), capture.answer(), capture.end
    tokens = made.tokens
    return {
        "end": end and {"t": end.t_s, "reason": end.reason, "error": end.error},
        "sizeBytes": made.size_bytes,
        "protocol": made.protocol,
        "model": made.model,
        "milestones": made.milestones.named(),
        "quantiles": [
            [label, made.gaps.quantile(share)]
            for label, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1.0))
        ],
        "stalls": [[stall.gap_s, stall.t_s, stall.number] for stall in made.stalls],
        "eventsPerS": made.events_per_s,
        "tokens": tokens and {"count": tokens.count, "reported": tokens.reported},
        "tokensPerS": made.tokens_per_s,
        "figures": [[f.tool, f.name, f.value_s, f.definition] for f in made.figures],
        "reasoning": answer.reasoning,
        "calls": [asdict(call) for call in answer.tool_calls],
        "usage": answer.usage,
        "stop": answer.stop,
        "error": answer.error,
        "problems": list(dict.fromkeys([*made.problems, *capture.problems])),
    }


def chunks(
    capture: Capture, start: int = 0, stop: int | None = None, *, with_data: bool = True
) -> Iterator[list[Any]]:
    """Give time, size, and what came of each chunk of a body; nothing of a WebSocket.

    Raises:
        CaptureError: it cannot be read (further).
    """
    if capture.kind == WEBSOCKET:
        return
    for chunk in islice(capture.chunks(), start, stop):
        row: list[Any] = [chunk.t_s, len(chunk.data)]
        yield [*row, _text(chunk.data)] if with_data else row


def _text(data: bytes) -> Any:
    """Text as it is; what is no UTF-8 as base64 in a list."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return [b64encode(data).decode()]
