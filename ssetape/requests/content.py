"""Says what a request's body means, by its media type, however it is spelled. Pure.

Content-Encoding is undone. JSON becomes values, JSON Lines a list of them, forms become fields,
multipart becomes parts, and everything else that is text becomes text.
"""

import codecs
import json
import quopri
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any
from urllib.parse import parse_qsl

from ssetape.errors import DecodingError, MessageError
from ssetape.format.values import Headers, Request, header_values
from ssetape.messages.decoding import decoded
from ssetape.messages.detection import STREAM_TYPES
from ssetape.requests import multipart
from ssetape.requests.embedded import embedded
from ssetape.requests.form_shape import is_form
from ssetape.requests.graphql import is_graphql, normal_request
from ssetape.requests.json_values import parse_values
from ssetape.requests.media_type import media_type, with_parameters

# Larger bodies are uploads, and are compared by their bytes: as values they would take many times
# their size in memory.
READ_LIMIT_BYTES = 4 * 1024 * 1024
# Parts within parts, as in multipart/mixed.
_LEVELS = 3
# What an upload is labelled with when nobody knows what it is.
_NO_TYPE = ("", "text/plain", "application/octet-stream")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class Kind(Enum):
    """The ways of reading a body."""

    JSON = "JSON"
    JSON_LINES = "JSON Lines"
    FORM = "a form"
    MULTIPART = "multipart"
    TEXT = "text"
    BYTES = "bytes"


@dataclass(frozen=True, slots=True)
class Content:
    """What a body means.

    Attributes:
        kind: how it was read.
        value: as JSON has values; for BYTES the bytes.
        size_bytes: its size, decoded.
    """

    kind: Kind
    value: Any
    size_bytes: int


def content_of(headers: Headers, body: bytes) -> Content:
    """What a body means; accepts any bytes."""
    data = undone(headers, body)
    label, parameters = media_type(headers)
    if len(data) > READ_LIMIT_BYTES:
        return Content(Kind.BYTES, data, len(data))
    return Content(*_read(data, label, parameters, _LEVELS), len(data))


def undone(headers: Headers, body: bytes) -> bytes:
    """The body without its Content-Encoding; as it is if it cannot be decoded."""
    try:
        return decoded(headers, body)
    except DecodingError:
        return body


def request_text(request: Request) -> str:
    """The body of a request as text, whatever its Content-Encoding and charset."""
    data = undone(request.headers, request.body or b"")
    text = next(_texts(data, media_type(request.headers)[1].get("charset", "")), None)
    return data.decode("utf-8", "replace") if text is None else text


def _read(data: bytes, label: str, parameters: dict[str, str], levels: int) -> tuple[Kind, Any]:
    if levels and (label.startswith("multipart/") or label == ""):
        boundary = multipart.boundary_of(data)
        parts = multipart.body_parts(data, boundary) if boundary is not None else None
        if parts is not None:
            return Kind.MULTIPART, _parts(parts, label in ("", "multipart/form-data"), levels)
    texts = list(_texts(data, parameters.get("charset", "")))
    for text in texts:
        found = _json(text, label)
        if found is not None:
            return found
    if not texts:
        return Kind.BYTES, data
    if label == "application/x-www-form-urlencoded" or (label == "" and is_form(texts[0])):
        return Kind.FORM, _fields(texts[0])
    return Kind.TEXT, _with_line_feeds(texts[-1])


def _json(text: str, label: str) -> tuple[Kind, Any] | None:
    """The text as JSON or JSON Lines, whatever its label: many clients do not set one."""
    if label == "application/graphql" and is_graphql(text):
        return Kind.JSON, normal_request({"query": text})
    try:
        return Kind.JSON, normal_request(parse_values(text))
    except MessageError:
        pass
    lines = [line for line in text.replace("\x1e", "\n").split("\n") if line.strip()]
    are_records = label in STREAM_TYPES or all(line.lstrip()[:1] in "{[" for line in lines)
    if not lines or not are_records:
        return None
    try:
        return Kind.JSON_LINES, [parse_values(line) for line in lines]
    except MessageError:
        return None


def _fields(text: str) -> dict[str, Any]:
    """The fields of a form by name, several values of one in a list."""
    pairs = parse_qsl(text.strip(), keep_blank_values=True, errors="surrogateescape")
    return _by_name([(name, embedded(value)) for name, value in pairs])


def _by_name(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, list[Any]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _parts(parts: list[multipart.BodyPart], is_form: bool, levels: int) -> Any:
    found = [_part(part, levels) for part in parts]
    return _by_name(found) if is_form else [value for _, value in found]


def _part(part: multipart.BodyPart, levels: int) -> tuple[str, Any]:
    """A part's name, and its value: of a file with its name and type."""
    _, disposition = with_parameters(_header(part.headers, "content-disposition"))
    label, parameters = media_type(part.headers)
    data = _transferred(part.data, _header(part.headers, "content-transfer-encoding").lower())
    value: Any
    if label in _NO_TYPE:  # a field: `1` is not `1.0`
        kind = Kind.TEXT
        text = next(_texts(data, parameters.get("charset", "")), None)
        value = None if text is None else embedded(_with_line_feeds(text))
    else:
        kind, value = _read(data, label, parameters, levels - 1)
    if value is None or kind is Kind.BYTES:
        from hashlib import sha256  # loads OpenSSL, for an upload alone

        value = f"{len(data)} bytes, sha256 {sha256(data).hexdigest()}"
    name = disposition.get("name", "")
    if "filename" not in disposition:
        return name, value
    type_ = {} if label in _NO_TYPE else {"type": label}
    return name, {"filename": disposition["filename"], **type_, "content": value}


def _transferred(data: bytes, coding: str) -> bytes:
    try:
        if coding == "base64":
            return b64decode(data)
        return quopri.decodestring(data) if coding == "quoted-printable" else data
    except ValueError:
        return data


def _header(headers: Headers, name: str) -> str:
    return next(iter(header_values(headers, name)), "")


def _texts(data: bytes, charset: str) -> Iterator[str]:
    """The body as text in the ways that are possible: as Unicode, and as its label says."""
    mark, name = next(((m, n) for m, n in _BOMS if data.startswith(m)), (b"", "utf-8"))
    if not mark and b"\0" in data[:4]:
        name = json.detect_encoding(data)
    text = _decoded(data.removeprefix(mark), name)
    # Bytes of any kind look like wide characters.
    if text is not None and (name == "utf-8" or text.lstrip()[:1] in ("{", "[")):
        yield text
    if charset and (text := _decoded(data.removeprefix(mark), charset)) is not None:
        yield text


def _decoded(data: bytes, charset: str) -> str | None:
    try:
        text = data.decode(charset)
    except (LookupError, ValueError):
        return None
    return text


def _with_line_feeds(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
