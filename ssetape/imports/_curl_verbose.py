"""The output of `curl -v`: lines marked with `*`, `>` and `<`, and between them the body.

curl writes the marked lines to stderr and the body to stdout: a file has both only behind `2>&1`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, pairwise

from ssetape.errors import SourceError
from ssetape.format.values import COMPLETE, Chunk, End, Request, Response, header_values
from ssetape.imports._body import settle
from ssetape.imports._curl_meter import METER, METER_HEAD
from ssetape.imports._exchange import TIMES_NONE, Given, Imported, Skipped
from ssetape.imports._http1 import STATUS_LINE, read_head, version_of

# What --trace-time and --trace-ids put before each line.
_PREFIX = rb"(?:\d\d:\d\d:\d\d\.\d+ )?(?:\[[^\]\r\n]{1,40}\] )?"
_LINE = re.compile(_PREFIX + rb"([*<>]) ?(.*?)\r?\n?$")
# Notes of what was read, which curl puts behind a body that came with its head.
_DATA_MARK = re.compile(_PREFIX + rb"(?:[{}] )?\[\d+ bytes data\]\r?\n?$")
_ASKS = re.compile(rb"(?m)^" + _PREFIX + rb"> [A-Z]+ \S+ HTTP/[0-9.]+\r?$")
_ANSWERS = re.compile(rb"(?m)^" + _PREFIX + rb"< HTTP/[0-9.]+ [0-9]{3}")
# Written behind a body that does not end its last line.
_LEFT = re.compile(rb"\* (?:Connection #\d+ to host .* left intact|Closing connection.*)\r?\n?$")
_SECURE = re.compile(rb"(?:SSL connection using|ALPN|TLSv1|.*SSL certificate)")
_TROUBLE = re.compile(rb"(?i).*(transfer closed|reset by peer|timed out|was not closed cleanly)")


def is_verbose(start: bytes) -> bool:
    """Whether bytes are output of `curl -v`."""
    start = METER.sub(b"", start)
    return _ASKS.search(start) is not None and _ANSWERS.search(start) is not None


@dataclass(slots=True)
class _Seen:
    asked: list[bytes] = field(default_factory=list)
    head: list[bytes] = field(default_factory=list)
    body: bytearray = field(default_factory=bytearray)
    is_secure: bool = False
    trouble: str = ""


def read_verbose(data: bytes, given: Given) -> Iterator[Imported | Skipped]:
    """Yield the exchanges, each as curl followed a redirect or tried again."""
    for number, seen in enumerate(_exchanges(data), 1):
        try:
            imported = _imported(seen, given)
        except SourceError as error:
            yield Skipped(f"exchange {number}", str(error))
        else:
            if imported.request.method != "CONNECT":
                yield imported


def _exchanges(data: bytes) -> list[_Seen]:
    found: list[_Seen] = []
    is_secure = False
    for whole, following in pairwise(chain(_lines(data), [b""])):
        line = METER.sub(b"", whole)
        # The last progress ends its line; any other may stand before an empty line of the body.
        is_last = not following or _LEFT.search(following) is not None
        is_only_meter = line != whole and not line.strip() and is_last
        match = _LINE.match(line)
        if match is None:
            if found and found[-1].head and not is_only_meter and not METER_HEAD.match(line):
                behind = _DATA_MARK.search(line) or _LEFT.search(line)
                found[-1].body += line[: behind.start()] if behind else line
            continue
        mark, rest = match.groups()
        if mark == b"*":
            is_secure = is_secure or _SECURE.match(rest) is not None
            if found and _TROUBLE.match(rest):
                found[-1].trouble = rest.decode("utf-8", "replace")
        elif mark == b">":
            if not found or found[-1].head:
                found.append(_Seen())
            found[-1].asked.append(rest)
            found[-1].is_secure = is_secure
        elif found:
            _add_to_head(found[-1], rest)
    return found


def _add_to_head(seen: _Seen, line: bytes) -> None:
    # An interim head, such as 100 or 103, is followed by the one that counts.
    if line.startswith(b"HTTP/"):
        seen.head.clear()
    if seen.head or line.startswith(b"HTTP/"):
        seen.head.append(line)


def _lines(data: bytes) -> Iterator[bytes]:
    """Lines by line feeds only: a body may have other line ends."""
    start = 0
    while start < len(data):
        end = data.find(b"\n", start) + 1 or len(data)
        yield data[start:end]
        start = end


def _imported(seen: _Seen, given: Given) -> Imported:
    asked, request_headers = read_head(b"\n".join(seen.asked))
    line, headers = read_head(b"\n".join(seen.head))
    words = asked.split(" ")
    status = STATUS_LINE.match(line)
    if status is None or len(words) < 2:
        raise SourceError(f"expected a request and its response, found only {asked!r:.60}")
    host = next(iter(header_values(request_headers, "host")), "")
    url = words[1]
    if "://" not in url:
        url = f"{'https' if seen.is_secure else 'http'}://{host}{url}"
    body = bytes(seen.body)
    headers, word = settle(headers, body)
    notes = []
    if given.request_body is None and words[0] not in ("GET", "HEAD", "CONNECT"):
        notes.append("curl -v does not show the request's body: --request-body gives it")
    end = End(0.0, COMPLETE)
    if seen.trouble:
        end = End(0.0, "upstream_cut", error=seen.trouble)
    return Imported(
        request=Request(
            given.method or words[0],
            given.url or url,
            version_of(words[2] if len(words) > 2 else ""),
            request_headers,
            given.request_body,
        ),
        response=Response(
            0.0,
            int(status[2]),
            (status[3] or "").strip(),
            version_of(status[1]),
            given.labelled(headers),
        ),
        end=end,
        times=TIMES_NONE,
        bytes=word,
        chunks=[Chunk(0.0, body)] if body else [],
        notes=notes,
        missing=(
            "" if body else "the output has no body: curl -v writes it elsewhere without 2>&1"
        ),
    )
