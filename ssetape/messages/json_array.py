"""JSON values as messages: the elements of one array, or consecutive documents.

Gemini streams an array if the request lacks `alt=sse`. Documents may span many lines, as
pretty-printed ordinary responses do.
https://www.rfc-editor.org/rfc/rfc8259#section-5
"""

import re
from collections.abc import Iterator
from typing import ClassVar

from ssetape.format.values import Headers
from ssetape.messages.framed import Framed, FramedMessage
from ssetape.sse import EVENT_LIMIT_BYTES

# What decides where a value ends. In a string, only its end and the escapes before it do.
_OUTSIDE = re.compile(rb'["{}\[\],]')
_INSIDE = re.compile(rb'["\\]')


class JsonArray(Framed):
    """Frames the elements of an array, as written."""

    # Whether a value includes the outermost brackets; whether commas in these separate values.
    _keeps_brackets: ClassVar[bool] = False
    _splits_at_commas: ClassVar[bool] = True

    def __init__(self, headers: Headers, limit_bytes: int = EVENT_LIMIT_BYTES) -> None:
        super().__init__(headers, limit_bytes)
        self._offset = 0  # of the next byte
        self._pieces: list[bytes] = []
        self._start = 0
        self._depth = 0  # of open brackets
        self._in_string = self._is_escaped = False

    def _find(self, data: bytes) -> Iterator[FramedMessage]:
        position = taken = 0
        if self._is_escaped and data:
            position, self._is_escaped = 1, False
        while match := (_INSIDE if self._in_string else _OUTSIDE).search(data, position):
            position = match.end()
            char = match[0]
            if char == b"\\":
                position += 1
                self._is_escaped = position > len(data)
            elif char in b"{[":
                self._depth += 1
                if self._depth == 1:
                    taken = match.start() if self._keeps_brackets else position
                    self._start = self._offset + taken
            elif not self._depth:
                pass  # between documents
            elif char == b'"':
                self._in_string = not self._in_string
            elif char in b"}]":
                self._depth -= 1
                if self._depth == 0:
                    end = position if self._keeps_brackets else match.start()
                    yield from self._value(data[taken:end])
                    taken = position
            elif self._depth == 1 and self._splits_at_commas:
                yield from self._value(data[taken : match.start()])
                taken = position
                self._start = self._offset + taken
        if self._depth:
            self._pieces.append(data[taken:])
        self._offset += len(data)

    @property
    def open_since(self) -> int:
        return self._start if self._depth else self._offset

    def _value(self, last: bytes) -> Iterator[FramedMessage]:
        whole = b"".join([*self._pieces, last])
        self._pieces.clear()
        value = whole.lstrip()
        if value:
            start = self._start + len(whole) - len(value)
            value = value.rstrip()
            yield FramedMessage(start, start + len(value), "", value)


class JsonDocuments(JsonArray):
    """Frames consecutive objects and arrays, as written."""

    _keeps_brackets = True
    _splits_at_commas = False
