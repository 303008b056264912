"""The features by which two requests are alike, each with a weight. Pure.

Words and the model weigh much; what differs in every request, such as ids, times and tokens,
weighs next to nothing, but something: of two captures that are else alike, it decides.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from ssetape.requests.content import Content, Kind
from ssetape.requests.location import Location

from .bodies import MARK

# Weights, as powers of two.
_ID, _WORD, _VALUE, _SAID_WORD, _SAID, _PARAMETER, _MODEL = 0, 1, 2, 2, 5, 6, 5
HOST, EVENT_ID, HEADER = 0, 3, 7
# Once a body has so many, the rest of it is not looked at. The most important come first: the
# model, then messages, the last one first. It bounds the time and the memory for each capture.
FEATURES_LIMIT = 512
# Of a longer text, the words of its beginning and its end count, and the text as a whole.
_ENDS_CHARACTERS = 2000
# A number from here on is a moment, or an id.
_LONG_NUMBER = 10**8
# Nothing longer is an id: it may be a picture.
_ID_CHARACTERS = 128

# Shorter words in a text are no ids.
_SHORT_ID = 8
# What stands around words.
_MARKS = "\"'()[]{}<>,;:."
# Texts whose words are kept: a chat's instructions are the same in all its requests.
_TEXTS = 256

# What people and models say, in all APIs.
_MESSAGES = frozenset(
    {
        *("content", "contents", "input", "message", "messages", "parts", "prompt", "q", "query"),
        *("question", "text"),
    }
)
# The last word of the names of what differs in every request.
_ID_WORDS = [
    *("id", "ids", "uuid", "guid", "nonce", "hash", "seed", "sign", "signature", "token"),
    *("at", "created", "date", "time", "timestamp", "ts", "tz", "session", "cursor"),
]
_ID_NAME = re.compile(
    rf"(?:^|[_.-])(?i:{'|'.join(_ID_WORDS)})$"
    rf"|[a-z](?:{'|'.join(map(str.capitalize, _ID_WORDS))}|ID|UUID)$"
)
_ID_VALUE = re.compile(
    r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}"  # a UUID
    r"|(?=[a-f]*\d)(?:0x)?[0-9a-f]{12,}"  # hexadecimal
    r"|[+-]?\d{8,}(?:\.\d+)?"  # milliseconds, a snowflake
    r"|\d{4}-\d\d(?:-\d\d)?(?:[T ].*)?|\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?"
    r"|(?=\D*\d)[A-Za-z]{1,12}[-_][\w-]{12,}"  # msg_01XFDUDYJgAACzvnptvVoYEL
    r"|eyJ[\w-]+\.[\w-]+\.[\w-]*"  # a JWT
    r"|(?-i:(?=[^A-Z]*[A-Z])(?=[^a-z]*[a-z])(?=\D*\d)[\w+/-]{16,}={0,2})",  # base64
    re.IGNORECASE,
)
_CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_WORD_IN = re.compile(rf"[{_CJK}]|[^\W{_CJK}]+")

# By the hash of a feature, its weight (a power of two).
Features = dict[int, int]


def features_of(at: Location, content: Content) -> Features:
    """The features of a request's query and body."""
    found: Features = {}
    for name, value in at.query:
        _add_parameter(found, name, value)
    if content.kind is Kind.BYTES:
        text = content.value[:_ENDS_CHARACTERS].decode("latin-1")
        found[hash((content.value,))] = _SAID
        _add_words(found, text, is_said=False)
    else:
        for name, value, is_said in _leaves(content.value, "", content.kind is Kind.TEXT):
            _add_value(found, name, value, is_said)
            if len(found) >= FEATURES_LIMIT:
                break
    return found


def _add_parameter(found: Features, name: str, value: str) -> None:
    if _is_id(name, value):
        found[hash(("?", name, value))] = _ID
    else:
        found[hash(("?", name, value))] = _PARAMETER
        _add_words(found, value, is_said=True)


def _add_value(found: Features, name: str, value: Any, is_said: bool) -> None:
    if "model" in name.lower():
        found[hash((name, value))] = _MODEL
    elif _is_id(name, value):
        found[hash((name, value))] = _ID
    elif type(value) is str and is_said:
        found[hash(("", value))] = _SAID
        _add_words(found, value, is_said=True)
    else:
        found[hash((name, type(value), value))] = _VALUE
        if type(value) is str:
            _add_words(found, value, is_said=False)


def _add_words(found: Features, text: str, *, is_said: bool) -> None:
    if len(text) > 2 * _ENDS_CHARACTERS:
        text = f"{text[:_ENDS_CHARACTERS]} {text[-_ENDS_CHARACTERS:]}"
    for feature, weight in _words(text, is_said):
        found.setdefault(feature, weight)


@lru_cache(maxsize=_TEXTS)
def _words(text: str, is_said: bool) -> list[tuple[int, int]]:
    """The features of a text's words."""
    words: list[str] = []
    ids: list[str] = []
    for token in text.split():
        is_id = len(token) >= _SHORT_ID and not token.isalpha() and _is_id("", token.strip(_MARKS))
        (ids if is_id else words).append(token)
    found = [(hash((token,)), _ID) for token in ids]
    weight = _SAID_WORD if is_said else _WORD
    unlike = dict.fromkeys(_WORD_IN.findall(" ".join(words).lower()))
    return [*((hash((word, is_said)), weight) for word in unlike), *found]


def _is_id(name: str, value: Any) -> bool:
    """Whether a value is likely to differ in every request."""
    if type(value) is bool or value is None:
        return False
    if _ID_NAME.search(name):
        return True
    if type(value) in (int, float) and abs(value) >= _LONG_NUMBER:
        return True
    if type(value) is not str or len(value) > _ID_CHARACTERS:
        return False
    return MARK in value or _ID_VALUE.fullmatch(value) is not None


def _leaves(value: Any, name: str, is_said: bool) -> Iterator[tuple[str, Any, bool]]:
    """Yield the name, the value, and whether it is part of a message, the most important first."""
    if type(value) is dict:
        for key in sorted(value, key=_importance):
            yield from _leaves(value[key], key, is_said or key in _MESSAGES)
    elif type(value) is list:
        for inner in reversed(value):
            yield from _leaves(inner, name, is_said)
    else:
        yield name, value, is_said and name not in ("role", "type")


def _importance(name: str) -> tuple[bool, bool, str]:
    return "model" not in name.lower(), name not in _MESSAGES, name
