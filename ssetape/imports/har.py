"""HTTP archives as browsers export them: http://www.softwareishard.com/blog/har-12-spec/

Chrome and Firefox add events and WebSocket messages as `_eventSourceMessages` and
`_webSocketMessages`, with times in seconds since 1970.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ssetape.errors import SourceError, SsetapeError
from ssetape.format.values import (
    COMPLETE,
    WEBSOCKET,
    Chunk,
    End,
    Message,
    Request,
    Response,
    header_values,
)
from ssetape.imports import _har_values as values
from ssetape.imports._address import absolute
from ssetape.imports._body import settle
from ssetape.imports._exchange import (
    BYTES_DECODED,
    BYTES_EXACT,
    BYTES_REBUILT,
    TIMES_CHUNKS,
    TIMES_ENDS,
    TIMES_NONE,
    Given,
    Imported,
    Skipped,
)
from ssetape.imports._fields import (
    Object,
    a_list,
    an_object,
    header_value,
    number,
    text,
)
from ssetape.imports._har_bodies import Body, request_body, response_body
from ssetape.imports._har_log import entries, is_archive
from ssetape.imports._sources import Beside
from ssetape.sse import EventStreamParser

EXPECTS = 'a JSON object (or YAML) with "log" and its "entries"'

# Chromium's names for what ended a response: net/base/net_error_list.h
_FAILURES = {
    "ABORTED": "client_closed",
    "INCOMPLETE_CHUNKED": "upstream_cut",
    "CONTENT_LENGTH_MISMATCH": "upstream_cut",
    "CONNECTION_CLOSED": "upstream_cut",
    "CONNECTION_RESET": "upstream_cut",
    "HTTP2_PROTOCOL_ERROR": "upstream_reset",
    "QUIC_PROTOCOL_ERROR": "upstream_reset",
}
# Responses without a body: RFC 9110, section 6.4.1.
_BODILESS = frozenset({204, 205, 304})
_OPCODE_TEXT, _OPCODE_BINARY = 1, 2
# 1973: a smaller number is not a time since 1970.
_EARLIEST_S = 1e8


def recognises(start: bytes, name: str) -> bool:
    """Whether the file is an HTTP archive."""
    return is_archive(start, name)


def read(data: bytes, name: str, given: Given) -> Iterator[Imported | Skipped]:
    """Yield the entries of an archive; raises SourceError."""
    found, where = entries(data)
    for index, entry in enumerate(found):
        place = f"{where}[{index}]"
        try:
            yield _HarEntry(an_object(entry, place), place, given.beside).imported()
        except SourceError as error:
            yield Skipped(place, str(error))


class _HarEntry:
    def __init__(self, entry: Object, place: str, beside: Beside) -> None:
        self._entry = entry
        self._place = place
        self._beside = beside
        self._notes: list[str] = []
        self._started_s = self._started(entry.get("startedDateTime"))
        timings = an_object(entry.get("timings") or {}, f"{place}.timings")
        found = {
            key: number(timings.get(key), f"{place}.timings.{key}")
            for key in ("blocked", "dns", "connect", "send", "wait", "receive")
        }
        times = {key: max(0.0, value or 0.0) / 1e3 for key, value in found.items()}
        # -1 is how archives say that they do not know.
        self._has_times = any(
            (found[key] or 0.0) >= 0 for key in ("wait", "receive") if key in timings
        )
        # `connect` includes the time of `ssl`.
        self._sent_s = sum(times[key] for key in ("blocked", "dns", "connect", "send"))
        self._head_s = times["wait"]
        self._end_s = times["wait"] + times["receive"]
        if not self._has_times:
            whole_s = (number(entry.get("time"), f"{place}.time") or 0.0) / 1e3 - self._sent_s
            self._end_s = max(0.0, whole_s)
            self._has_times = whole_s > 0

    def _started(self, found: Any) -> float | None:
        place = f"{self._place}.startedDateTime"
        try:
            return values.seconds(text(found, place), place)
        except SourceError as error:
            self._notes.append(str(error))
            return None

    def imported(self) -> Imported:
        place, entry = self._place, self._entry
        request = self._request()
        response = an_object(entry.get("response"), f"{place}.response")
        events = a_list(entry.get("_eventSourceMessages"), f"{place}._eventSourceMessages")
        messages = a_list(entry.get("_webSocketMessages"), f"{place}._webSocketMessages")
        head = self._response(response)
        if messages or entry.get("_resourceType") == "websocket" or head.status == 101:
            return self._socket(request, head, messages)
        if head.status < 200:
            failure = _failure(response)
            raise SourceError(f"{request.url:.200} has no response{failure and f': {failure}'}")
        notes = self._notes
        found = self._body(request, head, response)
        body, was_text = found.data, found.is_text
        is_decoded = was_text or body is None
        headers, word = settle(head.headers, body or b"", decoded=is_decoded)
        if was_text and body and "charset" not in ",".join(header_values(headers, "content-type")):
            mended = values.read_as_windows_1252(body.decode("utf-8", "replace"))
            if mended is not None:
                body = mended
                notes.append("the browser decoded UTF-8 as windows-1252; this was reversed")
        missing = "" if events else found.missing
        if missing:
            notes.append(missing)
        if body is None and events:
            chunks, times = self._rebuilt(events)
            word = BYTES_REBUILT
            headers = [(n, v) for n, v in headers if n.lower() != "content-length"]
        elif body and events:
            chunks, times = self._cut(body, events, notes)
        else:
            chunks = [Chunk(self._end_s, body)] if body else []
            times = TIMES_ENDS if self._has_times else TIMES_NONE
        tapped = values.tapped(entry.get("_tapped"))
        left_out = [pair for pair in head.headers if pair not in headers]
        is_told = tapped and word == BYTES_DECODED
        head = replace(head, headers=headers, decoded_headers=left_out if is_told else [])
        end_s = max([self._end_s, *(chunk.t_s for chunk in chunks)])
        return Imported(
            request=request,
            response=head,
            end=self._end(response, end_s),
            times=times,
            bytes=word,
            chunks=chunks,
            started_ns=self._started_ns(),
            notes=notes,
            missing=missing,
            tapped=tapped,
        )

    def _started_ns(self) -> int | None:
        if self._started_s is None:
            return None
        return int((self._started_s + self._sent_s) * 1e6) * 1000

    def _request(self) -> Request:
        place = f"{self._place}.request"
        request = an_object(self._entry.get("request"), place)
        headers = values.headers(request.get("headers"), f"{place}.headers")
        given = text(request.get("url"), f"{place}.url")
        url, notes = absolute(given, headers)
        method = text(request.get("method"), f"{place}.method")
        if not url or not method:
            raise SourceError(
                f"{place}: expected a method and a URL, found {method!r} {given!r:.60}"
            )
        body, body_notes = request_body(
            request.get("postData"), headers, self._beside, f"{place}.postData"
        )
        if body is None and not body_notes and (number(request.get("bodySize"), place) or 0) > 0:
            body_notes = ["the archive has no body for this request"]
        self._notes += [*notes, *body_notes]
        version = values.version(text(request.get("httpVersion"), f"{place}.httpVersion"))
        return Request(method, url, version, headers, body)

    def _response(self, response: Object) -> Response:
        place = f"{self._place}.response"
        status = number(response.get("status"), f"{place}.status") or 0
        return Response(
            t_s=self._head_s,
            status=int(status) if 0 <= status <= 999 else 0,
            reason=header_value(text(response.get("statusText"), f"{place}.statusText")),
            http_version=values.version(text(response.get("httpVersion"), f"{place}.httpVersion")),
            headers=values.headers(response.get("headers"), f"{place}.headers"),
        )

    def _body(self, request: Request, head: Response, response: Object) -> Body:
        place = f"{self._place}.response.content"
        if request.method == "HEAD" or head.status in _BODILESS:
            content = response.get("content")
            if isinstance(content, dict) and content.get("text"):
                self._notes.append(
                    f"the body is left out: a response {head.status} to {request.method} has none; "
                    f"browsers list the one that they had in their cache"
                )
            return Body(None)
        return response_body(response.get("content"), self._beside, place)

    def _end(self, response: Object, end_s: float) -> End:
        failure = _failure(response)
        if not failure:
            return End(end_s, COMPLETE)
        reason = next((why for word, why in _FAILURES.items() if word in failure), "unknown")
        return End(end_s, reason, error=failure)

    def _times_of(self, messages: list[Any], kind: str) -> list[float] | None:
        """When each message arrived, in seconds since the request; None if unknown."""
        if self._started_s is None:
            return None
        found: list[float] = []
        for index, message in enumerate(messages):
            place = f"{self._place}.{kind}[{index}].time"
            time_s = number(an_object(message, place).get("time"), place) or 0.0
            while time_s > 1e11:  # ms, us or ns
                time_s /= 1e3
            if time_s < _EARLIEST_S:
                return None
            t_s = max(0.0, time_s - self._started_s - self._sent_s)
            found.append(max(t_s, found[-1]) if found else t_s)
        return found

    def _rebuilt(self, events: list[Any]) -> tuple[list[Chunk], str]:
        """An event stream written from the events, one chunk each, and which times are known."""
        times = self._times_of(events, "_eventSourceMessages")
        last_id = ""
        chunks = []
        for index, event in enumerate(events):
            name, event_id, data = self._event(event, index)
            lines = []
            if event_id != last_id and not set("\0\r\n") & set(event_id):
                lines.append(f"id: {event_id}")
                last_id = event_id
            if name and name != "message" and not set("\r\n") & set(name):
                lines.append(f"event: {name}")
            lines += [f"data: {line}" for line in re.split("\r\n|\r|\n", data)]
            block = "\n".join([*lines, "", ""]).encode("utf-8", "replace")
            chunks.append(Chunk(times[index] if times else self._end_s, block))
        return chunks, TIMES_CHUNKS if times else TIMES_ENDS

    def _event(self, event: Any, index: int) -> tuple[str, str, str]:
        place = f"{self._place}._eventSourceMessages[{index}]"
        fields = an_object(event, place)
        return (
            text(fields.get("eventName"), f"{place}.eventName") or "message",
            text(fields.get("eventId"), f"{place}.eventId"),
            text(fields.get("data"), f"{place}.data"),
        )

    def _cut(self, body: bytes, events: list[Any], notes: list[str]) -> tuple[list[Chunk], str]:
        """The body, cut after each event if these are its events, and which times are known."""
        times = self._times_of(events, "_eventSourceMessages")
        try:
            parsed = EventStreamParser().feed(body)
        except SsetapeError:
            parsed = []
        known = [self._event(event, index) for index, event in enumerate(events)]
        if times is None or known != [(event.event, event.id, event.data) for event in parsed]:
            notes.append(
                "the events listed differ from those in the body, which is kept as one chunk"
            )
            return [Chunk(self._end_s, body)], TIMES_ENDS if self._has_times else TIMES_NONE
        edges = [0, *(event.end for event in parsed)]
        chunks = [
            Chunk(t_s, body[start:end])
            for t_s, start, end in zip(times, edges, edges[1:], strict=False)
        ]
        if edges[-1] < len(body):
            chunks.append(Chunk(max(self._end_s, times[-1]), body[edges[-1] :]))
        return chunks, TIMES_CHUNKS

    def _socket(self, request: Request, head: Response, listed: list[Any]) -> Imported:
        kind = "_webSocketMessages"
        times = self._times_of(listed, kind)
        messages = []
        error = None
        for index, item in enumerate(listed):
            place = f"{self._place}.{kind}[{index}]"
            fields = an_object(item, place)
            opcode = number(fields.get("opcode", _OPCODE_TEXT), f"{place}.opcode")
            data = text(fields.get("data"), f"{place}.data")
            if fields.get("type") == "error":
                error = data
            elif opcode in (_OPCODE_TEXT, _OPCODE_BINARY):
                is_text = opcode == _OPCODE_TEXT
                messages.append(
                    Message(
                        t_s=times[index] if times else 0.0,
                        from_client=fields.get("type") in ("send", "sent"),
                        is_text=is_text,
                        data=values.content(data, None if is_text else "base64", f"{place}.data"),
                    )
                )
        if request.url.startswith("http"):
            url = request.url.replace("http", "ws", 1)
            request = Request(request.method, url, request.http_version, request.headers)
        end_s = max([self._end_s, *(message.t_s for message in messages)])
        reason = "unknown" if error else COMPLETE
        return Imported(
            request=request,
            response=head,
            end=End(end_s, reason, error=error),
            times=TIMES_CHUNKS if times else TIMES_NONE,
            bytes=BYTES_EXACT,
            kind=WEBSOCKET,
            messages=messages,
            started_ns=self._started_ns(),
            notes=[*self._notes, "the archive does not say how the WebSocket was closed"],
        )


def _failure(response: Object) -> str:
    """A browser's word for what ended a response early; "" if nothing did."""
    for key in ("_error", "_failureText"):  # Chrome, Playwright
        if isinstance(response.get(key), str) and response[key]:
            return str(response[key])
    return ""
