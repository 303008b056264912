"""The body of a stream as received, with or without the head before it that `curl -i` prints."""

import re
from collections.abc import Iterator
from urllib.parse import quote

from ssetape.errors import SourceError
from ssetape.format.values import COMPLETE, Chunk, End, Headers, Response
from ssetape.imports._body import settle
from ssetape.imports._exchange import TIMES_NONE, Given, Imported, Skipped
from ssetape.imports._fields import header_value
from ssetape.messages.detection import begins_event_stream

_STATUS_LINE = re.compile(rb"(HTTP/[0-9.]+) ([1-9][0-9]{2})(?: ([^\r\n]*))?\r?\n")
_HEAD_END = re.compile(rb"\r?\n\r?\n")


def recognises(start: bytes, name: str) -> bool:
    """Whether the file is an event stream, perhaps after a response head."""
    if _STATUS_LINE.match(start):
        return True
    return begins_event_stream(start) is True


def read(data: bytes, name: str, given: Given) -> Iterator[Imported | Skipped]:
    """Yield the one exchange; raises SourceError."""
    request, notes = given.request(quote(name))
    version, status, reason, headers = "", 200, "", given.head()
    body = data
    line = _STATUS_LINE.match(data)
    while line is not None:  # several heads, such as 100 and 200: the last counts
        end = _HEAD_END.search(data, line.end() - 2)
        if end is None:
            raise SourceError("the file begins with a response head that does not end")
        version, status = line[1].decode(), int(line[2])
        reason = (line[3] or b"").decode("latin-1").strip()
        headers = _headers(data[line.end() : end.start()])
        data = body = data[end.end() :]
        line = _STATUS_LINE.match(data) if status < 200 else None
    headers, word = settle(headers, body)
    if given.content_type:
        headers = [(n, v) for n, v in headers if n.lower() != "content-type"]
        headers.append(("content-type", given.content_type))
    yield Imported(
        request=request,
        response=Response(0.0, status, reason, version, headers),
        end=End(0.0, COMPLETE),
        times=TIMES_NONE,
        bytes=word,
        chunks=[Chunk(0.0, body)] if body else [],
        notes=notes,
    )


def _headers(lines: bytes) -> Headers:
    headers = []
    for line in lines.decode("latin-1").splitlines():
        name, colon, value = line.partition(":")
        if colon and name.strip():
            headers.append((name.strip(), header_value(value)))
    return headers
