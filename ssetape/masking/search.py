"""Finds all secrets in some bytes: by shape and by name, as they are and in every coat. Pure."""

from ssetape.masking.by_name import by_name
from ssetape.masking.by_shape import by_shape
from ssetape.masking.coats import base64_words, escaped_words
from ssetape.masking.findings import Finding, without_overlaps
from ssetape.masking.pieces import messages
from ssetape.masking.words import long_words

# Coats inside coats: JSON in a form in base64, for example.
_COATS = 3


def find(data: bytes, coats: int = _COATS) -> list[Finding]:
    """Return the secrets in `data`, in order, without overlaps; placeholders do not count."""
    words = long_words(data)
    found = [*by_shape(data, words), *by_name(data)]
    if coats:
        for view in (*escaped_words(data), *messages(data)):
            found += map(view.back, find(view.text, coats - 1))
        for span, plain in base64_words(words):
            if inside := tuple(find(plain, coats - 1)):
                word = data[span[0] : span[1]]
                found.append(Finding(inside[0].pattern, (span,), word, inside))
    return without_overlaps(found, data)
