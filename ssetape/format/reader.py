"""Reads the capture format, one record in memory at a time.

Laws of this file:

1. What a reader does not know (codes, fields) it passes over.
2. The good part of a damaged file is given out before the damage is reported.
3. No input raises anything but CaptureError.
"""

import math
import os
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Iterator
from typing import Any, BinaryIO

import orjson

from ssetape.errors import CaptureError
from ssetape.format.values import (
    BYTES,
    END,
    FORMAT_VERSION,
    SENT_BYTES,
    SENT_TEXT,
    TEXT,
    TRAILERS,
    Close,
    End,
    Headers,
    Message,
    Request,
    Response,
    Trailers,
)

# One line is one record and is held whole. Chunks are small; a request body in the first line
# may be large, but not so large. Without a limit a file without newlines fills the memory.
LINE_LIMIT_BYTES = 256 * 1024 * 1024

_CARRIES_DATA = frozenset({TEXT, BYTES, SENT_TEXT, SENT_BYTES})

_TAIL_BYTES = 64 * 1024

Path = str | os.PathLike[str]
Record = list[Any]  # [time in s, code, value ...]


def open_file(path: Path) -> BinaryIO:
    """Open a capture for reading."""
    try:
        return open(path, "rb")
    except OSError as error:
        raise CaptureError(path, None, f"cannot open it: {error.strerror or error}") from error


def read_header(file: BinaryIO, path: Path) -> dict[str, Any]:
    """Give the header line's object; the file then stands at its first record.

    Raises:
        CaptureError: this is no capture, or one of another format version.
    """
    line = _read_line(file, path, 1)
    if not line.strip():
        raise CaptureError(path, None, "is empty: expected a capture, whose first line is JSON")
    try:
        header = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        state = "" if line.endswith(b"\n") else ", and the line is torn off"
        raise CaptureError(
            path,
            1,
            f'not a capture: expected a JSON object that begins with {{"ssetape": '
            f"{FORMAT_VERSION}, found {_quote(line)} ({error}{state})",
        ) from error
    if not isinstance(header, dict) or "ssetape" not in header:
        raise CaptureError(
            path,
            1,
            f'not a capture: expected a JSON object with the key "ssetape", found {_quote(line)}',
        )
    version = header["ssetape"]
    if type(version) is not int or version != FORMAT_VERSION:
        raise CaptureError(
            path,
            1,
            f"format version {version!r:.60} is not known here, only {FORMAT_VERSION}: "
            f"a newer ssetape may read it",
        )
    return header


def read_records(
    file: BinaryIO, path: Path, problems: list[str], *, line: int = 2
) -> Iterator[Record]:
    """Give the records that follow the header, up to and including the end.

    A last line that is torn (the recorder was killed, or is still writing) is left out, and
    `problems` is told.

    Args:
        line: which line of the capture the file stands at.

    Raises:
        CaptureError: a line is not a record. Those before it have been given out.
    """
    number = line - 1
    loads = orjson.loads
    while text := _read_line(file, path, number + 1):
        number += 1
        try:
            record = loads(text)
        except orjson.JSONDecodeError as error:
            if not text.endswith(b"\n"):
                problems.append(
                    f"line {number} is torn after {len(text)} bytes and was left out: "
                    f"recording was interrupted there"
                )
                return
            if not text.strip():
                continue
            raise CaptureError(
                path,
                number,
                f"expected a record [time, code, ...], found {_quote(text)} ({error})",
            ) from error
        if (
            type(record) is not list
            or len(record) < 2
            or type(record[0]) not in (float, int)
            or type(record[1]) is not str
            or not math.isfinite(record[0])
        ):
            raise CaptureError(
                path, number, f"expected a record [seconds, code, ...], found {_quote(text)}"
            )
        if record[1] in _CARRIES_DATA:
            record[2:3] = [_chunk_data(record, path, number)]
        yield record
        if record[1] == END:
            return


def read_end(file: BinaryIO) -> Record | None:
    """Give the end record from the file's tail, without reading what is before it."""
    size = file.seek(0, os.SEEK_END)
    tail_bytes = _TAIL_BYTES
    while True:
        file.seek(max(0, size - tail_bytes))
        lines = file.read(tail_bytes).rstrip(b"\n").rsplit(b"\n", 1)
        if len(lines) == 2:
            break
        if tail_bytes >= size:
            return None
        tail_bytes *= 16
    try:
        record = orjson.loads(lines[-1])
        if record[1] == END and isinstance(record[2], dict) and math.isfinite(record[0]):
            return list(record)
    except (orjson.JSONDecodeError, LookupError, TypeError):
        pass
    return None


def parse_request(header: dict[str, Any], path: Path) -> Request:
    """The request in a header.

    Raises:
        CaptureError: a field that every request has is missing or of another type.
    """
    request = header.get("request")
    if not isinstance(request, dict):
        raise CaptureError(path, 1, f"request: expected an object, found {request!r:.60}")
    for field in ("method", "url"):
        if not isinstance(request.get(field), str):
            found = request.get(field)
            raise CaptureError(path, 1, f"request.{field}: expected a string, found {found!r:.60}")
    masked = request.get("masked")
    masked = masked if isinstance(masked, dict) else {}
    return Request(
        method=request["method"],
        url=request["url"],
        http_version=str(request.get("http_version", "")),
        headers=parse_headers(request.get("headers", []), path, 1, "request.headers"),
        body=_parse_body(request.get("body"), path),
        masked_headers=strings(masked.get("headers")),
        masked_query=strings(masked.get("query")),
        masked_path=masked.get("path") is True,
        masked_body=_spans(masked.get("body")),
    )


def parse_head(record: Record, path: Path) -> Response:
    """The response's head that a record is.

    Raises:
        CaptureError: it has no status, or headers of another shape.
    """
    head = record[2] if len(record) > 2 else None
    if not isinstance(head, dict) or type(head.get("status")) is not int:
        found = head.get("status") if isinstance(head, dict) else head
        raise CaptureError(path, None, f"head.status: expected a number, found {found!r:.60}")
    masked = head.get("masked")
    masked = masked if isinstance(masked, dict) else {}
    return Response(
        t_s=record[0],
        status=head["status"],
        reason=str(head.get("reason", "")),
        http_version=str(head.get("http_version", "")),
        headers=parse_headers(head.get("headers", []), path, None, "head.headers"),
        masked_headers=strings(masked.get("headers")),
    )


def parse_trailers(record: Record, path: Path) -> Trailers:
    """The trailers that a record is.

    Raises:
        CaptureError: they are not a list of pairs.
    """
    value = record[2] if len(record) > 2 else None
    return Trailers(record[0], parse_headers(value, path, None, TRAILERS))


def parse_end(record: Record) -> End:
    """The end that a record is."""
    fields = record[2] if len(record) > 2 and isinstance(record[2], dict) else {}
    error, chunks, size_bytes = (fields.get(name) for name in ("error", "chunks", "bytes"))
    return End(
        t_s=record[0],
        reason=str(fields.get("reason", "")),
        error=error if isinstance(error, str) else None,
        chunks=chunks if type(chunks) is int else None,
        size_bytes=size_bytes if type(size_bytes) is int else None,
        close=_close(fields.get("close")),
    )


def parse_headers(value: object, path: Path, line: int | None, field: str) -> Headers:
    """A list of [name, value] pairs, checked."""
    if not isinstance(value, list):
        raise CaptureError(path, line, f"{field}: expected a list of pairs, found {value!r:.60}")
    for pair in value:
        if not (
            isinstance(pair, list)
            and len(pair) == 2
            and all(isinstance(part, str) for part in pair)
        ):
            raise CaptureError(path, line, f"{field}: expected [name, value], found {pair!r:.60}")
    return [(name, text) for name, text in value]


def parse_message(record: Record) -> Message:
    """The message of a WebSocket that a record is."""
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


def _close(fields: Any) -> Close | None:
    if not isinstance(fields, dict) or type(fields.get("code")) is not int:
        return None
    return Close(fields["code"], str(fields.get("reason", "")), fields.get("by") == "client")


def _spans(value: object) -> tuple[tuple[int, int], ...]:
    """The places of a list of [start, end, ...] that are places."""
    spans = []
    for span in value if isinstance(value, list) else ():
        if isinstance(span, list) and len(span) >= 2:
            start, end = span[:2]
            if type(start) is int and type(end) is int and 0 <= start < end:
                spans.append((start, end))
    return tuple(spans)


def _parse_body(body: object, path: Path) -> bytes | None:
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


def _chunk_data(record: Record, path: Path, number: int) -> bytes:
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


def _read_line(file: BinaryIO, path: Path, number: int) -> bytes:
    try:
        line = file.readline(LINE_LIMIT_BYTES)
    except OSError as error:
        raise CaptureError(path, number, f"cannot read it: {error.strerror or error}") from error
    check_line(len(line), path, number)
    return line


def check_line(size_bytes: int, path: Path, number: int) -> None:
    """Make sure that so much of a line may be held.

    Raises:
        CaptureError: it is too long.
    """
    if size_bytes >= LINE_LIMIT_BYTES:
        raise CaptureError(path, number, f"the line is longer than {LINE_LIMIT_BYTES} bytes")


def strings(value: object) -> tuple[str, ...]:
    """The strings in a list; anything else counts as an empty one."""
    items = value if isinstance(value, list) else []
    return tuple(item for item in items if isinstance(item, str))


def _quote(line: bytes) -> str:
    """The beginning of a line as evidence, with nothing in it that a terminal obeys."""
    return repr(line[:60])[1:] + ("..." if len(line) > 60 else "")
