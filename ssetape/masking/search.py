"""Finds all secrets in some bytes: by shape and by name, as they are and in every coat. Pure."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate

from ssetape.masking.beginnings import beginnings
from ssetape.masking.by_name import by_name
from ssetape.masking.by_shape import by_shape
from ssetape.masking.coats import base64_words, escaped
from ssetape.masking.findings import Finding, without_overlaps
from ssetape.masking.pieces import messages
from ssetape.masking.words import Word, long_words

# Coats inside coats: JSON in a form in base64, for example.
_COATS = 3


def find(data: bytes, coats: int = _COATS) -> list[Finding]:
    """Return the secrets in `data`, in order, without overlaps; placeholders do not count."""
    words = long_words(data)
    found = [*by_shape(data, words), *by_name(data)]
    if coats:
        for view in (*escaped(data), *messages(data)):
            found += map(view.back, find(view.text, coats - 1))
        found += _in_base64(words, coats - 1)
    found += beginnings(found, data)
    return without_overlaps(found, data)


def _in_base64(words: Iterable[Word], coats: int) -> Iterator[Finding]:
    """Yield the base64 words with secrets. All are searched together: each may be a piece."""
    texts = list(base64_words(words))
    if not texts:
        return
    starts = [0, *accumulate(len(text) + 1 for _, _, text in texts)]
    found = find(b"\n".join(text for _, _, text in texts), coats)
    inside: dict[int, list[Finding]] = {}
    for item in found:
        for first, last in item.spans:
            number = bisect_right(starts, first) - 1
            start, size = starts[number], len(texts[number][2])
            span = first - start, min(last - start, size)
            text = texts[number][2][span[0] : span[1]]
            inside.setdefault(number, []).append(Finding(item.pattern, (span,), text))
    for number, items in inside.items():
        place, word, _ = texts[number]
        yield Finding(items[0].pattern, ((place, place + len(word)),), word, tuple(items))
