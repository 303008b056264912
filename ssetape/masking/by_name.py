"""Finds secrets by the names of their fields: JSON, forms, queries, multipart, settings, options.

A field counts wherever it is in a text: JSON at any depth, JSON inside strings, inside prose.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from ssetape.masking.findings import NUMBER_FIELD, Finding
from ssetape.masking.names import Telling, also_masked, is_secret, is_secret_parameter, telling
from ssetape.masking.randomness import is_opaque, is_placeholder

NOTHING, SECRET = Telling.NOTHING, Telling.SECRET

# A part of every telling name, in lower case: only what surrounds these is looked at.
_HINTS = (
    rb"token|secret|passw|passp|passc|pass|pwd|key|auth|session|cookie|csrf|xsrf|jwt|sig|cred|bearer|"
    rb"assert|otp|sess|sid|nonce|ticket|sas|hmac|sentinel|connectionstring|code|saml|pw|cvv|cvc|pin"
)
_NAME = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-[]%"
_NAME_BYTES = 80
_REST = rb"([\w.\[\]%-]{0,60})"
# Also of JSON in a form, where a space may be a plus.
_SPACE = rb"[ \t\r\n+]*"

# Strings, with the quotes of JSON, of JSON in a JSON string (any number of backslashes before
# the quote), or of Python. They end within the line.
_STRING = (
    rb"(?:\"((?:[^\"\\\r\n]|\\.)+)|'((?:[^'\\\r\n]|\\.)+)|"
    rb"\\+[\"']((?:[^\"'\\\r\n]|\\+[/nrtbf]|\\+u[0-9A-Fa-f]{4})+))"
)


def _after_name(*tokens: bytes) -> re.Pattern[bytes]:
    """What follows a part of a name in quotes: its rest (group 1), its quote, some tokens."""
    return re.compile(_REST + rb"\\*[\"']" + _SPACE + _SPACE.join(tokens))


_VALUE = rb"\\*[\"'](?:value|val|v)\\*[\"']"
_FIELD = _after_name(b"(?::|=>)", _STRING)
_NUMBER = _after_name(b":", rb"(\d{3,20})(?![\d.eE])")
_ARRAY = _after_name(b":", rb"\[", b"")
_ITEM = re.compile(_STRING + rb"\\*[\"']" + _SPACE + b",?" + _SPACE)
# {"client_secret": {"value": "..."}}, {"name": "x-api-key", "value": "..."}.
_OBJECT = _after_name(b":", rb"\{", _VALUE, b":", _STRING)
_NAMED = _after_name(b",", _VALUE, b":", _STRING)
_BEFORE_NAMED = re.compile(
    rb"(?:name|key|header|field)\\*[\"']" + _SPACE + b":" + _SPACE + rb"\\*[\"']\Z", re.IGNORECASE
)
# [["x-api-key", "..."]], ["--api-key", "..."].
_PAIR = _after_name(b",", _STRING)
_BEFORE_PAIR = re.compile(rb"[\[,]" + _SPACE + rb"\[" + _SPACE + rb"\\*[\"']\Z")
_PART = re.compile(_REST + rb"\"(?:;[^\r\n]*)?\r?\n(?:[^\r\n]+\r?\n)*\r?\n([^\r\n]+)")
_FORM = re.compile(_REST + rb"=([^&\s\"'<>\\;#]+)")
_OPTION = re.compile(_REST + rb"[ =]+[\"']?([^\s\"'<>\\;]+)")
_FORM_STARTS = (b"?", b"&", b";", b"#", b"\\u0026", b'"', b"'")
_OF_THINKING = (b"signature_delta", b"thinking", b"thought", b"reasoning", b'"delta":')
_SCHEME = re.compile(rb"(?:bearer|basic|token|digest|apikey) +", re.IGNORECASE)


def by_name(data: bytes) -> Iterator[Finding]:
    """Yield the values of fields with telling names; findings may overlap."""
    done = 0
    for hint in _hint(also_masked()).finditer(data.lower()):
        if hint.start() < done:
            continue
        start = _name_start(data, hint.start())
        is_quoted = data[max(0, start - 1) : start] in (b'"', b"'")
        found = _quoted(data, start, hint.end()) if is_quoted else []
        for item in found or _unquoted(data, start, hint.end()):
            done = item.spans[-1][1]
            yield item


@lru_cache(maxsize=4)
def _hint(names: frozenset[str]) -> re.Pattern[bytes]:
    """What finds parts of telling names, and these names."""
    further = sorted(re.sub(r"[^a-z0-9]+", "[_-]?", name.lower()) for name in names)
    return re.compile(b"|".join([_HINTS, *(name.encode() for name in further)]))


def _quoted(data: bytes, start: int, hint_end: int) -> list[Finding]:
    """What the field contains whose name begins with a quote at `start`."""
    for find in (_in_field, _in_part, _in_number, _in_array, _in_object, _in_pair):
        found = find(data, start, hint_end)
        if found is not None:
            return found
    return []


# Each of these returns the secrets in one kind of field, or None if it is of another kind.


def _in_field(data: bytes, start: int, hint_end: int) -> list[Finding] | None:
    match = _FIELD.match(data, hint_end)
    return _in_strings("json-field", data, start, [match]) if match else None


def _in_part(data: bytes, start: int, hint_end: int) -> list[Finding] | None:
    if data[max(0, start - 6) : start] != b'name="':
        return None
    match = _PART.match(data, hint_end)
    if match is None:
        return None
    name, value = _text(data[start : match.end(1)]), _text(match[2])
    is_found = is_secret_parameter(name, value) and not is_placeholder(value)
    return [_finding("form-part", data, match.span(2))] if is_found else []


def _in_number(data: bytes, start: int, hint_end: int) -> list[Finding] | None:
    match = _NUMBER.match(data, hint_end)
    if match is None:
        return None
    # A number of nines is a placeholder.
    is_found = match[2].strip(b"9") and telling(_text(data[start : match.end(1)])) is SECRET
    return [Finding(NUMBER_FIELD, (match.span(2),), match[2])] if is_found else []


def _in_array(data: bytes, start: int, hint_end: int) -> list[Finding] | None:
    match = _ARRAY.match(data, hint_end)
    if match is None:
        return None
    if telling(_text(data[start : match.end(1)])) is NOTHING:
        return []
    items = []
    place = match.end()
    while item := _ITEM.match(data, place):
        items.append(item)
        place = item.end()
    return _in_strings("json-field", data, start, items, match.end(1))


def _in_object(data: bytes, start: int, hint_end: int) -> list[Finding] | None:
    match = _OBJECT.match(data, hint_end)
    return _in_strings("json-field", data, start, [match]) if match else None


def _in_pair(data: bytes, start: int, hint_end: int) -> list[Finding] | None:
    is_option = data.startswith(b"--", start)
    for pair, before in ((_NAMED, _BEFORE_NAMED), (_PAIR, _BEFORE_PAIR)):
        match = pair.match(data, hint_end)
        if match and (is_option or before.search(data, max(0, start - 40), start)):
            return _in_strings("json-field", data, start, [match])
    return None


def _in_strings(
    pattern: str, data: bytes, start: int, matches: list[re.Match[bytes]], name_end: int = 0
) -> list[Finding]:
    """The secrets among strings, each in the last group of its match."""
    found = []
    for match in matches:
        name = _text(data[start : name_end or match.end(1)])
        if name == "signature" and _is_of_thinking(data, start):
            continue
        group = match.lastindex or 0
        if is_secret(name, _text(match[group])):
            found.append(_finding(pattern, data, match.span(group)))
    return found


def _is_of_thinking(data: bytes, place: int) -> bool:
    """Whether a signature is one with which providers sign what a model thought."""
    line = data[data.rfind(b"\n", 0, place) + 1 : place]
    return any(word in line for word in _OF_THINKING)


def _unquoted(data: bytes, start: int, hint_end: int) -> list[Finding]:
    """What a field of a form, a query, a connection string or a settings file contains."""
    is_option = data.startswith(b"--", start)
    match = (_OPTION if is_option else _FORM).match(data, hint_end)
    if match is None:
        return []
    name, value = _text(data[start : match.end(1)]), _text(match[2])
    before = data[max(0, start - 6) : start]
    # In prose, only names in capitals are settings, as in DB_PASSWORD=...
    is_setting = is_option or (name.isupper() and "_" in name)
    if before and not before.endswith(_FORM_STARTS) and not is_setting:
        return []
    is_parameter = is_opaque(value) and is_secret_parameter(name, value)
    if is_secret(name, value) or (is_parameter and not is_placeholder(value)):
        return [Finding("form-field", (match.span(2),), match[2])]
    return []


def _finding(pattern: str, data: bytes, span: tuple[int, int]) -> Finding:
    """A finding of the value in a span, without the scheme of an authorization."""
    start, end = span
    if scheme := _SCHEME.match(data, start, end):
        start = scheme.end()
    return Finding(pattern, ((start, end),), data[start:end])


def _name_start(data: bytes, place: int) -> int:
    """Where the name begins that `place` is in."""
    before = data[max(0, place - _NAME_BYTES) : place]
    return place - (len(before) - len(before.rstrip(_NAME)))


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
