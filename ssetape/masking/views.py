"""What some bytes mean to their receiver, and which bytes each part of that stands for."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from ssetape.masking.findings import Finding, Span

# Escapes: a match stands for the character with the number in group 1, hexadecimal, or for what
# the letter in group 2 means.
JSON_ESCAPE = re.compile(rb'\\+(?:u00|x)([0-7][0-9A-Fa-f])|\\(["\\/bfnrt])')
UNICODE_ESCAPE = re.compile(rb"\\+(?:u00|x)([0-7][0-9A-Fa-f])|\\+(/)")
PERCENT = re.compile(rb"%([0-7][0-9A-Fa-f])()")
NO_ESCAPE = re.compile(rb"(?!)")
_SHORT_ESCAPES = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}


class _Piece(NamedTuple):
    """A part of a view: where it begins in the view, and the bytes that it stands for.

    `offsets` has the place of each byte, and of the end; None if each stands for itself.
    """

    start: int
    raw_start: int
    raw_end: int
    offsets: list[int] | None


class View:
    """What some bytes mean; what is found in it is found in the bytes.

    Attributes:
        text: the meaning.
    """

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._pieces: list[_Piece] = []
        self._size = 0

    @property
    def text(self) -> bytes:
        return b"".join(self._parts)

    @property
    def is_assembled(self) -> bool:
        """Whether it consists of several pieces."""
        return len(self._pieces) > 1

    def add(self, data: bytes, span: Span, escapes: re.Pattern[bytes]) -> None:
        """Add the meaning of a span of `data`."""
        text, offsets = data[span[0] : span[1]], None
        if b"\\" in text or escapes is PERCENT:
            text, offsets = _unescaped(text, span[0], escapes)
        self._pieces.append(_Piece(self._size, *span, offsets))
        self._parts.append(text)
        self._size += len(text)

    def back(self, found: Finding) -> Finding:
        """A finding in the text as a finding in the bytes."""
        spans = [span for start, end in found.spans for span in self._spans(start, end)]
        return Finding(found.pattern, tuple(spans), found.secret)

    def _spans(self, start: int, end: int) -> Iterator[Span]:
        number = bisect_right(self._pieces, start, key=lambda piece: piece.start) - 1
        while number < len(self._pieces) and (piece := self._pieces[number]).start < end:
            first = max(0, start - piece.start)
            last = end - piece.start
            if piece.offsets is None:
                span = piece.raw_start + first, min(piece.raw_end, piece.raw_start + last)
            else:
                size = len(piece.offsets) - 1
                span = piece.offsets[min(first, size)], piece.offsets[min(last, size)]
            if span[0] < span[1]:
                yield span
            number += 1


def _unescaped(
    raw: bytes, start: int, escapes: re.Pattern[bytes]
) -> tuple[bytes, list[int] | None]:
    """What the bytes mean, and the place of each byte of that; None if nothing is escaped."""
    text = bytearray()
    offsets: list[int] = []
    place = 0
    for match in escapes.finditer(raw):
        if not offsets:
            offsets = list(range(start, start + match.start()))
        else:
            offsets += range(start + place, start + match.start())
        text += raw[place : match.start()]
        if match[1]:
            text.append(int(match[1], 16))
        else:
            text += _SHORT_ESCAPES.get(match[2], match[2])
        offsets.append(start + match.start())
        place = match.end()
    if not place:
        return raw, None
    text += raw[place:]
    offsets += range(start + place, start + len(raw) + 1)
    return bytes(text), offsets
