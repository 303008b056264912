"""What a search finds: secrets, each with where it is; and what replaces them."""

import hmac
from binascii import a2b_base64, b2a_base64
from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple

Span = tuple[int, int]

_URL_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_STANDARD_TO_URL = bytes.maketrans(b"+/", b"-_")

# The pattern of numbers that stand without quotes: their placeholder is a number, too.
NUMBER_FIELD = "number-field"


class Finding(NamedTuple):
    """A secret in some bytes.

    Attributes:
        pattern: the name of what it was found by.
        spans: its byte offsets (start, end): several if it is in pieces, in order.
        secret: the secret itself, without what surrounds or cuts it.
        inside: if the span is base64, what is in the bytes that it stands for.
    """

    pattern: str
    spans: tuple[Span, ...]
    secret: bytes
    inside: tuple["Finding", ...] = ()

    @property
    def start(self) -> int:
        return self.spans[0][0]


def masked(data: bytes, found: Iterable[Finding], salt: bytes) -> bytes:
    """The bytes with each finding replaced by its placeholder; their number is unchanged."""
    changed = bytearray(data)
    for item in found:
        if item.inside:
            (start, end), *_ = item.spans
            word = data[start:end]
            changed[start:end] = _encode(masked(decode_base64(word), item.inside, salt), word)
            continue
        size = sum(end - start for start, end in item.spans)
        new = b"9" * size if item.pattern == NUMBER_FIELD else placeholder(item.secret, salt, size)
        for start, end in item.spans:
            changed[start:end], new = new[: end - start], new[end - start :]
    return bytes(changed)


def decode_base64(word: bytes) -> bytes:
    """The bytes that a base64 word stands for, in either alphabet, with or without padding.

    Raises:
        binascii.Error: it is not base64.
    """
    return a2b_base64(word.translate(_URL_TO_STANDARD) + b"=" * (-len(word) % 4))


def _encode(data: bytes, like: bytes) -> bytes:
    """Base64 in the alphabet, and of the length, of another word."""
    word = b2a_base64(data, newline=False)[: len(like)]
    return word.translate(_STANDARD_TO_URL) if b"-" in like or b"_" in like else word


def placeholder(secret: bytes, salt: bytes, size: int | None = None) -> bytes:
    """The replacement for a secret: of `size` bytes, equal for equal secrets, irreversible.

    `masked-`, up to 12 hexadecimal digits of an HMAC-SHA256, and `x` up to the length; asterisks
    if that does not fit. With the size of the secret (the default), chunk sizes and
    Content-Length stay true.
    """
    size = len(secret) if size is None else size
    if size < len("masked-0"):
        return b"*" * size
    digits = hmac.new(salt, secret, sha256).hexdigest()[:12].encode()
    return (b"masked-" + digits).ljust(size, b"x")[:size]


def without_overlaps(found: Iterable[Finding], data: bytes) -> list[Finding]:
    """Sort findings; join those that overlap into one, named after the first."""
    result: list[Finding] = []
    reaching: list[int] = []  # the results that reach beyond the place that is looked at
    for item in sorted(found, key=lambda item: (item.start, -item.spans[-1][1])):
        reaching = [n for n in reaching if result[n].spans[-1][1] > item.start]
        for number in reaching:
            if _overlap(result[number], item):
                result[number] = _joined(result[number], item, data)
                break
        else:
            reaching.append(len(result))
            result.append(item)
    return result


def _overlap(one: Finding, other: Finding) -> bool:
    return any(a < d and c < b for a, b in one.spans for c, d in other.spans)


def _joined(one: Finding, other: Finding, data: bytes) -> Finding:
    if all(any(a <= c and d <= b for a, b in one.spans) for c, d in other.spans):
        return one
    spans: list[Span] = []
    for start, end in sorted(one.spans + other.spans):
        if spans and start <= spans[-1][1]:
            spans[-1] = spans[-1][0], max(spans[-1][1], end)
        else:
            spans.append((start, end))
    return Finding(one.pattern, tuple(spans), b"".join(data[a:b] for a, b in spans))
