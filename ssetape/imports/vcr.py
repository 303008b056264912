"""Cassettes of vcrpy (Python) and VCR (Ruby): YAML or JSON, with whole bodies and no times.

https://vcrpy.readthedocs.io and https://benoittgt.github.io/vcr/
"""

import re
from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from ssetape.errors import SourceError
from ssetape.format.values import COMPLETE, Chunk, End, Headers, Request, Response
from ssetape.imports._body import settle
from ssetape.imports._exchange import TIMES_NONE, Given, Imported, Skipped
from ssetape.imports._fields import (
    Object,
    a_list,
    an_object,
    header_value,
    number,
    parse_json,
    text,
)
from ssetape.imports._yaml import parse_yaml

_KEYS = re.compile(rb'(?m)^\s*\{?\s*"?(?:interactions|http_interactions)"?\s*:')


def recognises(start: bytes, name: str) -> bool:
    """Whether the file is a cassette."""
    return _KEYS.search(start) is not None


def read(data: bytes, name: str, given: Given) -> Iterator[Imported | Skipped]:
    """Yield the interactions of a cassette; raises SourceError."""
    document = an_object(_parse(data), "the cassette")
    key = next((key for key in ("interactions", "http_interactions") if key in document), None)
    if key is None:
        raise SourceError(f"expected a cassette with interactions, found {list(document)!r:.60}")
    for index, item in enumerate(a_list(document[key], key)):
        place = f"{key}[{index}]"
        try:
            yield _imported(an_object(item, place), place)
        except SourceError as error:
            yield Skipped(place, str(error))


def _parse(data: bytes) -> Any:
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return parse_json(data)
    return parse_yaml(data)


def _imported(item: Object, place: str) -> Imported:
    asked = an_object(item.get("request"), f"{place}.request")
    got = an_object(item.get("response"), f"{place}.response")
    method = text(asked.get("method"), f"{place}.request.method").upper()
    url = text(asked.get("uri"), f"{place}.request.uri")
    if "://" not in url or not method:
        raise SourceError(f"{place}.request: expected method and uri, found {method!r} {url!r:.60}")
    status = an_object(got.get("status"), f"{place}.response.status")
    code = number(status.get("code"), f"{place}.response.status.code") or 0
    if not 200 <= code <= 999:
        raise SourceError(f"{place}.response.status.code: expected a status, found {code:g}")
    body = _body(got.get("body"), f"{place}.response.body") or b""
    headers, word = settle(_headers(got.get("headers"), f"{place}.response.headers"), body)
    # Ruby's VCR has the HTTP version and the time of recording.
    version = text(got.get("http_version") or "", f"{place}.response.http_version")
    return Imported(
        request=Request(
            method,
            url,
            "",
            _headers(asked.get("headers"), f"{place}.request.headers"),
            _body(asked.get("body"), f"{place}.request.body"),
        ),
        response=Response(
            t_s=0.0,
            status=int(code),
            reason=header_value(text(status.get("message"), f"{place}.response.status.message")),
            http_version=f"HTTP/{version}" if re.fullmatch(r"[0-9.]+", version) else version,
            headers=headers,
        ),
        end=End(0.0, COMPLETE),
        times=TIMES_NONE,
        bytes=word,
        chunks=[Chunk(0.0, body)] if body else [],
        started_ns=_recorded_ns(item.get("recorded_at")),
    )


def _body(value: Any, place: str) -> bytes | None:
    """A body in any of the forms in which the versions of the two tools write it."""
    if isinstance(value, dict):
        if value.get("base64_string") is not None:
            try:
                return b64decode(text(value["base64_string"], f"{place}.base64_string"))
            except ValueError as error:
                raise SourceError(f"{place}.base64_string: {error}") from error
        return _body(value.get("string"), f"{place}.string")
    if isinstance(value, bytes):
        return value or None
    return text(value, place).encode("utf-8", "replace") or None


def _headers(value: Any, place: str) -> Headers:
    headers = []
    for name, values in an_object(value or {}, place).items():
        for item in values if isinstance(values, list) else [values]:
            if item is not None and str(name):
                headers.append((header_value(str(name)), header_value(str(item))))
    return headers


def _recorded_ns(value: Any) -> int | None:
    """Ruby's `recorded_at`: Mon, 23 Nov 2026 09:30:12 GMT."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.strptime(value, "%a, %d %b %Y %H:%M:%S %Z")
    except ValueError:
        return None
    return int(moment.replace(tzinfo=UTC).timestamp()) * 1_000_000_000
