"""Reads what stands before the headers of an HTTP/1.1 request, for a parser that is strict. Pure.

Bytes that are not ASCII, which browsers percent-encode and some clients do not, become what the
recorder makes of them, so that the request is the recorded one. Empty lines before a request, such
as old clients send after a body, are skipped: RFC 9112, section 2.2.
"""

import re

# What a parser of HTTP/1.1 does not let pass in a request line, line breaks and spaces aside.
_RAW = re.compile(rb"[^\t\n\r\x20-\x7e]")
_LINE_BREAKS = b"\r\n"


class RequestLine:
    """The first line of one request. Bytes in; out come those for the parser.

    Args:
        limit_bytes: a longer line is passed on as it is, for the parser to refuse.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._line = bytearray()
        self._is_over = False

    def feed(self, data: bytes) -> bytes:
        """Return what the parser gets of this; nothing before the line is complete."""
        if self._is_over:
            return data
        if not self._line and not (data := data.lstrip(_LINE_BREAKS)):
            return b""
        searched = len(self._line)
        self._line += data
        end = self._line.find(b"\n", searched)
        is_refused = len(self._line) > self._limit_bytes or self._line[:1] < b"!"  # as TLS is
        if end < 0 and not is_refused:
            return b""
        self._is_over = True
        whole = bytes(self._line)
        self._line.clear()
        if is_refused:
            return whole
        line, rest = whole[: end + 1], whole[end + 1 :]
        return _RAW.sub(lambda found: b"%%%02X" % ord(found[0]), line) + rest
