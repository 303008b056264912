"""The body of a stream as received, with or without the heads before it that `curl -i` prints.

An event stream, JSON lines, AWS's frames or Vercel's data stream: the first bytes tell.
"""

import re
from collections.abc import Iterator
from urllib.parse import quote

from ssetape.errors import SourceError
from ssetape.format.values import COMPLETE, Chunk, End, Headers, Response, header_values
from ssetape.imports._body import settle
from ssetape.imports._body_type import guessed_head
from ssetape.imports._curl_meter import without_meter
from ssetape.imports._exchange import TIMES_NONE, Given, Imported, Skipped
from ssetape.imports._http1 import read_head, split_head, unframed

EXPECTS = (
    "the head of a response, or the body of a stream: fields such as `data:`, one JSON object a "
    "line, AWS frames, Vercel's data stream"
)

_CHUNK_SIZE = re.compile(rb"[0-9a-fA-F]{1,8}(?:;[^\r\n]*)?\r\n")
_SUFFIXES = (".sse", ".ndjson", ".jsonl")
_STATUS_LINE = re.compile(rb"(HTTP/[0-9.]+) ([1-9][0-9]{2})(?: ([^\r\n]*))?\r?\n")


def recognises(start: bytes, name: str) -> bool:
    """Whether the file is a stream's body, by its name or bytes, perhaps after a response head."""
    start = without_meter(start)
    is_named = name.lower().endswith(_SUFFIXES)
    return is_named or _STATUS_LINE.match(start) is not None or guessed_head(start) is not None


def read(data: bytes, name: str, given: Given) -> Iterator[Imported | Skipped]:
    """Yield the one exchange; raises SourceError."""
    data = without_meter(data)
    request, notes = given.request(quote(name))
    version, status, reason = "", 200, ""
    headers: Headers | None = None
    body = data
    # Several heads, such as 100 and 200, a proxy's, or those of redirects: the last counts.
    while line := _STATUS_LINE.match(body):
        parts = split_head(body)
        if parts is None:
            raise SourceError("the file begins with a response head that does not end")
        version, status = line[1].decode(), int(line[2])
        reason = (line[3] or b"").decode("latin-1").strip()
        headers = read_head(parts[0])[1]
        body = parts[1]
    if headers is None:
        headers = given.head(body)
    elif not header_values(headers, "content-type"):
        headers += guessed_head(body) or []
    if "chunked" in ",".join(header_values(headers, "transfer-encoding")).lower():
        body = _without_framing(body)
    headers, word = settle(headers, body)
    headers = given.labelled(headers)
    yield Imported(
        request=request,
        response=Response(0.0, status, reason, version, headers),
        end=End(0.0, COMPLETE),
        times=TIMES_NONE,
        bytes=word,
        chunks=[Chunk(0.0, body)] if body else [],
        notes=notes,
    )


def _without_framing(body: bytes) -> bytes:
    """The body without chunked framing, which `curl --raw` leaves in."""
    if not _CHUNK_SIZE.match(body):
        return body
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks, _ = unframed(head, "GET", [(0.0, body)])
    return b"".join(data for _, data in chunks)
