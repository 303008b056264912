"""Decides by its look whether a value was drawn at random, as keys are, or consists of words.

Standard library only, because the recorder loads it.
"""

import re

# What people and tools write where a secret was or should be.
_PLACEHOLDER = re.compile(
    r"""masked-[0-9a-f]{1,12}x*|(?:\w+[ ])?MASKED|[*.•x9-]+|null|none|undefined|true|false|string
    |\[?redacted\]?|<.*>|\[.*\]|\{.*\}|\$\{?\w+[}]?|%\w+%|__\w+__|(?:your|my|the|some)[ _-].*
    |(?:change|replace)[ _-]?me.*|example|test|dummy|required|optional|yes|no|on|off""",
    re.IGNORECASE | re.VERBOSE,
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-][\d:]+)?)?")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_ONE_WORD = re.compile(r"[!-~]+")
_HEX = re.compile(r"(?:[0-9a-f]{16,}|[0-9A-F]{16,})")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|[./~]*/[A-Za-z]|data:[a-z]")
_BASE64 = re.compile(r"(?=.*[0-9])(?=.*[a-z])(?=.*[A-Z])[A-Za-z0-9+/]+={0,2}")
_WITHOUT_SIGNS = str.maketrans("", "", "+/=")
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_SEGMENTS = re.compile(r"[^A-Za-z0-9]+")
_VOWEL = re.compile(r"[aeiouyAEIOUY]")
_UNSPEAKABLE = re.compile(r"[^aeiouyAEIOUY0-9]{5}")

# The longest words and numbers (dates) that are taken for such; shorter ones are abbreviations.
_WORD_LETTERS = 16
_NUMBER_DIGITS = 8
_ABBREVIATION_LETTERS = 3
# Words in CamelCase are on average longer than the parts of random letters between capitals.
_PART_LETTERS = 3.4
OPAQUE_CHARACTERS = 8
# Also under a name that says nothing.
_RANDOM_CHARACTERS = 24


def is_placeholder(value: str) -> bool:
    """Whether a value stands where a secret was or should be."""
    return _PLACEHOLDER.fullmatch(value.strip()) is not None


def is_opaque(value: str) -> bool:
    """Whether a value is one word that does not read like words, numbers, dates or versions."""
    if len(value) < OPAQUE_CHARACTERS or not _ONE_WORD.fullmatch(value) or _URL.match(value):
        return False
    if _DATE.fullmatch(value):
        return False
    if _HEX.fullmatch(value):
        return not value.isdecimal()
    return not all(map(_is_wordy, filter(None, _SEGMENTS.split(value))))


def looks_random(value: str) -> bool:
    """Whether a value is so long and random that it is hardly anything but a key."""
    if len(value) < _RANDOM_CHARACTERS or not _ONE_WORD.fullmatch(value) or _URL.match(value):
        return False
    if _UUID.fullmatch(value):
        return False
    longest = max(_SEGMENTS.split(value), key=len)
    if _BASE64.fullmatch(value):
        longest = value.translate(_WITHOUT_SIGNS)
    has_digit = any(character.isdigit() for character in longest)
    return len(longest) >= _RANDOM_CHARACTERS * 3 // 4 and has_digit and not _is_wordy(longest)


def _is_wordy(segment: str) -> bool:
    """Whether letters and digits without separators are words and numbers."""
    if len(segment) <= _ABBREVIATION_LETTERS:
        return True
    if _HEX.fullmatch(segment) and not segment.isalpha():
        return segment.isdecimal() and len(segment) <= _NUMBER_DIGITS
    parts = _PARTS.findall(segment)
    if len(parts) > 1 and len(segment) / len(parts) < _PART_LETTERS:
        return False
    return all(map(_is_word_or_number, parts))


def _is_word_or_number(part: str) -> bool:
    if part.isdigit():
        return len(part) <= _NUMBER_DIGITS
    if len(part) <= _ABBREVIATION_LETTERS:
        return True
    is_speakable = _VOWEL.search(part) is not None and _UNSPEAKABLE.search(part) is None
    return len(part) <= _WORD_LETTERS and is_speakable
