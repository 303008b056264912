"""Decodes the lines of a capture file into values: the reverse of `encode`.

Unknown fields are skipped; a required field that is missing or of another type raises
`CaptureError`.
"""

import os
from binascii import Error as Base64Error
from binascii import a2b_base64
from typing import Any

from ssetape.errors import CaptureError
from ssetape.format.values import (
    SENT_BYTES,
    SENT_TEXT,
    TEXT,
    TRAILERS,
    ClientShare,
    Close,
    End,
    Headers,
    Message,
    Record,
    Request,
    Response,
    Trailers,
)

Path = str | os.PathLike[str]

# Servers and clients refuse a tenth of it. Each becomes several objects.
HEADERS_LIMIT = 10_000


def request(header: dict[str, Any], path: Path) -> Request:
    """Decode the request in a header line's object.

    Raises:
        CaptureError: a required field is missing, or a field has the wrong type.
    """
    fields = header.get("request")
    if not isinstance(fields, dict):
        raise CaptureError(path, 1, f"request: expected an object, found {fields!r:.60}")
    for field in ("method", "url"):
        if not isinstance(fields.get(field), str):
            found = fields.get(field)
            raise CaptureError(path, 1, f"request.{field}: expected a string, found {found!r:.60}")
    masked = fields.get("masked")
    masked = masked if isinstance(masked, dict) else {}
    return Request(
        method=fields["method"],
        url=fields["url"],
        http_version=str(fields.get("http_version", "")),
        headers=_headers(fields.get("headers", []), path, 1, "request.headers"),
        body=_body(fields.get("body"), path),
        masked_headers=_strings(masked.get("headers")),
        masked_query=_strings(masked.get("query")),
        masked_path=masked.get("path") is True,
        masked_body=_spans(masked.get("body")),
        masked_coding=_string(masked.get("coding")),
    )


def head(record: Record, path: Path) -> Response:
    """Decode a head record.

    Raises:
        CaptureError: it has no status, or its headers are malformed.
    """
    fields = record[2] if len(record) > 2 else None
    if not isinstance(fields, dict) or type(fields.get("status")) is not int:
        found = fields.get("status") if isinstance(fields, dict) else fields
        raise CaptureError(path, None, f"head.status: expected a number, found {found!r:.60}")
    masked = fields.get("masked")
    masked = masked if isinstance(masked, dict) else {}
    return Response(
        t_s=record[0],
        status=fields["status"],
        reason=str(fields.get("reason", "")),
        http_version=str(fields.get("http_version", "")),
        headers=_headers(fields.get("headers", []), path, None, "head.headers"),
        masked_headers=_strings(masked.get("headers")),
        masked_coding=_string(masked.get("coding")),
        decoded_headers=_pairs(fields.get("decoded")),
        from_cache=fields.get("from_cache") is True,
    )


def data(record: Record, path: Path, number: int) -> bytes:
    value = record[2] if len(record) > 2 else None
    if type(value) is not str:
        raise CaptureError(
            path, number, f"chunk: expected a string after {record[1]!r}, found {value!r:.60}"
        )
    if record[1] == TEXT or record[1] == SENT_TEXT:
        return value.encode()
    try:
        return a2b_base64(value, strict_mode=True)
    except (Base64Error, ValueError) as error:
        raise CaptureError(path, number, f"chunk: not base64: {error}") from error


def message(record: Record) -> Message:
    """Decode the record of a WebSocket message."""
    t_s, code, data, *rest = record
    marks = rest[0] if rest and isinstance(rest[0], dict) else {}
    return Message(
        t_s=t_s,
        from_client=code in (SENT_TEXT, SENT_BYTES),
        is_text=code in (TEXT, SENT_TEXT) or marks.get("type") == "text",
        data=data,
        dropped=marks.get("dropped") is True,
        injected=marks.get("injected") is True,
    )


def trailers(record: Record, path: Path) -> Trailers:
    """Decode a trailers record.

    Raises:
        CaptureError: it has no list of pairs.
    """
    value = record[2] if len(record) > 2 else None
    return Trailers(record[0], _headers(value, path, None, TRAILERS))


def end(record: Record) -> End:
    """Decode an end record."""
    fields = record[2] if len(record) > 2 and isinstance(record[2], dict) else {}
    error, chunks, size_bytes = (fields.get(name) for name in ("error", "chunks", "bytes"))
    return End(
        t_s=record[0],
        reason=str(fields.get("reason", "")),
        error=error if isinstance(error, str) else None,
        chunks=chunks if type(chunks) is int else None,
        size_bytes=size_bytes if type(size_bytes) is int else None,
        close=_close(fields.get("close")),
        altered=fields.get("altered") is True,
        faults=_strings(fields.get("faults")),
        client=_client(fields.get("client")),
    )


def _headers(value: object, path: Path, line: int | None, field: str) -> Headers:
    """The [name, value] pairs of a list; raises CaptureError if it has anything else."""
    if not isinstance(value, list):
        raise CaptureError(path, line, f"{field}: expected a list of pairs, found {value!r:.60}")
    if len(value) > HEADERS_LIMIT:
        raise CaptureError(
            path, line, f"{field}: found {len(value)} headers, more than {HEADERS_LIMIT}"
        )
    for pair in value:
        if not _is_pair(pair):
            raise CaptureError(path, line, f"{field}: expected [name, value], found {pair!r:.60}")
    return [(name, text) for name, text in value]


def _pairs(value: object) -> Headers:
    """The valid [name, value] pairs of a list; [] for any other value, or a list of too many."""
    pairs = value if isinstance(value, list) and len(value) <= HEADERS_LIMIT else []
    return [(pair[0], pair[1]) for pair in pairs if _is_pair(pair)]


def _is_pair(value: object) -> bool:
    if not isinstance(value, list) or len(value) != 2:
        return False
    return isinstance(value[0], str) and isinstance(value[1], str)


def _body(body: object, path: Path) -> bytes | None:
    if not isinstance(body, dict):
        return None
    text, encoded = body.get("text"), body.get("base64")
    if isinstance(text, str):
        return text.encode()
    if isinstance(encoded, str):
        try:
            return a2b_base64(encoded, strict_mode=True)
        except (Base64Error, ValueError) as error:
            raise CaptureError(path, 1, f"request.body.base64: not base64: {error}") from error
    return None


def _spans(value: object) -> tuple[tuple[int, int], ...]:
    """The valid places in a list of [start, end, ...]."""
    spans = []
    for span in value if isinstance(value, list) else ():
        if isinstance(span, list) and len(span) >= 2:
            start, end = span[:2]
            if type(start) is int and type(end) is int and 0 <= start < end:
                spans.append((start, end))
    return tuple(spans)


def _close(fields: Any) -> Close | None:
    if not isinstance(fields, dict) or type(fields.get("code")) is not int:
        return None
    return Close(fields["code"], str(fields.get("reason", "")), fields.get("by") == "client")


def _client(fields: Any) -> ClientShare | None:
    if not isinstance(fields, dict):
        return None
    t_s, size_bytes, events = (fields.get(name) for name in ("t", "bytes", "events"))
    if not isinstance(t_s, int | float) or type(size_bytes) is not int:
        return None
    known = events if type(events) is int else None
    return ClientShare(float(t_s), str(fields.get("reason", "")), size_bytes, known)


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _strings(value: object) -> tuple[str, ...]:
    """The strings in a list; () for any other value."""
    items = value if isinstance(value, list) else []
    return tuple(item for item in items if isinstance(item, str))
