"""Finds secrets by their shape: keys with a known prefix, JWTs, PEM blocks, credentials in URLs.

Only the long words of a text are compared with the shapes, all of which are one expression.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from ssetape.masking.findings import Finding
from ssetape.masking.randomness import is_opaque, is_placeholder
from ssetape.masking.shapes import SHAPES, UNPREFIXED, Shape
from ssetape.masking.words import REMEMBERED_BYTES, Word

# A key does not begin within such a run of characters.
_RUN = re.compile(rb"[A-Za-z0-9_-]+")
# But it may after an escape, as in `\nsk-...` and `%20sk-...`.
_START = r"(?:(?<![A-Za-z0-9_-])|(?<=\\[nrtbf])|(?<=\\u[0-9A-Fa-f]{4})|(?<=%[0-9A-Fa-f]{2}))"


def _any(shapes: Sequence[Shape], before: str = "") -> re.Pattern[bytes]:
    """An expression for any of the shapes: the group that matches is named after its name."""
    each = (
        f"(?P<{shape.name.replace('-', '_')}_{n}>{shape.regex})" for n, shape in enumerate(shapes)
    )
    return re.compile(f"{before}(?:{'|'.join(each)})".encode())


_BEGINNINGS = frozenset(shape.regex[:2].encode() for shape in SHAPES)
_SHAPE = _any(SHAPES)
_UNPREFIXED = _any(UNPREFIXED, _START)
_AMONG_ESCAPES = _any((*SHAPES, *UNPREFIXED), _START)
_RANDOM = frozenset(shape.name for shape in SHAPES if shape.is_random)

# What does not consist of one long word. The group is the secret.
_OTHERS = (
    (
        "private-key",
        re.compile(
            rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"
            rb"(?!(?:\\+[nr]|\s)*(?:data: ?)?masked)"
            rb"((?:(?!-----END)(?:\\+[nr]|[A-Za-z0-9+/=:,\s-]))+(?:-----END [A-Z0-9 ]*-----)?)"
        ),
    ),
    (
        "bearer-token",
        re.compile(rb"earer(?: |%20|\+|\\t)+((?=[A-Za-z._~+/=-]*\d)[A-Za-z0-9._~+/=-]{8,})"),
    ),
    (
        "url-password",
        re.compile(rb"""://[^\s/?#@"'\\<>:]{0,200}:([^\s/?#@"'\\<>:]{1,200})@"""),
    ),
)
_LINE = re.compile(rb"(?:(?<=\n)data: ?)?([^\r\n]+)")


def by_shape(data: bytes, words: Iterable[Word]) -> Iterator[Finding]:
    """Yield what has the shape of a secret; findings may overlap.

    Args:
        words: the long words of `data`.
    """
    for begin, word in words:
        find = _remembered if len(word) <= REMEMBERED_BYTES else _in_word
        for name, start, end in find(word):
            yield Finding(name, ((begin + start, begin + end),), word[start:end])
    for name, regex in _OTHERS:
        for match in regex.finditer(data):
            if not is_placeholder(match[1].decode("latin-1")):
                yield Finding(name, tuple(_lines(data, *match.span(1))), match[1])


def _lines(data: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The spans of the lines between two places, so that the ends of lines stay."""
    for line in _LINE.finditer(data, start, end):
        yield line.span(1)


def _in_word(word: bytes) -> list[tuple[str, int, int]]:
    """The keys in a long word: name, start, end."""
    found = []
    for match in _matches(word):
        assert match.lastgroup is not None
        name = match.lastgroup.rpartition("_")[0].replace("_", "-")
        if name not in _RANDOM or is_opaque(match[0].decode("latin-1")):
            found.append((name, *match.span()))
    return found


def _matches(word: bytes) -> Iterator[re.Match[bytes]]:
    if b"\\" in word or b"%" in word:
        yield from _AMONG_ESCAPES.finditer(word)
        return
    end = 0
    for run in _RUN.finditer(word):
        start = run.start()
        may_match = start >= end and word[start : start + 2] in _BEGINNINGS
        if may_match and (match := _SHAPE.match(word, start)):
            end = match.end()
            yield match
    if len(word) <= REMEMBERED_BYTES:
        yield from _UNPREFIXED.finditer(word)


_remembered = lru_cache(maxsize=4096)(_in_word)
