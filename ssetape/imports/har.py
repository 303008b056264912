"""HTTP archives as browsers export them: http://www.softwareishard.com/blog/har-12-spec/

Chrome and Firefox add events and WebSocket messages as `_eventSourceMessages` and
`_webSocketMessages`, with times in seconds since 1970.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ssetape.errors import SourceError
from ssetape.format.values import (
    COMPLETE,
    WEBSOCKET,
    Chunk,
    End,
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
    Beside,
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
from ssetape.imports._har_events import cut, rebuilt, socket_messages, times_of
from ssetape.imports._har_log import entries, is_archive

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
_LOCAL = ("about:", "blob:", "data:", "file:")
_NO_MESSAGES = "the archive has no messages of this WebSocket; Firefox and Safari list none"
# Responses without a body: RFC 9110, section 6.4.1.
_BODILESS = frozenset({204, 205, 304})


def recognises(start: bytes, name: str) -> bool:
    """Whether the file is an HTTP archive."""
    return is_archive(start, name)


def read(data: bytes, name: str, given: Given) -> Iterator[Imported | Skipped]:
    """Yield the entries of an archive; raises SourceError."""
    found, where = entries(data)
    for index, entry in enumerate(found):
        place = f"{where}[{index}]"
        try:
            fields = an_object(entry, place)
            if not _is_local(fields):
                yield _HarEntry(fields, place, given.beside).imported()
        except SourceError as error:
            yield Skipped(place, str(error))


def _is_local(entry: Object) -> bool:
    """Whether an entry never was on the network: Firefox and Safari list those, too."""
    request = entry.get("request")
    url = request.get("url") if isinstance(request, dict) else None
    return isinstance(url, str) and url.lower().startswith(_LOCAL)


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
        head = self._labelled(self._response(response), response.get("content"))
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
        is_empty = header_values(head.headers, "content-length") == ["0"]
        missing = "" if events or is_empty else found.missing
        if missing:
            notes.append(missing)
        where = f"{place}._eventSourceMessages"
        known_s = times_of(events, self._since_s(), where)
        chunks = [Chunk(self._end_s, body)] if body else []
        times = TIMES_ENDS if self._has_times else TIMES_NONE
        if body is None and events:
            chunks = rebuilt(events, known_s or [self._end_s] * len(events), where)
            times = TIMES_CHUNKS if known_s else TIMES_ENDS
            word = BYTES_REBUILT
            headers = [(n, v) for n, v in headers if n.lower() != "content-length"]
        elif body and events:
            pieces = cut(body, events, known_s, self._end_s, where)
            if pieces is None:
                notes.append(
                    "the events listed differ from those in the body, which is kept as one chunk"
                )
            else:
                chunks, times = pieces, TIMES_CHUNKS
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
            edited=values.edited(entry.get("_edited")),
        )

    def _since_s(self) -> float | None:
        """When the request was sent, in seconds since 1970."""
        return None if self._started_s is None else self._started_s + self._sent_s

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

    def _labelled(self, head: Response, content: Any) -> Response:
        """The head, with the type of the content where an archive has no headers."""
        listed = content.get("mimeType") if isinstance(content, dict) else None
        if header_values(head.headers, "content-type") or not isinstance(listed, str):
            return head
        label = header_value(listed)
        if "/" not in label:  # x-unknown, as Chrome writes it
            return head
        self._notes.append("the content type is the archive's own mimeType: it has no such header")
        return replace(head, headers=[*head.headers, ("content-type", label)])

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

    def _socket(self, request: Request, head: Response, listed: list[Any]) -> Imported:
        kind = "_webSocketMessages"
        times = times_of(listed, self._since_s(), f"{self._place}.{kind}")
        messages, error = socket_messages(listed, times, f"{self._place}.{kind}")
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
            missing="" if listed else _NO_MESSAGES,
            edited=values.edited(self._entry.get("_edited")),
        )


def _failure(response: Object) -> str:
    """A browser's word for what ended a response early; "" if nothing did."""
    for key in ("_error", "_failureText"):  # Chrome, Playwright
        if isinstance(response.get(key), str) and response[key]:
            return str(response[key])
    return ""
