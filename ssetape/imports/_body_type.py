"""Tells from the first bytes of a bare body which kind of stream it is."""

import json
import re
import struct
import zlib

from ssetape.format.values import Headers
from ssetape.messages.detection import EVENT_STREAM, begins_event_stream

_NDJSON = "application/x-ndjson"
_AWS = "application/vnd.amazon.eventstream"
# Its framework sends it as plain text, with a header that says what it is.
_VERCEL: Headers = [
    ("content-type", "text/plain; charset=utf-8"),
    ("x-vercel-ai-data-stream", "v1"),
]

_BOM = b"\xef\xbb\xbf"
# Each line of Vercel's data stream is a code and a JSON value.
_VERCEL_LINE = re.compile(rb"([0-9a-k]):(.+)")
# The lengths of a frame and of its headers, and a checksum of both.
_PRELUDE = struct.Struct(">III")
_LINES_LOOKED_AT = 20


def guessed_head(start: bytes) -> Headers | None:
    """The headers that go with a body, or None if it is no stream that is known by its bytes."""
    if _is_aws(start):
        return [("content-type", _AWS)]
    if begins_event_stream(start) is True:
        return [("content-type", EVENT_STREAM)]
    lines = _whole_lines(start)
    if _are_vercel(lines):
        return list(_VERCEL)
    if _are_objects(lines):
        return [("content-type", _NDJSON)]
    return None


def _is_aws(start: bytes) -> bool:
    if len(start) < _PRELUDE.size:
        return False
    length, headers_length, checksum = _PRELUDE.unpack_from(start)
    return bool(zlib.crc32(start[:8]) == checksum and headers_length <= length)


def _whole_lines(start: bytes) -> list[bytes]:
    """The first lines that are not empty, without one that may be cut off."""
    lines = start.removeprefix(_BOM).split(b"\n", _LINES_LOOKED_AT)
    if len(lines) > 1:
        lines.pop()
    return [line.strip(b"\r\x1e \t") for line in lines if line.strip(b"\r\x1e \t")]


def _are_vercel(lines: list[bytes]) -> bool:
    found = [_VERCEL_LINE.fullmatch(line) for line in lines]
    return bool(found) and all(match is not None and _is_json(match[2]) for match in found)


def _are_objects(lines: list[bytes]) -> bool:
    """Whether lines are objects, one a line. A single one may be any document."""
    return len(lines) > 1 and all(line.startswith(b"{") and _is_json(line) for line in lines)


def _is_json(data: bytes) -> bool:
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return True
