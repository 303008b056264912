"""Encodes values in the capture format: header, head, masking marks, end. Pure.

Standard library only, because the recorder loads it. `writer` writes the result to a file.
"""

from binascii import b2a_base64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from ssetape.format.values import Close, End, Request, Response

# All printable ASCII that `quote` would encode, a URL's own percent signs included.
_URL_SAFE = "!\"#$%&'()*+,/:;<=>?@[\\]^`{|}~"

# Of an end record: what a client got instead of the bytes in the file.
CLIENT_FIELDS = ("altered", "faults", "client")


def header(
    request: Request,
    *,
    id: str,
    kind: str,
    started_ns: int,
    clock: str,
    recorder: str,
    imported: Mapping[str, Any] | None = None,
    tapped: Mapping[str, Any] | None = None,
    made: Mapping[str, Any] | None = None,
    run: Mapping[str, Any] | None = None,
    edited: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The object of the header line, without the format version, which the writer adds.

    Args:
        started_ns: when the request was sent, ns since 1970.
        imported: the source of an imported exchange; None if it was recorded.
        tapped: the browser that it was recorded inside of; None if it was recorded elsewhere.
        made: how it was made, of an exchange that nobody recorded; None for any other.
        run: the recorder's run, and when in it the request was sent; None if not known.
        edited: the capture that it was made from, and the changes; None if it was not edited.
    """
    masked = marks(
        headers=request.masked_headers,
        query=request.masked_query,
        path=request.masked_path,
        body=[list(span) for span in request.masked_body],
        coding=request.masked_coding,
    )
    return {
        "id": id,
        "kind": kind,
        "started": timestamp(started_ns),
        "clock": clock,
        "recorder": recorder,
        **({} if imported is None else {"imported": imported}),
        **({} if tapped is None else {"tapped": tapped}),
        **({} if made is None else {"made": made}),
        **({} if edited is None else {"edited": edited}),
        **({} if run is None else {"run": run}),
        "request": {
            "method": request.method,
            "url": request.url,
            "http_version": request.http_version,
            "headers": request.headers,
            **masked,
            "body": body_field(request.body),
        },
    }


def head(response: Response) -> dict[str, Any]:
    """The object of a head record."""
    return {
        "status": response.status,
        "reason": response.reason,
        "http_version": response.http_version,
        "headers": response.headers,
        **({"decoded": response.decoded_headers} if response.decoded_headers else {}),
        **({"from_cache": True} if response.from_cache else {}),
        **marks(headers=response.masked_headers, coding=response.masked_coding),
    }


def marks(**masked: Sequence[object] | bool) -> dict[str, Any]:
    """The field "masked" of a request, head or trailers; {} if nothing was masked.

    Args:
        masked: what was masked in each part, for example `headers=["authorization"]`.
    """
    found = {part: what for part, what in masked.items() if what}
    return {"masked": found} if found else {}


def end_details(end: End) -> dict[str, Any]:
    """The fields of an end record, without its reason and the totals, which the writer adds."""
    details: dict[str, Any] = {}
    if end.error:
        details["error"] = end.error
    if end.close is not None:
        details["close"] = close(end.close)
    return details


def close(close: Close) -> dict[str, Any]:
    """The field "close" in the end record of a WebSocket."""
    by = "client" if close.by_client else "server"
    return {"code": close.code, "reason": close.reason, "by": by}


def body_field(body: bytes | None) -> dict[str, str] | None:
    """A body as a field: as text if it is valid UTF-8, else as base64; None if it is empty."""
    if not body:
        return None
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"base64": b2a_base64(body, newline=False).decode()}


def ascii_url(url: bytes) -> str:
    """The URL with everything but printable ASCII percent-encoded."""
    return quote(url, safe=_URL_SAFE)


def timestamp(wall_ns: int) -> str:
    """Nanoseconds since 1970 in the format's notation: 2026-11-23T09:30:12.123456Z."""
    moment = datetime.fromtimestamp(wall_ns // 1_000_000_000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{wall_ns // 1000 % 1_000_000:06d}Z"
