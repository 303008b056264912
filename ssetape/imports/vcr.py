"""Cassettes of vcrpy (Python), VCR (Ruby) and go-vcr: YAML or JSON, whole bodies and no times.

https://vcrpy.readthedocs.io and https://benoittgt.github.io/vcr/
Before their first versions with a number in the file, both wrote a bare list of interactions, and
vcrpy a request in parts and headers as lines.
"""

import json
import re
from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from ssetape.errors import SourceError
from ssetape.format.values import COMPLETE, Chunk, End, Headers, Request, Response
from ssetape.imports._address import absolute
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

EXPECTS = 'YAML or JSON with "interactions" or "http_interactions"'

_KEYS = re.compile(
    rb'(?m)^\s*\{?\s*"?(?:interactions|http_interactions)"?\s*:'
    rb'|\{[^{}\[\]]*"(?:interactions|http_interactions)"\s*:'
    # the bare lists
    rb"|^- (?:!ruby/\S+\s+)?request: *(?:!|$)"
    rb'|^\s*\[\s*\{\s*"request"\s*:'
)


def recognises(start: bytes, name: str) -> bool:
    """Whether the file is a cassette."""
    return _KEYS.search(start) is not None


def read(data: bytes, name: str, given: Given) -> Iterator[Imported | Skipped]:
    """Yield the interactions of a cassette; raises SourceError."""
    document = _parse(data)
    key = "interactions"
    if isinstance(document, list) and document and isinstance(document[0], dict):
        document = {key: document}
    document = an_object(document, "the cassette")
    key = next((key for key in (key, "http_interactions") if key in document), "")
    if not key:
        raise SourceError(f"expected a cassette with interactions, found {list(document)!r:.60}")
    for index, item in enumerate(a_list(document[key], key)):
        place = f"{key}[{index}]"
        try:
            yield _imported(an_object(item, place), place)
        except SourceError as error:
            yield Skipped(place, str(error))


def _parse(data: bytes) -> Any:
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
        return parse_json(data)
    return parse_yaml(data)


def _imported(item: Object, place: str) -> Imported:
    asked = an_object(item.get("request"), f"{place}.request")
    got = an_object(item.get("response"), f"{place}.response")
    method = text(asked.get("method"), f"{place}.request.method").lstrip(":").upper()
    sent = _headers(asked.get("headers"), f"{place}.request.headers")
    # go-vcr says `url`.
    found = text(asked.get("uri") or asked.get("url") or _uri(asked), f"{place}.request.uri")
    url, notes = absolute(found, sent)
    if not url or not method:
        raise SourceError(
            f"{place}.request: expected method and uri, found {method!r} {found!r:.60}"
        )
    code, reason = _status(got, f"{place}.response")
    body = _body_of(got, f"{place}.response") or b""
    headers, word = settle(_headers(got.get("headers"), f"{place}.response.headers"), body)
    # Ruby's VCR has the HTTP version and the time of recording.
    version = text(got.get("http_version") or "", f"{place}.response.http_version")
    return Imported(
        request=Request(method, url, "", sent, _body_of(asked, f"{place}.request")),
        response=Response(
            t_s=0.0,
            status=code,
            reason=reason,
            http_version=f"HTTP/{version}" if re.fullmatch(r"[0-9.]+", version) else version,
            headers=headers,
        ),
        end=End(0.0, COMPLETE),
        times=TIMES_NONE,
        bytes=word,
        chunks=[Chunk(0.0, body)] if body else [],
        started_ns=_recorded_ns(item.get("recorded_at")),
        notes=notes,
    )


def _uri(asked: Object) -> str:
    """The URL of a request in parts, as vcrpy wrote it before 1.0."""
    host = asked.get("host")
    if not isinstance(host, str):
        return ""
    scheme = asked.get("protocol") or asked.get("scheme") or "http"
    port = asked.get("port")
    usual = {"http": 80, "https": 443}.get(str(scheme))
    server = host if port in (None, usual) else f"{host}:{port}"
    return f"{scheme}://{server}{asked.get('path') or '/'}"


def _status(got: Object, place: str) -> tuple[int, str]:
    """A response's status; vcrpy had `status_code` for httpx, go-vcr has `code` and "200 OK"."""
    value = got.get("status")
    beside = next((got[key] for key in ("status_code", "code") if got.get(key) is not None), None)
    if beside is not None and not isinstance(value, dict):
        words = text(value, f"{place}.status").removeprefix(str(beside))
        fields: Object = {"code": beside, "message": words.strip()}
    elif type(value) is int:
        fields = {"code": value}
    else:
        fields = an_object(value, f"{place}.status")
    code = number(fields.get("code"), f"{place}.status.code") or 0
    if not 200 <= code <= 999:
        raise SourceError(f"{place}.status.code: expected a status, found {code:g}")
    return int(code), header_value(text(fields.get("message"), f"{place}.status.message"))


def _body_of(message: Object, place: str) -> bytes | None:
    """A message's body; vcrpy had `content` for httpx, some serialisers keep a `parsed_body`."""
    key = "content" if message.get("body") is None else "body"
    found = _body(message.get(key), f"{place}.{key}")
    if found is None and message.get("parsed_body") is not None:
        try:
            return json.dumps(message["parsed_body"], ensure_ascii=False).encode("utf-8", "replace")
        except (TypeError, ValueError, RecursionError) as error:
            raise SourceError(f"{place}.parsed_body: {error}") from error
    return found


def _body(value: Any, place: str) -> bytes | None:
    """A body in any of the forms in which the versions of the two tools write it."""
    coding = ""
    if isinstance(value, dict):
        if value.get("base64_string") is not None:
            try:
                return b64decode(text(value["base64_string"], f"{place}.base64_string"))
            except ValueError as error:
                raise SourceError(f"{place}.base64_string: {error}") from error
        coding = str(value.get("encoding") or "")
        place, value = f"{place}.string", value.get("string")
    if isinstance(value, list):  # parts, as they were read
        return b"".join(_piece(part, coding, place) for part in value) or None
    return _piece(value, coding, place) or None


def _piece(value: Any, coding: str, place: str) -> bytes:
    return value if isinstance(value, bytes) else _encoded(text(value, place), coding)


def _encoded(found: str, coding: str) -> bytes:
    """The bytes of text in the encoding that Ruby names: it had the text from those."""
    if coding.upper() not in ("", "UTF-8", "US-ASCII", "ASCII-8BIT", "BINARY"):
        try:
            return found.encode(coding)
        except (LookupError, UnicodeError, ValueError):
            pass
    return found.encode("utf-8", "replace")


def _headers(value: Any, place: str) -> Headers:
    headers: Headers = []
    if isinstance(value, list):  # vcrpy before 1.0: lines, or pairs
        for line in value:
            pair = line if isinstance(line, list) else str(line).partition(":")[::2]
            if len(pair) == 2:
                headers += _headers({_one_byte(pair[0]): pair[1]}, place)
        return headers
    for name, values in an_object(value or {}, place).items():
        for item in values if isinstance(values, list) else [values]:
            if item is not None and str(name):
                headers.append((_one_byte(name), _one_byte(item)))
    return headers


def _one_byte(value: Any) -> str:
    """A name or value as captures have it; Ruby has some as bytes."""
    return header_value(value.decode("latin-1") if isinstance(value, bytes) else str(value))


def _recorded_ns(value: Any) -> int | None:
    """Ruby's `recorded_at`: Mon, 23 Nov 2026 09:30:12 GMT, or an ISO date."""
    if isinstance(value, date):
        value = value.isoformat()
    if not isinstance(value, str):
        return None
    for parse in (_http_date, datetime.fromisoformat):
        try:
            moment = parse(value)
        except ValueError:
            continue
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0, int(moment.timestamp())) * 1_000_000_000
    return None


def _http_date(value: str) -> datetime:
    return datetime.strptime(value, "%a, %d %b %Y %H:%M:%S %Z").replace(tzinfo=UTC)
