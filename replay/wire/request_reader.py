"""Reads one request of an HTTP/1.1 connection: bytes in, a request out. No I/O.

Before h11 is asked: empty lines, such as old clients send after a body, are skipped (RFC 9112,
section 2.2). Bytes of the request line that are not ASCII, which browsers percent-encode and some
clients do not, become what the recorder makes of them, so that the request is the recorded one.
"""

import re

import h11

from .http1_request import Http1Head, Http1Request
from .plain_head import plain_head

# A request head with all cookies of a chat page has 20 kB.
HEAD_LIMIT_BYTES = 256 * 1024
_LINE_BREAKS = b"\r\n"
_END_OF_PLAIN_HEAD = b"\r\n\r\n"
# Where h11 takes a head to end.
_END_OF_HEAD = re.compile(rb"\n\r?\n")
# What h11 does not let pass in a request line, line breaks and spaces aside.
_RAW = re.compile(rb"[^\t\n\r\x20-\x7e]")


class RequestReader:
    """Reads one request.

    Attributes:
        request: the request, once its head is there.
    """

    def __init__(self) -> None:
        self.request: Http1Request | None = None
        self._head = bytearray()
        self._missing_bytes = 0  # of the body of a plain request
        self._behind = b""  # what came behind a plain request
        self._h11: h11.Connection | None = None  # reads what is not plain

    def feed(self, data: bytes) -> bool:
        """Take what came; return whether the request is complete by now.

        Raises:
            h11.RemoteProtocolError: this is not HTTP/1.1.
        """
        if self._h11 is not None:
            return self._feed_h11(self._h11, data)
        if self.request is not None:
            return self._feed_body(self.request, data)
        head = self._head
        if not head:
            data = data.lstrip(_LINE_BREAKS)
        searched = max(0, len(head) - 2)
        head += data
        end = _END_OF_HEAD.search(head, searched)
        if end is None:
            is_refused = len(head) > HEAD_LIMIT_BYTES or head[:1] < b"!"  # as TLS is
            return self._feed_h11(self._begin_h11(), bytes(head)) if head and is_refused else False
        whole, data = bytes(head[: end.end()]), bytes(head[end.end() :])
        head.clear()
        found = plain_head(whole)
        if found is None:
            return self._feed_h11(self._begin_h11(), _ascii_line(whole) + data)
        self.request, self._missing_bytes = Http1Request(found[0]), found[1]
        return self._feed_body(self.request, data)

    def take_whole(self, data: bytes) -> Http1Request | None:
        """Return the request if this is one, plain and whole; None if not, and nothing is taken."""
        if self.request is not None or self._h11 is not None or self._head:
            return None
        end = data.find(_END_OF_PLAIN_HEAD) + len(_END_OF_PLAIN_HEAD)
        found = plain_head(data[:end])
        if found is None or len(data) != end + found[1]:
            return None
        self.request = Http1Request(found[0], bytearray(data[end:]))
        return self.request

    @property
    def waits_to_go_on(self) -> bool:
        """Whether the client waits until it is told to send its body."""
        return self._h11 is not None and self._h11.they_are_waiting_for_100_continue

    def go_on(self) -> bytes:
        """What tells it."""
        assert self._h11 is not None
        return self._h11.send(h11.InformationalResponse(status_code=100, headers=[])) or b""

    @property
    def behind(self) -> bytes:
        """What came behind the request."""
        return self._behind if self._h11 is None else self._h11.trailing_data[0]

    def _feed_body(self, request: Http1Request, data: bytes) -> bool:
        request.body += data[: self._missing_bytes]
        self._behind = data[self._missing_bytes :]
        self._missing_bytes -= len(data) - len(self._behind)
        return not self._missing_bytes

    def _begin_h11(self) -> h11.Connection:
        self._h11 = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_LIMIT_BYTES)
        return self._h11

    def _feed_h11(self, parser: h11.Connection, data: bytes) -> bool:
        if data:  # h11 takes nothing for the end
            parser.receive_data(data)
        while True:
            event = parser.next_event()
            if isinstance(event, h11.Request):
                self.request = Http1Request(Http1Head.of(event))
            elif isinstance(event, h11.Data) and self.request is not None:
                self.request.body += event.data
            else:
                return isinstance(event, h11.EndOfMessage)


def _ascii_line(head: bytes) -> bytes:
    """The head with a request line in ASCII."""
    if head[:1] < b"!":  # it is none
        return head
    line, end, rest = head.partition(b"\n")
    return _RAW.sub(lambda found: b"%%%02X" % ord(found[0]), line) + end + rest
