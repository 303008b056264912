"""The elements of one JSON array as messages, as Gemini streams it without `alt=sse`.

https://www.rfc-editor.org/rfc/rfc8259#section-5
"""

import re
from collections.abc import Iterator

from ssetape.format.values import Headers
from ssetape.messages.framed import Found, Framed
from ssetape.sse import EVENT_LIMIT_BYTES

# All that decides where an element ends. Of a string only its end is looked for, and what hides it.
_OUTSIDE = re.compile(rb'["{}\[\],]')
_INSIDE = re.compile(rb'["\\]')


class JsonArray(Framed):
    """Frames the elements of an array, as they were written."""

    def __init__(self, headers: Headers, limit_bytes: int = EVENT_LIMIT_BYTES) -> None:
        super().__init__(headers, limit_bytes)
        self._offset = 0  # of the byte that comes next
        self._pieces: list[bytes] = []
        self._start = 0
        self._depth = 0  # 1 is within the array
        self._in_string = self._is_escaped = False

    def _find(self, data: bytes) -> Iterator[Found]:
        position = taken = 0
        if self._is_escaped and data:
            position, self._is_escaped = 1, False
        while match := (_INSIDE if self._in_string else _OUTSIDE).search(data, position):
            position = match.end()
            char = match[0]
            if char == b"\\":
                position += 1
                self._is_escaped = position > len(data)
            elif char == b'"':
                self._in_string = not self._in_string
            elif char in b"{[":
                self._depth += 1
                if self._depth == 1:
                    taken = position
                    self._start = self._offset + taken
            elif char in b"}]":
                self._depth -= 1
                if self._depth == 0:
                    yield from self._element(data[taken : match.start()])
                    taken = position
            elif self._depth == 1:
                yield from self._element(data[taken : match.start()])
                taken = position
                self._start = self._offset + taken
        if self._depth:
            self._pieces.append(data[taken:])
        self._offset += len(data)

    def _open_since(self) -> int:
        return self._start if self._depth else self._offset

    def _element(self, last: bytes) -> Iterator[Found]:
        whole = b"".join([*self._pieces, last])
        self._pieces.clear()
        element = whole.lstrip()
        if element:
            yield Found(self._start + len(whole) - len(element), "", element.rstrip())
