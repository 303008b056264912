"""A capture as the page gets it: plain values for JSON. An internal format, not documented."""

import json
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice
from typing import Any

import orjson

from ssetape.format import provenance
from ssetape.format.file import CaptureFile
from ssetape.format.values import BYTES, TEXT, End, Record, Response
from ssetape.loose_json import writable
from ssetape.meaning.answer import Answer
from ssetape.measures.measurement import Measurement
from ssetape.page.batches import PageReading
from ssetape.requests.content import undone
from ssetape.showing.ends import altered
from ssetape.tables.rows import plain

# Of a larger body, the page gets only the times and sizes of the chunks.
BYTES_LIMIT = 2 * 1024 * 1024
# Browsers become slow with more events than this, or with so much data in them. The report is
# held in memory a few times while it is made.
EVENTS_LIMIT = 100_000
EVENTS_LIMIT_CHARACTERS = 16 * 1024 * 1024


def as_json(value: Any) -> bytes:
    """Plain values as JSON on one line, with lone surrogates as JavaScript has them."""
    try:
        return orjson.dumps(value)
    except TypeError:  # lone surrogates, and integers beyond 64 bits
        return json.dumps(writable(value)).encode()


def in_script(value: Any) -> bytes:
    """The same for a script element in HTML: no markup in the values can end the element."""
    return as_json(value).replace(b"<", b"\\u003c")


def payload(capture: CaptureFile) -> dict[str, Any]:
    """Everything that a report shows of a capture; reads the file once.

    Raises:
        CaptureError: the capture cannot be read, or only in part.
    """
    events: list[Any] = []
    typed: list[Any] = []
    said: list[Any] = []
    rows: list[list[Any]] = []
    kept_bytes = 0

    def seen() -> Iterator[Record]:
        nonlocal kept_bytes
        for record in capture.records():
            if record[1] in (TEXT, BYTES) and not capture.is_websocket:
                data = record[2]
                kept_bytes += len(data)
                rows.append([record[0], len(data), data if kept_bytes <= BYTES_LIMIT else b""])
            yield record

    reading = PageReading(capture)
    left, left_characters = EVENTS_LIMIT, EVENTS_LIMIT_CHARACTERS
    for batch in reading.batches(seen()):
        if batch is not None and left > 0 and left_characters > 0:
            events += batch.events
            typed += batch.typed
            said += batch.said
            left -= len(batch.events)
            left_characters -= sum(len(row[3]) + len(row[4]) for row in batch.events)
    problems = list(capture.problems)
    if left <= 0 or left_characters <= 0:
        problems.append(f"the report has only the first {len(events):,} events")
    with_data = kept_bytes <= BYTES_LIMIT
    return {
        **head(capture),
        **measured(*reading.measured(problems), reading.end),
        "events": events,
        "typed": typed,
        "said": said,
        "chunks": [[*row, _text(data)] if with_data else row for *row, data in rows],
    }


def head(capture: CaptureFile) -> dict[str, Any]:
    """What can be shown before the body arrives."""
    request, response = capture.request, capture.response
    return {
        "name": plain(capture.path.name),
        "started": capture.started,
        "kind": capture.kind,
        "origin": provenance.origin(capture),
        "request": {
            "method": request.method,
            "url": request.url,
            "version": request.http_version,
            "headers": request.headers,
            "body": _text(undone(request.headers, request.body or b"")),
        },
        "response": response and response_head(response, provenance.decoded_how(capture)),
    }


def response_head(response: Response, how: str = "by the browser") -> dict[str, Any]:
    """A response's head; `how` as in `provenance.remarks`."""
    return {
        "t": response.t_s,
        "status": response.status,
        "reason": response.reason,
        "version": response.http_version,
        "headers": response.headers,
        "decoded": response.decoded_headers,
        "remarks": provenance.remarks(response, how),
    }


def measured(made: Measurement, answer: Answer, end: End | None) -> dict[str, Any]:
    """What can be shown of the body, or of the part of it that has arrived."""
    tokens = made.tokens
    return {
        "end": end
        and {"t": end.t_s, "reason": end.reason, "error": end.error, "altered": altered(end)},
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
        "problems": list(dict.fromkeys(made.problems)),
    }


def chunks(capture: CaptureFile, start: int, stop: int) -> Iterator[list[Any]]:
    """Yield the time, size and content of some chunks of a body; nothing for a WebSocket.

    Raises:
        CaptureError: the capture cannot be read, or only in part.
    """
    if not capture.is_websocket:
        for chunk in islice(capture.chunks(), start, stop):
            yield [chunk.t_s, len(chunk.data), _text(chunk.data)]


def _text(data: bytes) -> Any:
    """Text as a string; bytes that are not UTF-8 as base64 in a list."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return [b64encode(data).decode()]
