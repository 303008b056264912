"""HTTP archives, with the events and messages that Chrome's network panel shows.

http://www.softwareishard.com/blog/har-12-spec/ and, for `_eventSourceMessages` and
`_webSocketMessages`, the format that Chromium writes and reads.
"""

from base64 import b64encode
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, BinaryIO
from urllib.parse import parse_qsl, urlsplit

import orjson

from ssetape import __version__
from ssetape.capture import Capture
from ssetape.errors import CaptureError, DecodingError, EventTooLarge, ExportError
from ssetape.format.values import WEBSOCKET, Headers, Response, header_values
from ssetape.messages import detection
from ssetape.messages.decoding import BodyDecoder

SUFFIX = ".har"
SEVERAL = True
LOSES = (
    "chunk boundaries, times of everything but events (so also of comments), Content-Encoding, "
    "trailers, how a WebSocket was closed"
)
SUMMARY = "HAR 1.2 with events and WebSocket messages, for browsers' network panels."

_FAILURES = {
    "client_closed": "net::ERR_ABORTED",
    "upstream_cut": "net::ERR_INCOMPLETE_CHUNKED_ENCODING",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TEXT, _BINARY = 1, 2


def write(captures: Iterable[Capture], out: BinaryIO) -> None:
    """Write an archive, entry by entry; one capture's body is held at a time.

    Raises:
        ExportError: a capture is damaged; everything up to the damage is written.
    """
    problems: list[str] = []
    creator = orjson.dumps({"name": "ssetape", "version": __version__})
    out.write(b'{"log":{"version":"1.2","creator":' + creator + b',"pages":[],"entries":[')
    before = b"\n"
    for capture in captures:
        try:
            out.write(before + orjson.dumps(_entry(capture, problems)))
            before = b",\n"
        except CaptureError as error:
            problems.append(str(error))
    out.write(b"\n]}}\n")
    if problems:
        raise ExportError(*problems)


def _entry(capture: Capture, problems: list[str]) -> dict[str, Any]:
    response, end = capture.response, capture.end
    started, started_s = _started(capture.started)
    is_socket = capture.kind == WEBSOCKET
    head_s = response.t_s if response else (end.t_s if end else 0.0)
    fields: dict[str, Any] = {}
    last_s = head_s
    body = b""
    if is_socket:
        messages = list(capture.messages())
        fields["_webSocketMessages"] = [
            {
                "type": "send" if each.from_client else "receive",
                "time": started_s + each.t_s,
                "opcode": _TEXT if each.is_text else _BINARY,
                "data": each.data.decode("utf-8", "replace")
                if each.is_text
                else b64encode(each.data).decode(),
            }
            for each in messages
        ]
        last_s = max([last_s, *(each.t_s for each in messages)])
    else:
        chunks = list(capture.chunks())
        last_s = max([last_s, *(chunk.t_s for chunk in chunks)])
        headers = response.headers if response else []
        body = _decoded(capture.name, headers, [chunk.data for chunk in chunks], problems)
        if detection.EVENT_STREAM in detection.media_types(headers):
            fields["_eventSourceMessages"] = _events(capture, started_s, problems)
    end_s = max(last_s, end.t_s if end else last_s)
    reason = end.reason if end else "interrupted"
    problems += [f"{capture.name}: {problem}" for problem in capture.problems]
    return {
        "startedDateTime": started,
        "time": end_s * 1000,
        "_resourceType": _resource_type(capture),
        "request": _request(capture),
        "response": _response(response, body, _failure(reason, end.error if end else None)),
        "cache": {},
        "timings": {
            **dict.fromkeys(("blocked", "dns", "connect", "ssl"), -1),
            "send": 0,
            "wait": head_s * 1000,
            "receive": (end_s - head_s) * 1000,
        },
        **fields,
        "comment": f"ssetape {capture.id}: {reason}",
    }


def _request(capture: Capture) -> dict[str, Any]:
    request = capture.request
    fields: dict[str, Any] = {
        "method": request.method,
        "url": request.url,
        "httpVersion": request.http_version,
        "cookies": [],
        "headers": _headers(request.headers),
        "queryString": _query(request.url),
        "headersSize": -1,
        "bodySize": len(request.body or b""),
    }
    if request.body:
        types = header_values(request.headers, "content-type")
        fields["postData"] = {"mimeType": types[0] if types else "", **_content(request.body)}
    return fields


def _response(response: Response | None, body: bytes, failure: str | None) -> dict[str, Any]:
    headers = response.headers if response else []
    types = header_values(headers, "content-type")
    locations = header_values(headers, "location")
    content = {"size": len(body), "mimeType": types[0] if types else "x-unknown"}
    return {
        "status": response.status if response else 0,
        "statusText": response.reason if response else "",
        "httpVersion": response.http_version if response else "",
        "cookies": [],
        "headers": _headers(headers),
        "content": {**content, **_content(body)},
        "redirectURL": locations[0] if locations else "",
        "headersSize": -1,
        "bodySize": -1,
        "_error": failure,
    }


def _failure(reason: str, error: str | None) -> str | None:
    if reason == "complete":
        return None
    words = f"{reason}: {error}" if error else reason
    return _FAILURES.get(reason) or f"net::ERR_FAILED ({words})"


def _events(capture: Capture, started_s: float, problems: list[str]) -> list[dict[str, Any]]:
    found = []
    try:
        for event in capture.events():
            found.append(
                {
                    "time": started_s + event.t_s,
                    "eventName": event.event,
                    "eventId": event.id,
                    "data": event.data,
                }
            )
    except (DecodingError, EventTooLarge) as error:
        problems.append(f"{capture.name}: {error}")
    return found


def _decoded(name: str, headers: Headers, pieces: list[bytes], problems: list[str]) -> bytes:
    decoded: list[bytes] = []
    try:
        decoder = BodyDecoder(headers)
        for piece in pieces:
            decoded.extend(decoder.feed(piece))
    except DecodingError as error:
        problem = f"{name}: {error}"
        if problem not in problems:
            problems.append(problem)
    return b"".join(decoded)


def _content(body: bytes) -> dict[str, str]:
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"text": b64encode(body).decode(), "encoding": "base64"}


def _headers(headers: Headers) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]


def _query(url: str) -> list[dict[str, str]]:
    try:
        pairs = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    except ValueError:
        return []
    return [{"name": name, "value": value} for name, value in pairs]


def _resource_type(capture: Capture) -> str:
    if capture.kind == WEBSOCKET:
        return "websocket"
    accepted = header_values(capture.request.headers, "accept")
    is_source = capture.request.method == "GET" and detection.is_event_stream(accepted)
    return "eventsource" if is_source else "fetch"


def _started(started: str) -> tuple[str, float]:
    try:
        moment = datetime.fromisoformat(started)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return started, (moment - _EPOCH).total_seconds()
    except (ValueError, OverflowError):
        return _EPOCH.isoformat(), 0.0
