"""Traces of Go's httprr, as the tests of Go's own tools and of many agents in Go have them.

A first line, then per exchange a line with two lengths and, in as many bytes, a request in absolute
form and its response: https://pkg.go.dev/golang.org/x/oscar/internal/httprr
"""

import re
from collections.abc import Iterator

from ssetape.errors import SourceError
from ssetape.format.values import COMPLETE, Chunk, End, Headers, Request, Response, header_values
from ssetape.imports._address import absolute
from ssetape.imports._body import settle
from ssetape.imports._exchange import TIMES_NONE, Given, Imported, Skipped
from ssetape.imports._http1 import STATUS_LINE, read_head, split_head, unframed, version_of

EXPECTS = "a first line `httprr trace v1`"

_FIRST_LINE = re.compile(rb"httprr trace v[0-9]+\r?\n")
_SIZES = re.compile(rb"([0-9]{1,15}) ([0-9]{1,15})\r?\n")


def recognises(start: bytes, name: str) -> bool:
    """Whether the file is such a trace."""
    return _FIRST_LINE.match(start) is not None


def read(data: bytes, name: str, given: Given) -> Iterator[Imported | Skipped]:
    """Yield the exchanges of a trace; raises SourceError."""
    first = _FIRST_LINE.match(data)
    if first is None:
        raise SourceError(f"expected {EXPECTS}")
    at, number = first.end(), 0
    while at < len(data):
        number += 1
        place = f"exchange {number}"
        sizes = _SIZES.match(data, at)
        if sizes is None:
            yield Skipped(place, f"byte {at}: expected the lengths of a request and a response")
            return
        middle = sizes.end() + int(sizes[1])
        end = middle + int(sizes[2])
        if end > len(data):
            yield Skipped(place, f"the file ends {end - len(data)} bytes before its response does")
            return
        try:
            yield _imported(data[sizes.end() : middle], data[middle:end])
        except SourceError as error:
            yield Skipped(place, str(error))
        at = end


def _imported(asked: bytes, got: bytes) -> Imported:
    method, target, version, sent, body = _request(asked)
    url, notes = absolute(target, sent)
    parts = split_head(got)
    if parts is None:
        raise SourceError("the head of the response does not end")
    line, headers = read_head(parts[0])
    status = STATUS_LINE.match(line)
    if status is None or not url:
        raise SourceError(f"expected a request and its response, found {target!r:.60} {line!r:.60}")
    chunks, is_whole = unframed(_with_crlf(parts[0]), method, [(0.0, parts[1])])
    if not is_whole and not chunks:
        chunks, is_whole = [(0.0, parts[1])], True
    received = b"".join(data for _, data in chunks)
    headers, word = settle(headers, received)
    end = End(0.0, COMPLETE)
    if not is_whole:
        end = End(0.0, "unknown", error="the trace ends before the body does")
    return Imported(
        request=Request(method, url, version, sent, body or None),
        response=Response(
            0.0, int(status[2]), (status[3] or "").strip(), version_of(status[1]), headers
        ),
        end=end,
        times=TIMES_NONE,
        bytes=word,
        chunks=[Chunk(0.0, received)] if received else [],
        notes=notes,
    )


def _request(asked: bytes) -> tuple[str, str, str, Headers, bytes]:
    parts = split_head(asked)
    if parts is None:
        raise SourceError("the head of the request does not end")
    line, headers = read_head(parts[0])
    method, target, version = [*line.split(" "), "", ""][:3]
    body = parts[1]
    if "chunked" in ",".join(header_values(headers, "transfer-encoding")).lower():
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        body = b"".join(data for _, data in unframed(head, "GET", [(0.0, body)])[0]) or body
    return method, target, version_of(version), headers, body


def _with_crlf(head: bytes) -> bytes:
    """The head as HTTP/1.1 has it: Go frames HTTP/2 so too, and git changes line ends."""
    return re.sub(rb"\r?\n", b"\r\n", re.sub(rb"^HTTP/[0-9.]+", b"HTTP/1.1", head))
