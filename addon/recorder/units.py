"""Cuts a body into its events or lines as the bytes arrive. Pure: bytes in, units out.

A unit has the bytes of its end, so that the units together are the body.
"""

import re

from ssetape.format.values import Headers
from ssetape.messages import detection

# An unfinished unit is held until its end. A longer one, such as an image in an event, is cut.
HELD_LIMIT_BYTES = 4 * 1024 * 1024

_AWS_TYPE = "application/vnd.amazon.eventstream"
_VERCEL_DATA = "x-vercel-ai-data-stream"
_LINE_TYPES = detection.STREAM_TYPES - {detection.EVENT_STREAM, _AWS_TYPE}

# How units end: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
_EVENT_END = re.compile(rb"(?>\r\n|\n|\r){2}")
_LINE_END = re.compile(rb"\n")
# Part of an end may already be there, and the rest come later.
_END_BYTES = 4
_WHITE = b" \t\r\n\xef\xbb\xbf"


class Units:
    """The units of one body, which are events unless it begins as JSON does, or `are_lines`."""

    def __init__(self, *, are_lines: bool = False) -> None:
        self._end: re.Pattern[bytes] | None = _LINE_END if are_lines else None
        self._held = bytearray()
        self._searched_bytes = 0
        self._last = 0

    @property
    def is_holding(self) -> bool:
        """Whether an unfinished unit is held."""
        return bool(self._held)

    def feed(self, data: bytes) -> list[bytes]:
        """The units that `data` completes."""
        self._held += data
        if self._end is None and (start := self._held.lstrip(_WHITE)):
            # Errors, and some servers' lines, are labelled as events.
            self._end = _LINE_END if start.startswith(b"{") else _EVENT_END
        units = []
        if self._last == ord("\r") and self._held[:1] == b"\n":
            units.append(self._take(1))  # the rest of an end that was cut within it
        while self._end is not None and (found := self._end.search(self._held, self._from())):
            units.append(self._take(found.end()))
        self._searched_bytes = len(self._held)
        if len(self._held) > HELD_LIMIT_BYTES:
            units.append(self.end())
        return units

    def end(self) -> bytes:
        """What is left at the end of the body."""
        return self._take(len(self._held))

    def _from(self) -> int:
        return max(0, self._searched_bytes - _END_BYTES)

    def _take(self, size: int) -> bytes:
        unit = bytes(self._held[:size])
        del self._held[:size]
        self._searched_bytes = 0
        self._last = unit[-1] if unit else self._last
        return unit


def of(headers: Headers) -> Units | None:
    """What cuts the body of a response; None if it is not made of events or lines."""
    types = detection.media_types(headers)
    if detection.EVENT_STREAM in types:
        return Units()
    if _LINE_TYPES.intersection(types) or any(name.lower() == _VERCEL_DATA for name, _ in headers):
        return Units(are_lines=True)
    return None
