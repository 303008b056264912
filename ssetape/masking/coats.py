"""Sees through what hides a secret within a word: escapes, percent-encoding, base64."""

import re
from binascii import Error as Base64Error
from collections.abc import Iterable, Iterator
from functools import lru_cache

from ssetape.masking.findings import Span, decode_base64
from ssetape.masking.views import JSON_ESCAPE, PERCENT, View
from ssetape.masking.words import REMEMBERED_BYTES, Word

_COATED = re.compile(rb"\\+(?:u00|x)[0-7]|%[2-7][0-9A-Fa-f]")
# Where a coated word ends.
_BORDERS = (b" ", b"\t", b"\r", b"\n", b'"', b"'", b"<", b">")
_UNTIL_BORDER = re.compile(rb"[^ \t\r\n\"'<>]*")
_COATED_BYTES = 64 * 1024

_BASE64 = re.compile(rb"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]{24,}={0,2}(?![A-Za-z0-9+/_=-])")
_PROBE_CHARACTERS = 24
_PRINTABLE = re.compile(rb"[\t\r\n -~\x80-\xff]*")


def escaped_words(data: bytes) -> Iterator[View]:
    """Yield what the words with escapes mean."""
    if b"%" not in data and b"\\u00" not in data and b"\\x" not in data:
        return
    end = 0
    for match in _COATED.finditer(data):
        if match.start() >= end:
            start, end = _word(data, match.start())
            view = View()
            view.add(data, (start, end), PERCENT if match[0].startswith(b"%") else JSON_ESCAPE)
            yield view


def base64_words(words: Iterable[Word]) -> Iterator[tuple[Span, bytes]]:
    """Yield where base64 of text is within long words, and that text."""
    for start, word in words:
        find = _remembered if len(word) <= REMEMBERED_BYTES else _in_word
        for first, last, plain in find(word):
            yield (start + first, start + last), plain


def _in_word(word: bytes) -> list[tuple[int, int, bytes]]:
    found = []
    for match in _BASE64.finditer(word):
        try:
            # Most words are no base64: this begins like text if it is one.
            if _PRINTABLE.fullmatch(decode_base64(match[0][:_PROBE_CHARACTERS])):
                found.append((*match.span(), decode_base64(match[0])))
        except Base64Error:
            continue
    return found


_remembered = lru_cache(maxsize=4096)(_in_word)


def _word(data: bytes, place: int) -> Span:
    """The word around a place."""
    first = max(0, place - _COATED_BYTES)
    start = max(data.rfind(border, first, place) for border in _BORDERS) + 1
    match = _UNTIL_BORDER.match(data, place, place + _COATED_BYTES)
    return max(first, start), match.end() if match else place
