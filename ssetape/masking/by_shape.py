"""Finds likely secrets in bytes, by their shape. Pure, standard library only.

A shape counts if it can hardly be anything but a secret: a known prefix followed by enough
characters, or the value of a field with a telling name. Other secrets are not found.
"""

import hmac
import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import NamedTuple

# `re` holds the interpreter lock while it searches, so data is searched in windows.
_WINDOW_BYTES = 64 * 1024

# Field names whose values are secrets, in JSON, forms and queries.
_NAMES = (
    "access_token|accessToken|refresh_token|refreshToken|id_token|idToken|session_token|"
    "sessionToken|api_key|apiKey|apikey|api-key|client_secret|clientSecret|password"
)
# Not within a word. A JSON escape before it, as in `\nsk-...`, is not part of a word.
_START = r"(?:(?<![A-Za-z0-9_-])|(?<=\\[nrtbf])|(?<=\\u[0-9A-Fa-f]{4}))"

_PLACEHOLDER = re.compile(rb"masked-[0-9a-f]{1,12}x*|\*+|MASKED")


class SecretMatch(NamedTuple):
    """The byte offsets of a secret, and the name of the pattern that found it."""

    start: int
    end: int
    pattern: str


class _Pattern(NamedTuple):
    name: str
    hints: tuple[bytes, ...]  # every match contains one of them
    regex: re.Pattern[bytes]  # its group `secret` is masked


def _pattern(name: str, hints: str, regex: str) -> _Pattern:
    return _Pattern(name, tuple(hints.encode().split(b"|")), re.compile(regex.encode()))


def _key(name: str, hints: str, regex: str) -> _Pattern:
    return _pattern(name, hints, f"{_START}(?P<secret>{regex})")


PATTERNS = (
    _key("anthropic-key", "sk-ant-", r"sk-ant-[A-Za-z0-9_-]{16,}"),
    _key("openrouter-key", "sk-or-", r"sk-or-(?=[A-Za-z_-]*\d)[A-Za-z0-9_-]{16,}"),
    # Must contain a digit, which hyphenated words do not.
    _key("openai-key", "sk-", r"sk-(?=[A-Za-z_-]*\d)[A-Za-z0-9_-]{20,}"),
    _key("google-key", "AIza", r"AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])"),
    _key("github-token", "gh", r"(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{36,})"),
    _key("hugging-face-token", "hf_", r"hf_[A-Za-z0-9]{30,}"),
    _key("aws-key-id", "AKIA|ASIA", r"(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])"),
    _key("slack-token", "xox", r"xox[abeoprs]-(?=[A-Za-z-]*\d)[A-Za-z0-9-]{10,}"),
    _key("stripe-key", "k_live_", r"[sr]k_live_[A-Za-z0-9]{16,}"),
    _key("jwt", "eyJ", r"eyJ[A-Za-z0-9_-]{5,}\.eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{10,}"),
    _pattern(
        "bearer-token",
        "earer",
        _START + r"[Bb]earer(?: |%20|\+)+(?P<secret>(?=[A-Za-z._~+/=-]*\d)[A-Za-z0-9._~+/=-]{8,})",
    ),
    _pattern(
        "url-password",
        "://",
        r"""://[^\s/?#@"'\\<>:]{0,200}:(?P<secret>[^\s/?#@"'\\<>:]{1,200})@""",
    ),
    # Quotes with any number of backslashes: JSON inside JSON strings.
    _pattern(
        "json-field",
        _NAMES,
        rf'"(?:{_NAMES})\\*"[ \t]*:[ \t]*\\*"'
        r'(?P<secret>(?:[^"\\\r\n]|\\[/nrtbf]|\\u[0-9A-Fa-f]{4})+)',
    ),
    # Only in forms and queries: in prose the names are ordinary words.
    _pattern(
        "form-field",
        _NAMES,
        r"(?:\A|(?<=[?&;])|(?<=\\u0026))"
        rf"(?:{_NAMES})=(?P<secret>[^=&\s\"'<>\\;#][^&\s\"'<>\\;#]*)",
    ),
)


def find(data: bytes) -> list[SecretMatch]:
    """Return the secrets in `data`, in order, without overlaps; placeholders do not count."""
    taken: list[SecretMatch] = []
    for pattern in PATTERNS:
        if not any(hint in data for hint in pattern.hints):
            continue
        for match in _matches(pattern.regex, data):
            start, end = match.span("secret")
            if not _PLACEHOLDER.fullmatch(match["secret"]):
                taken.append(SecretMatch(start, end, pattern.name))
    return _without_overlaps(taken)


def placeholder(secret: bytes, salt: bytes) -> bytes:
    """The replacement for a secret: of the same length, equal for equal secrets, irreversible.

    `masked-`, up to 12 hexadecimal digits of an HMAC-SHA256, and `x` up to the length; asterisks
    if that does not fit. With the same length, chunk sizes and Content-Length stay true.
    """
    size = len(secret)
    if size < len("masked-0"):
        return b"*" * size
    digits = hmac.new(salt, secret, sha256).hexdigest()[:12].encode()
    return (b"masked-" + digits).ljust(size, b"x")[:size]


def mask(data: bytes, salt: bytes) -> tuple[bytes, list[SecretMatch]]:
    """The bytes with every secret replaced by its placeholder, and the secrets found."""
    found = find(data)
    return masked(data, found, salt) if found else data, found


def masked(data: bytes, found: Iterable[SecretMatch], salt: bytes) -> bytes:
    """The bytes with each match replaced by its placeholder."""
    changed = bytearray(data)
    for start, end, _ in found:
        changed[start:end] = placeholder(data[start:end], salt)
    return bytes(changed)


def _matches(regex: re.Pattern[bytes], data: bytes) -> Iterator[re.Match[bytes]]:
    """`finditer`, in pieces. A match that reaches the end of a piece is matched again in full."""
    pos, size = 0, len(data)
    while pos < size:
        limit = min(size, pos + 2 * _WINDOW_BYTES)
        match = regex.search(data, pos, limit)
        if match is not None and match.end() == limit < size:
            match = regex.search(data, match.start())
        if match is not None:
            yield match
            pos = match.end()
        elif limit == size:
            return
        else:
            pos += _WINDOW_BYTES


def _without_overlaps(found: list[SecretMatch]) -> list[SecretMatch]:
    """Sort the matches; merge those that overlap into one, named after the first."""
    merged: list[SecretMatch] = []
    for item in sorted(found, key=lambda item: (item.start, -item.end)):
        if merged and item.start < merged[-1].end:
            last = merged[-1]
            merged[-1] = SecretMatch(last.start, max(last.end, item.end), last.pattern)
        else:
            merged.append(item)
    return merged
