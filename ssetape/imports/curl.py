"""Output of curl: `curl -N --trace FILE --trace-time`, `curl -vN`, and `curl -sN URL | ts`.

A trace has every byte sent and received, as read from the connection, with its time; `ts` (of
moreutils) puts the time before each line. https://curl.se/docs/manpage.html
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

from ssetape.errors import SourceError
from ssetape.format.values import COMPLETE, Chunk, End, Request, Response
from ssetape.imports._curl_verbose import is_verbose, read_verbose
from ssetape.imports._exchange import (
    BYTES_EXACT,
    BYTES_LINE_ENDS,
    TIMES_CHUNKS,
    TIMES_NONE,
    Given,
    Imported,
    Skipped,
)
from ssetape.imports._http1 import read_head, unframed, version_of
from ssetape.imports._stamps import stamped_lines

EXPECTS = "the output of curl --trace or curl -v, or lines with a time before each"

_BLOCK = re.compile(
    rb"(?:(?P<h>\d\d):(?P<m>\d\d):(?P<s>\d\d\.\d+) )?(?:\[(?P<id>[^\]\r\n]*)\] )?"
    rb"(?:== Info: ?(?P<info>.*)|(?P<kind>=> Send|<= Recv) (?P<what>SSL data|header|data)"
    rb", (?P<size>\d{1,15}) bytes \(0x[0-9a-f]+\))\r?$"
)
_HEX = re.compile(rb"[0-9a-f]{4,}: ((?:[0-9a-f]{2} ){1,16})")
_ROW = re.compile(rb"[0-9a-f]{4,}: ")
_SECURE = re.compile(rb"\s*(?:SSL connection using|ALPN|TLSv1|.*SSL certificate)")
_TROUBLE = re.compile(rb"(?i).*(transfer closed|reset by peer|timed out|was not closed cleanly)")
_INTERIM = re.compile(rb"HTTP/[0-9.]+ 1(?!01)")
_DAY_S = 86_400.0
# So many lines say what kind of stream a body is.
_SHOWN_LINES = 10


def recognises(start: bytes, name: str) -> bool:
    """Whether the file is a trace, or has the lines of a stream with a time before each."""
    if _BLOCK.match(start.partition(b"\n")[0]) or is_verbose(start):
        return True
    return stamped_lines(start.decode("utf-8", "replace")) is not None


def read(data: bytes, name: str, given: Given) -> Iterator[Imported | Skipped]:
    """Yield the exchanges; raises SourceError."""
    if _BLOCK.match(data.partition(b"\n")[0]):
        yield from _read_trace(data, given)
        return
    if is_verbose(data):
        yield from read_verbose(data, given)
        return
    lines = stamped_lines(data.decode("utf-8", "surrogateescape"))
    if lines is None:
        raise SourceError(
            "expected the output of curl --trace or curl -v, or lines with a time before each as "
            "ts writes them; found none of these"
        )
    request, notes = given.request(quote(name))
    chunks = [Chunk(t_s, text.encode("utf-8", "surrogateescape") + b"\n") for t_s, text in lines]
    notes.append("times count from the first line, as the time of the request is unknown")
    yield Imported(
        request=request,
        response=Response(
            0.0, 200, "", "", given.head(b"".join(chunk.data for chunk in chunks[:_SHOWN_LINES]))
        ),
        end=End(chunks[-1].t_s, COMPLETE),
        times=TIMES_CHUNKS,
        bytes=BYTES_LINE_ENDS,
        chunks=chunks,
        notes=notes,
    )


@dataclass(slots=True)
class _Seen:
    """One exchange of a trace; times in seconds since midnight."""

    sent_s: float | None
    asked: bytearray = field(default_factory=bytearray)
    body: bytearray = field(default_factory=bytearray)
    head: bytearray = field(default_factory=bytearray)
    head_s: float | None = None
    received: list[tuple[float | None, bytes]] = field(default_factory=list)
    is_secure: bool = False
    trouble: str | None = None


def _read_trace(data: bytes, given: Given) -> Iterator[Imported | Skipped]:
    for number, seen in enumerate(_exchanges(data)):
        place = f"exchange {number + 1}"
        try:
            imported = _imported(seen, given)
        except SourceError as error:
            yield Skipped(place, str(error))
        else:
            if imported.request.method != "CONNECT":
                yield imported


def _exchanges(data: bytes) -> list[_Seen]:
    """The exchanges of a trace, in the order in which they were requested."""
    found: list[_Seen] = []
    by_id: dict[bytes, _Seen] = {}
    is_secure = False
    for t_s, transfer, kind, content in _blocks(data):
        if kind == "info":
            is_secure = is_secure or _SECURE.match(content) is not None
            if (seen := by_id.get(transfer)) and _TROUBLE.match(content):
                seen.trouble = content.decode("utf-8", "replace").strip()
            continue
        seen = by_id.get(transfer)
        if kind == "=> header" and (seen is None or seen.head):
            seen = by_id[transfer] = _Seen(t_s)
            found.append(seen)
        if seen is None:
            continue
        seen.is_secure = is_secure
        if kind == "=> header":
            seen.asked += content
            seen.sent_s = t_s
        elif kind == "=> data":
            seen.body += content
            seen.sent_s = t_s if not seen.head else seen.sent_s
        elif kind == "<= header" and seen.head_s is None and not seen.received:
            # Some versions do not trace the empty line behind an interim head.
            if content.startswith(b"HTTP/") and _INTERIM.match(seen.head):
                seen.head.clear()
            seen.head += content
            if not content.strip():
                if _INTERIM.match(seen.head):
                    seen.head.clear()
                else:
                    seen.head_s = t_s if t_s is not None else 0.0
        elif kind == "<= data":
            seen.received.append((t_s, content))
    return found


def _blocks(data: bytes) -> Iterator[tuple[float | None, bytes, str, bytes]]:
    """Yield the time, transfer, kind and bytes of each block of a trace."""
    lines = iter(enumerate(data.split(b"\n"), 1))
    before_s, days_s = 0.0, 0.0
    waiting: tuple[float | None, bytes, str, int, int] | None = None
    content = bytearray()
    for number, line in lines:
        # `--trace -` writes the body, too: behind each block, on whose last line the next begins.
        is_whole = waiting is not None and len(content) >= waiting[3]
        block = _BLOCK.search(line) if is_whole else _BLOCK.match(line)
        if block is None:
            row = None if is_whole else _HEX.match(line)
            if waiting is not None and row is not None:
                content += bytes.fromhex(row[1].decode())
            elif waiting is not None and not is_whole and _ROW.match(line):
                raise SourceError(
                    f"line {number}: expected bytes in hexadecimal, found {line[:40]!r}: "
                    f"--trace-ascii writes dots for line feeds; use --trace"
                )
            continue
        if waiting is not None:
            yield _whole(waiting, bytes(content))
            waiting = None
        content.clear()
        t_s = None
        if block["h"]:
            t_s = int(block["h"]) * 3600 + int(block["m"]) * 60 + float(block["s"])
            if t_s + days_s < before_s - _DAY_S / 2:
                days_s += _DAY_S  # past midnight
            t_s += days_s
            before_s = t_s
        transfer = block["id"] or b""
        if block["info"] is not None:
            yield t_s, transfer, "info", block["info"]
        elif block["what"] != b"SSL data":
            kind = f"{block['kind'][:2].decode()} {block['what'].decode()}"
            waiting = t_s, transfer, kind, int(block["size"]), number
    if waiting is not None:
        yield _whole(waiting, bytes(content), is_last=True)


def _whole(
    waiting: tuple[float | None, bytes, str, int, int], content: bytes, is_last: bool = False
) -> tuple[float | None, bytes, str, bytes]:
    t_s, transfer, kind, size, number = waiting
    if len(content) != size and not is_last:
        raise SourceError(f"line {number}: expected {size} bytes, found {len(content)}")
    return t_s, transfer, kind, content


def _imported(seen: _Seen, given: Given) -> Imported:
    asked, request_headers = read_head(bytes(seen.asked))
    status_line, headers = read_head(bytes(seen.head))
    words = asked.split(" ")
    match = re.match(r"(HTTP/[0-9.]+) ([0-9]{3}) ?(.*)", status_line)
    if match is None or len(words) < 2:
        raise SourceError(f"expected a request and its response, found only {asked!r:.60}")
    host = next((value for name, value in request_headers if name.lower() == "host"), "")
    url = words[1]
    if "://" not in url:
        url = f"{'https' if seen.is_secure else 'http'}://{host}{url}"
    request = Request(
        method=given.method or words[0],
        url=given.url or url,
        http_version=version_of(words[2] if len(words) > 2 else ""),
        headers=request_headers,
        body=given.request_body or bytes(seen.body) or None,
    )
    has_times = seen.sent_s is not None
    start_s = seen.sent_s or 0.0
    received = [((t_s or 0.0) - start_s if has_times else 0.0, data) for t_s, data in seen.received]
    head_s = (seen.head_s or 0.0) - start_s if has_times else 0.0
    version = version_of(match[1])
    chunks, is_whole = received, True
    if version.startswith("HTTP/1"):
        chunks, is_whole = unframed(bytes(seen.head), words[0], received)
    end_s = max([head_s, *(t_s for t_s, _ in received)])
    end = End(end_s, COMPLETE)
    if seen.trouble or not is_whole:
        reason = "upstream_cut" if seen.trouble else "unknown"
        end = End(end_s, reason, error=seen.trouble or "the trace ends before the body does")
    return Imported(
        request=request,
        response=Response(
            head_s, int(match[2]), match[3].strip(), version, given.labelled(headers)
        ),
        end=end,
        times=TIMES_CHUNKS if has_times else TIMES_NONE,
        bytes=BYTES_EXACT,
        chunks=[Chunk(t_s, data) for t_s, data in chunks if data],
    )
