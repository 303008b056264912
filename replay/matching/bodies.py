"""Compares what two request bodies mean. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

from ssetape.format.values import Request
from ssetape.loose_json import dumped
from ssetape.requests.content import Content, Kind, content_of
from ssetape.requests.json_values import canonical

# A path into JSON, `messages.*.id` split at its dots: keys, item numbers, or * for all.
Field = tuple[str, ...]
# Byte offsets: start, and end (exclusive).
Span = tuple[int, int]

# Replaces masked secrets in a captured body. It needs no escape in JSON.
MARK = "\ufdd0ssetape\ufdd1"
_SHOWN = 60


def captured_content(request: Request) -> Content:
    """What a captured body means, with marks in place of what was masked."""
    body = request.body or b""
    if request.masked_body:
        body = _marked(body, request.masked_body, MARK.encode())
    return content_of(request.headers, body)


def key(content: Content, ignored: Sequence[Field] = ()) -> bytes:
    """A digest, equal for bodies that differ only in ignored fields."""
    if content.kind is Kind.BYTES:
        return sha256(content.value).digest()
    digest = sha256(content.kind.value.encode())
    digest.update(canonical(without(content, ignored).value))
    return digest.digest()


def without(content: Content, ignored: Sequence[Field]) -> Content:
    """What a body means without the ignored fields."""
    if not ignored or content.kind in (Kind.TEXT, Kind.BYTES):
        return content
    return replace(content, value=_without(content.value, ignored))


def is_the_same(captured: bytes, masked: Sequence[Span], asked: bytes) -> bool:
    """Whether the bytes are equal, except what was masked."""
    if len(captured) != len(asked):
        return False
    return _marked(captured, masked, b"") == _marked(asked, masked, b"")


def is_alike(known: Content, wanted: Content, ignored: Sequence[Field] = ()) -> bool:
    """Whether the bodies are equal, except what was masked and ignored fields."""
    return next(differences(known, wanted, ignored), None) is None


def differences(known: Content, wanted: Content, ignored: Sequence[Field] = ()) -> Iterator[str]:
    """Yield a message for each difference between the bodies."""
    if known.kind is not wanted.kind and known.size_bytes and wanted.size_bytes:
        yield f"body: asked {wanted.kind.value}, captured {known.kind.value}"
    elif known.kind in (Kind.TEXT, Kind.BYTES) or known.kind is not wanted.kind:
        if known.kind is not wanted.kind or not _is_value(wanted.value, known.value):
            sizes = f"asked {wanted.size_bytes} bytes, captured {known.size_bytes} bytes"
            yield f"body: {sizes}, and they differ"
    else:
        one, other = (without(each, ignored).value for each in (wanted, known))
        for path, ask, know in _unlike(one, other, ()):
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
    elif not _is_value(asked, known):
        yield path, _shown(asked), _shown(known)


def _is_value(asked: Any, known: Any) -> bool:
    if type(asked) is not type(known) and not {type(asked), type(known)} <= {int, float}:
        return False
    if isinstance(known, str) and MARK in known:
        pattern = ".+".join(re.escape(text) for text in known.split(MARK))
        return re.fullmatch(pattern, asked, re.DOTALL) is not None
    return bool(asked == known)


def _shown(value: Any) -> str:
    text = dumped(value).decode().replace(MARK, "...")
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
