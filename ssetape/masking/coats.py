"""Sees through what hides a secret within a word: escapes, percent-encoding, base64."""

import re
from binascii import Error as Base64Error
from collections.abc import Iterable, Iterator
from functools import lru_cache

from ssetape.masking.findings import decode_base64
from ssetape.masking.views import PERCENT, UNICODE_ESCAPE, View
from ssetape.masking.words import REMEMBERED_BYTES, Word

_PERCENT_START = re.compile(rb"%[2-7][0-9A-Fa-f]")
_WORD_BORDERS = (b" ", b"\t", b"\r", b"\n", b'"', b"'", b"<", b">")
# What other escapes mean cannot be a part of a key.
_ESCAPES = (b"\\u00", b"\\x", b"\\/")
_ESCAPE_START = re.compile(rb"\\(?:u00|x)[0-7]|\\/")
_LINE_BORDERS = (b"\n",)
_COATED_BYTES = 64 * 1024

_BASE64 = re.compile(rb"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]{24,}={0,2}(?![A-Za-z0-9+/_=-])")
_PROBE_CHARACTERS = 24
_PRINTABLE = re.compile(rb"[\t\r\n -~\x80-\xff]*")


def escaped(data: bytes) -> Iterator[View]:
    """Yield what percent-encoded words and lines with escapes in strings mean."""
    if b"%" in data:
        yield from _views(data, _PERCENT_START, _WORD_BORDERS, PERCENT)
    if any(escape in data for escape in _ESCAPES):
        yield from _views(data, _ESCAPE_START, _LINE_BORDERS, UNICODE_ESCAPE)


def _views(
    data: bytes, coated: re.Pattern[bytes], borders: tuple[bytes, ...], escapes: re.Pattern[bytes]
) -> Iterator[View]:
    """Yield what the stretches between borders mean that have something coated."""
    end = 0
    for match in coated.finditer(data):
        place = match.start()
        if place >= end:
            start = 1 + max(data.rfind(border, end, place) for border in borders)
            ends = (data.find(border, place, place + _COATED_BYTES) for border in borders)
            end = min((found for found in ends if found >= 0), default=place + _COATED_BYTES)
            view = View()
            view.add(data, (max(start, place - _COATED_BYTES, 0), min(end, len(data))), escapes)
            yield view


def base64_words(words: Iterable[Word]) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield the base64 of text within long words: where it begins, itself, and the text."""
    for start, word in words:
        find = _remembered if len(word) <= REMEMBERED_BYTES else _in_word
        for first, last, plain in find(word):
            yield start + first, word[first:last], plain


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
