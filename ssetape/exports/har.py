"""HTTP archives, with the events and messages that Chrome's network panel shows.

http://www.softwareishard.com/blog/har-12-spec/ and, for `_eventSourceMessages` and
`_webSocketMessages`, the format that Chromium writes and reads.
"""

import codecs
from base64 import b64encode
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO
from urllib.parse import parse_qsl, urlsplit

from ssetape import __version__
from ssetape.capture import Capture
from ssetape.errors import CaptureError, DecodingError, EventTooLarge, ExportError, SsetapeError
from ssetape.exports._json_pieces import Items, Text, write_json
from ssetape.format import bounds
from ssetape.format.values import WEBSOCKET, Headers, Response, header_values
from ssetape.loose_json import dumped
from ssetape.messages import detection
from ssetape.messages.decoding import BodyDecoder
from ssetape.requests.content import undone

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
_UNKNOWN = "1970-01-01T00:00:00+00:00"
_TEXT, _BINARY = 1, 2


def write(captures: Iterable[Capture], out: BinaryIO) -> None:
    """Write an archive; bodies and events are written while they are read.

    Raises:
        ExportError: a capture is damaged; everything up to the damage is written.
    """
    problems: list[str] = []
    creator = dumped({"name": "ssetape", "version": __version__})
    out.write(b'{"log":{"version":"1.2","creator":' + creator + b',"pages":[],"entries":[')
    before = b"\n"
    for capture in captures:
        try:
            entry = _entry(capture, problems)
        except CaptureError as error:
            problems.append(str(error))
            continue
        out.write(before)
        before = b",\n"
        write_json(entry, out)
        problems += [f"{capture.name}: {problem}" for problem in capture.problems]
    out.write(b"\n]}}\n")
    if problems:
        raise ExportError(*dict.fromkeys(problems))


def _entry(capture: Capture, problems: list[str]) -> dict[str, Any]:
    """An entry, for which the capture is read once; writing it reads the capture again.

    Raises:
        CaptureError: the capture cannot be read, or only in part.
    """
    response, end = capture.response, capture.end
    moment = bounds.started(capture.started)
    started_s = bounds.since_1970_s(moment)
    head_s = response.t_s if response else (end.t_s if end else 0.0)
    fields: dict[str, Any] = {}
    body = _Body(capture, problems)
    last_s = max(head_s, body.last_s or head_s)
    if capture.kind == WEBSOCKET:
        fields["_webSocketMessages"] = Items(_messages(capture, started_s))
    elif detection.EVENT_STREAM in detection.media_types(response.headers if response else []):
        fields["_eventSourceMessages"] = Items(_events(capture, started_s, problems))
    if capture.tapped:  # without what it says of chunks, which an archive has not
        fields["_tapped"] = {name: capture.tapped.get(name) for name in ("browser", "target")}
    if capture.edited:
        fields["_edited"] = capture.edited
    end_s = max(last_s, end.t_s if end else last_s)
    reason = end.reason if end else "interrupted"
    return {
        "startedDateTime": capture.started if moment else _UNKNOWN,
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


class _Body:
    """The decoded body of a capture, which is read as often as it is needed.

    Attributes:
        size_bytes: its size.
        is_text: whether it is valid UTF-8.
        last_s: when the last chunk or message came; None if there is none.
    """

    def __init__(self, capture: Capture, problems: list[str]) -> None:
        self._capture = capture
        self._problems = problems
        self.size_bytes = 0
        self.is_text = True
        self.last_s: float | None = None
        if capture.kind == WEBSOCKET:
            for message in capture.messages():
                self.last_s = max(message.t_s, self.last_s or message.t_s)
            return
        decoder = _utf_8()
        for piece in self._pieces():
            self.size_bytes += len(piece)
            self.is_text = self.is_text and _is_valid(decoder, piece)
        self.is_text = self.is_text and _is_valid(decoder, b"", final=True)

    def content(self) -> dict[str, Any]:
        """The body as an archive has it: as text or, if it is none, in base64."""
        if self.is_text:
            decoder = _utf_8("replace")
            return {"text": Text(map(decoder.decode, self._pieces()))}
        return {"text": Text(_base64(self._pieces())), "encoding": "base64"}

    def _pieces(self) -> Iterator[bytes]:
        capture = self._capture
        if capture.kind == WEBSOCKET:
            return
        try:
            decoder = BodyDecoder(capture.response.headers if capture.response else [])
        except DecodingError as error:
            self._note(error)
            decoder = None
        for chunk in capture.chunks():
            self.last_s = max(chunk.t_s, self.last_s or chunk.t_s)
            try:
                if decoder is not None:
                    yield from decoder.feed(chunk.data)
            except DecodingError as error:
                self._note(error)
                decoder = None

    def _note(self, error: SsetapeError) -> None:
        self._problems.append(f"{self._capture.name}: {error}")


def _utf_8(errors: str = "strict") -> codecs.IncrementalDecoder:
    return codecs.getincrementaldecoder("utf-8")(errors)


def _is_valid(decoder: codecs.IncrementalDecoder, data: bytes, final: bool = False) -> bool:
    try:
        decoder.decode(data, final)
    except UnicodeDecodeError:
        return False
    return True


def _base64(pieces: Iterable[bytes]) -> Iterator[str]:
    rest = b""
    for piece in pieces:
        data = rest + piece
        whole_bytes = len(data) - len(data) % 3  # so that the encoded pieces can be joined
        rest = data[whole_bytes:]
        yield b64encode(data[:whole_bytes]).decode()
    yield b64encode(rest).decode()


def _messages(capture: Capture, started_s: float) -> Iterator[dict[str, Any]]:
    for each in capture.messages():
        data = each.data
        yield {
            "type": "send" if each.from_client else "receive",
            "time": started_s + each.t_s,
            "opcode": _TEXT if each.is_text else _BINARY,
            "data": data.decode("utf-8", "replace") if each.is_text else b64encode(data).decode(),
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
        body = undone(request.headers, request.body)
        fields["postData"] = {"mimeType": types[0] if types else "", **_content(body)}
    return fields


def _response(response: Response | None, body: _Body, failure: str | None) -> dict[str, Any]:
    headers = response.sent_headers if response else []
    types = header_values(headers, "content-type")
    locations = header_values(headers, "location")
    content = {"size": body.size_bytes, "mimeType": types[0] if types else "x-unknown"}
    return {
        "status": response.status if response else 0,
        "statusText": response.reason if response else "",
        "httpVersion": response.http_version if response else "",
        "cookies": [],
        "headers": _headers(headers),
        "content": {**content, **body.content()},
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


def _events(capture: Capture, started_s: float, problems: list[str]) -> Iterator[dict[str, Any]]:
    try:
        for event in capture.events():
            yield {
                "time": started_s + event.t_s,
                "eventName": event.event,
                "eventId": event.id,
                "data": event.data,
            }
    except (DecodingError, EventTooLarge) as error:
        problems.append(f"{capture.name}: {error}")


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
