"""A capture as the page gets it: plain values for JSON. Documented nowhere: it is between us."""

from base64 import b64encode
from dataclasses import asdict
from typing import Any

from ssetape.capture import Capture
from ssetape.errors import CaptureError
from ssetape.exports._events import event_rows
from ssetape.records import WEBSOCKET
from ssetape.typed import typed

# More of a body than that is told by its chunks' sizes alone.
BYTES_LIMIT = 2 * 1024 * 1024


def payload(capture: Capture) -> dict[str, Any]:
    """All that the page shows of a capture, its damage in words if that is no more than a torn end.

    Raises:
        CaptureError: it cannot be read (further).
    """
    problems: list[str] = []
    request, response, end = capture.request, capture.response, capture.end
    measured = capture.measure()
    answer = capture.answer()
    tokens = measured.tokens
    return {
        "name": capture.path.name,
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
        "response": response
        and {
            "t": response.t_s,
            "status": response.status,
            "reason": response.reason,
            "version": response.http_version,
            "headers": response.headers,
        },
        "end": end and {"t": end.t_s, "reason": end.reason, "error": end.error},
        "protocol": measured.protocol,
        "model": measured.model,
        "milestones": measured.milestones.named(),
        "quantiles": [
            [label, measured.gaps.quantile(share)]
            for label, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1.0))
        ],
        "stalls": [[stall.gap_s, stall.t_s, stall.number] for stall in measured.stalls],
        "eventsPerS": measured.events_per_s,
        "tokens": tokens and {"count": tokens.count, "reported": tokens.reported},
        "tokensPerS": measured.tokens_per_s,
        "figures": [[f.tool, f.name, f.value_s, f.definition] for f in measured.figures],
        "events": [
            [row[2], row[3], row[7] or "", row[8] or "", _shown(row[9], row[10]), row[6] == "out"]
            for row in event_rows(capture, problems)
        ],
        "chunks": _chunks(capture, measured.size_bytes),
        "typed": [[piece.t_s, piece.text, piece.replaces] for piece in typed(capture, problems)],
        "reasoning": answer.reasoning,
        "calls": [asdict(call) for call in answer.tool_calls],
        "usage": answer.usage,
        "stop": answer.stop,
        "error": answer.error,
        "problems": list(dict.fromkeys([*measured.problems, *problems])),
    }


def _chunks(capture: Capture, size_bytes: int) -> list[list[Any]]:
    """Time, size, and, of a body that is not too large, what came."""
    if capture.kind == WEBSOCKET:
        return []
    with_data = size_bytes <= BYTES_LIMIT
    found: list[list[Any]] = []
    try:
        for chunk in capture.chunks():
            found.append([chunk.t_s, len(chunk.data), *([_text(chunk.data)] if with_data else [])])
    except CaptureError:
        pass  # told where it was met first
    return found


def _text(data: bytes) -> Any:
    """Text as it is; what is no UTF-8 as base64 in a list."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return [b64encode(data).decode()]


def _shown(text: str | None, data: bytes | None) -> str:
    return (data or b"").hex(" ") if text is None else text
