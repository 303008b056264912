"""Makes an exchange of the lines of one capture."""

from dataclasses import replace
from typing import Any

from ssetape.editing.body import Body
from ssetape.editing.digest import Digest
from ssetape.editing.encoders import encoder_for, framing_names
from ssetape.editing.lines import END, HEAD, REQUEST, TRAILERS
from ssetape.editing.source import Span
from ssetape.errors import CaptureError, LineError
from ssetape.format import decode, encode
from ssetape.format.codings import codings
from ssetape.format.values import (
    COMPLETE,
    HTTP,
    WEBSOCKET,
    Chunk,
    Headers,
    Message,
    Request,
    Response,
    header_values,
)
from ssetape.imports._exchange import (
    BYTES_DECODED,
    BYTES_EDITED,
    BYTES_EXACT,
    TIMES_CHUNKS,
    TIMES_EDITED,
    Given,
    Imported,
)
from ssetape.imports._jsonl_group import Group
from ssetape.imports._jsonl_lines import LINE, MESSAGE, OF_A_BODY, Line
from ssetape.imports._jsonl_origin import Origin
from ssetape.messages import framing as framings
from ssetape.messages.detection import EVENT_STREAM

_TYPES = {
    framings.EVENTS.name: EVENT_STREAM,
    framings.AWS.name: "application/vnd.amazon.eventstream",
    framings.LINES.name: "application/x-ndjson",
    framings.JSON_ARRAY.name: "application/json",
    framings.JSON_DOCUMENTS.name: "application/json",
}


def imported(group: Group, name: str, given: Given) -> Imported:
    """The exchange of a group; raises LineError."""
    if given.like is not None:
        group.fill(given.like.lines)
    return _Exchange(group, name, given).made()


class _Exchange:
    def __init__(self, group: Group, name: str, given: Given) -> None:
        self._group = group
        self._name = name
        self._given = given
        self._notes: list[str] = []
        self._origin = Origin(group, name)
        self._request = self._read_request(group.single.get(REQUEST))
        is_socket = any(line.kind == MESSAGE for line in group.body)
        self._kind = self._origin.kind(WEBSOCKET if is_socket else HTTP)
        self._framing = self._read_framing()
        self._response = self._read_head()
        self._digest = Digest(self._request)
        if self._response is not None:
            self._digest.head(self._response)

    def made(self) -> Imported:
        """The exchange."""
        body, messages, marks = self._content()
        heads_s = [self._response.t_s] if self._response else []
        parts_s = [chunk.t_s for chunk in body[-1:]] + [message.t_s for message in messages[-1:]]
        latest_s = max([0.0, *heads_s, *parts_s])
        trailers, trailers_marks = self._trailers(latest_s)
        if trailers is not None:
            latest_s = max(latest_s, trailers[0])
            self._digest.trailers(*trailers)
        end, details = self._end(latest_s)
        if end is not None:
            self._digest.end(end.t_s, details)
        origin = self._origin
        is_edited = origin.is_edited(self._digest.text)
        found = Imported(
            request=self._request,
            response=self._response,
            end=end,
            times=TIMES_EDITED if is_edited else origin.before("times", TIMES_CHUNKS),
            bytes=BYTES_EDITED if is_edited else origin.before("bytes", self._bytes()),
            kind=self._kind,
            chunks=body,
            messages=messages,
            started_ns=origin.started_ns,
            notes=self._notes,
            tapped=origin.said("tapped"),
            run=origin.said("run"),
            trailers=trailers,
            trailers_marks=trailers_marks,
            end_details=details,
            marks=marks,
            edited=origin.edited() if is_edited else origin.said("edited"),
        )
        if is_edited:
            _fit_length(found)
            for name in encode.CLIENT_FIELDS:
                details.pop(name, None)
        elif self._given.like is not None:
            self._as_sent(found)
        return found

    def _read_request(self, line: Line | None) -> Request:
        if line is None:
            request, self._notes = self._given.request(self._name)
            return request
        try:
            return decode.request(line.fields, "")
        except CaptureError as error:
            raise _at(line, error) from error

    def _read_framing(self) -> str:
        head = self._group.single.get(HEAD)
        found = head.text("framing") if head else None
        if head and found is not None and found not in framing_names():
            raise head.wrong("framing", f"one of {', '.join(framing_names())}", found)
        if found is None:
            is_lines = any(line.kind == LINE for line in self._group.body)
            found = framings.LINES.name if is_lines else framings.EVENTS.name
        return found

    def _read_head(self) -> Response | None:
        line = self._group.single.get(HEAD)
        if line is None:
            if self._kind == WEBSOCKET:
                return Response(0.0, 101, "Switching Protocols", "HTTP/1.1", [])
            content_type = self._given.content_type or _TYPES[self._framing]
            return Response(0.0, 200, "", "", [("content-type", content_type)])
        if line.fields.get("head") is None:
            return None
        try:
            return decode.head([line.t_s or 0.0, HEAD, line.object_of("head")], "")
        except CaptureError as error:
            raise _at(line, error) from error

    def _content(self) -> tuple[list[Chunk], list[Message], dict[int, list[Span]]]:
        head_s = self._response.t_s if self._response else 0.0
        if self._kind == WEBSOCKET:
            return [], *self._messages(head_s)
        name = "message" if self._framing == framings.EVENTS.name else ""
        body = Body(encoder_for(self._framing), head_s)
        for line in self._group.body:
            if line.kind not in OF_A_BODY:
                raise line.wrong("kind", f"one of {', '.join(OF_A_BODY)}", line.kind)
            body.add(line.of_body(name))
        self._note_late(body.late)
        body.check(self._response)
        chunks = body.chunks
        for chunk in chunks:
            self._digest.chunk(chunk)
        return chunks, [], body.marks

    def _messages(self, latest_s: float) -> tuple[list[Message], dict[int, list[Span]]]:
        found: list[Message] = []
        marks: dict[int, list[Span]] = {}
        late: list[int] = []
        for line in self._group.body:
            if line.kind != MESSAGE:
                raise line.wrong("kind", "message, as this is a WebSocket", line.kind)
            message = line.message(latest_s)
            if line.t_s is not None and line.t_s < latest_s:
                late.append(line.number)
            latest_s = message.t_s
            if spans := [span for span in line.masked() if span[1] <= len(message.data)]:
                marks[len(found)] = spans
            found.append(message)
            self._digest.message(message)
        self._note_late(late)
        return found, marks

    def _note_late(self, late: list[int]) -> None:
        if late:
            lines = f"line {late[0]}" + (f" and {len(late) - 1} more" if late[1:] else "")
            self._notes.append(f"{lines} come later than their `t`, not before the lines above")

    def _trailers(self, latest_s: float) -> tuple[Any, dict[str, Any]]:
        line = self._group.single.get(TRAILERS)
        if line is None:
            return None, {}
        record = [line.t_s or latest_s, TRAILERS, line.fields.get("trailers")]
        try:
            found = decode.trailers(record, "")
        except CaptureError as error:
            raise _at(line, error) from error
        masked = line.object_of("masked")
        return found, {"masked": masked} if masked else {}

    def _end(self, latest_s: float) -> tuple[Any, dict[str, Any]]:
        """How it ended; None if the recording was interrupted. Without a line, it is complete."""
        line = self._group.single.get(END)
        if line is not None and line.fields.get("end") is None:
            return None, {}
        details = line.object_of("end") if line else {"reason": COMPLETE}
        t_s = line.t_s if line and line.t_s is not None else latest_s
        return decode.end([max(t_s, latest_s), END, details]), details

    def _bytes(self) -> str:
        is_decoded = self._response is not None and any(
            name.lower() == "content-encoding" for name, _ in self._response.decoded_headers
        )
        return BYTES_DECODED if is_decoded and not self._origin.said("tapped") else BYTES_EXACT

    def _as_sent(self, found: Imported) -> None:
        """Take the bytes with their Content-Encoding from the capture: nothing was edited."""
        like = self._given.like
        if like is not None and like.response is not None and codings(like.response.headers):
            found.response = like.response
            found.chunks = like.chunks
            found.bytes = self._origin.before("bytes", BYTES_EXACT)


def _fit_length(found: Imported) -> None:
    """Let a complete body have the Content-Length that it has."""
    response, end = found.response, found.end
    if response is None or end is None or not end.is_complete or found.kind == WEBSOCKET:
        return
    size_bytes = sum(len(chunk.data) for chunk in found.chunks)
    if found.request.method == "HEAD" or not header_values(response.headers, "content-length"):
        return
    headers: Headers = [
        (name, str(size_bytes) if name.lower() == "content-length" else value)
        for name, value in response.headers
    ]
    found.response = replace(response, headers=headers)


def _at(line: Line, error: CaptureError) -> LineError:
    """An error about a capture's line as one about a line of the file."""
    return LineError(line.number, str(error).partition(": ")[2])
