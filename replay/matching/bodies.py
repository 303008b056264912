"""Compares two request bodies. Pure.

JSON is compared as JSON, regardless of whitespace and the order of keys; anything else as bytes.
"""

import re
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

import orjson

from ssetape.errors import MessageError
from ssetape.loose_json import dumped, parse_strictly

# A path into JSON, `messages.*.id` split at its dots: keys, item numbers, or * for all.
Field = tuple[str, ...]
# Byte offsets: start, and end (exclusive).
Span = tuple[int, int]

# Replaces masked secrets in a captured body. It needs no escape in JSON.
_MARK = "\ufdd0ssetape\ufdd1"
_SHOWN = 60


def key(body: bytes, ignored: Sequence[Field] = ()) -> bytes:
    """A digest, equal for bodies that differ only in ignored fields."""
    try:
        value = parse_strictly(body)
        if ignored:
            value = _without(value, ignored)
        body = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except (MessageError, orjson.JSONEncodeError):
        pass
    return sha256(body).digest()


def is_the_same(captured: bytes, masked: Sequence[Span], asked: bytes) -> bool:
    """Whether the bytes are equal, except what was masked."""
    if len(captured) != len(asked):
        return False
    return _marked(captured, masked, b"") == _marked(asked, masked, b"")


def is_alike(
    captured: bytes, masked: Sequence[Span], asked: bytes, ignored: Sequence[Field] = ()
) -> bool:
    """Whether the bodies are equal, except what was masked and ignored fields."""
    if is_the_same(captured, masked, asked):
        return True
    marked = _marked(captured, masked, _MARK.encode())
    return next(_differences(marked, asked, ignored), None) is None


def differences(
    captured: bytes, masked: Sequence[Span], asked: bytes, ignored: Sequence[Field] = ()
) -> Iterator[str]:
    """Yield a message for each difference between the bodies."""
    if not is_alike(captured, masked, asked, ignored):
        yield from _differences(_marked(captured, masked, _MARK.encode()), asked, ignored)


def _differences(captured: bytes, asked: bytes, ignored: Sequence[Field]) -> Iterator[str]:
    try:
        known, wanted = parse_strictly(captured), parse_strictly(asked)
    except MessageError:
        if captured != asked:
            sizes = f"asked {len(asked)} bytes, captured {len(captured)} bytes"
            yield f"body: {sizes}, and they differ"
        return
    for path, ask, know in _unlike(_without(wanted, ignored), _without(known, ignored), ()):
        yield f"body{''.join(f'.{step}' for step in path)}: asked {ask}, captured {know}"


def _unlike(asked: Any, known: Any, path: Field) -> Iterator[tuple[Field, str, str]]:
    """Yield the path of each difference, and both values as text."""
    if isinstance(asked, dict) and isinstance(known, dict):
        for name in dict.fromkeys([*known, *asked]):
            there = (*path, name)
            if name not in known:
                yield there, _shown(asked[name]), "none"
            elif name not in asked:
                yield there, "none", _shown(known[name])
            else:
                yield from _unlike(asked[name], known[name], there)
    elif isinstance(asked, list) and isinstance(known, list):
        for number, (ask, know) in enumerate(zip(asked, known, strict=False)):
            yield from _unlike(ask, know, (*path, str(number)))
        if len(asked) != len(known):
            yield path, f"{len(asked)} items", str(len(known))
    elif type(asked) is not type(known) or not _is_value(asked, known):
        yield path, _shown(asked), _shown(known)


def _is_value(asked: Any, known: Any) -> bool:
    if isinstance(known, str) and _MARK in known:
        pattern = ".+".join(re.escape(text) for text in known.split(_MARK))
        return re.fullmatch(pattern, asked, re.DOTALL) is not None
    return bool(asked == known)


def _shown(value: Any) -> str:
    text = dumped(value).decode().replace(_MARK, "...")
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def _without(value: Any, ignored: Sequence[Field]) -> Any:
    """The value without the ignored fields."""
    if not ignored:
        return value
    here = {field[0] for field in ignored if len(field) == 1}
    deeper = [field for field in ignored if len(field) > 1]

    def below(name: str) -> list[Field]:
        return [field[1:] for field in deeper if field[0] in (name, "*")]

    if isinstance(value, dict):
        if "*" in here:
            return {}
        return {n: _without(v, below(n)) for n, v in value.items() if n not in here}
    if isinstance(value, list):
        items = [(str(number), item) for number, item in enumerate(value)]
        return [_without(v, below(n)) for n, v in items if n not in here and "*" not in here]
    return value


def _marked(body: bytes, masked: Sequence[Span], mark: bytes) -> bytes:
    """The body with `mark` in place of each masked span."""
    pieces = []
    at = 0
    for start, end in sorted(masked):
        if start >= at:
            pieces += [body[at:start], mark]
            at = end
    return b"".join([*pieces, body[at:]])
