"""A capture as an object: what `ssetape.open()` gives."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from ssetape.errors import CaptureError
from ssetape.format import reader
from ssetape.format.values import (
    BYTES,
    END,
    HEAD,
    HTTP,
    SOCKET_CODES,
    TEXT,
    TRAILERS,
    WEBSOCKET,
    Chunk,
    Close,
    End,
    Message,
    Request,
    Response,
    Trailers,
)
from ssetape.messages.timeline import TimedEvent, timed_events

if TYPE_CHECKING:
    from ssetape.meaning.answer import Answer
    from ssetape.meaning.reading import TimedFact
    from ssetape.measures.measure import Measurement
    from ssetape.measures.milestones import Milestones


class Capture:
    """One recorded exchange. Nothing but the header line is read before it is asked for.

    Args:
        name: what messages shall call it.
        with_ends: whether to read `response` and `end` at once, for those who want them of
            many captures: to open a file again takes longer than to read them.

    Attributes:
        path: the file.
        name: what messages call it: the path, unless it was given another.
        id: the exchange's own id, "" if the file has none.
        kind: "http", "websocket", or what a later recorder wrote.
        started: when the request was sent, as the file says it (UTC, ISO 8601), or "".
        recorder: what wrote the capture.
        imported: where it was imported from, and how good its times and bytes are; {} if it
            was recorded, as the format's specification says.
        request: the request.
        problems: what the last full reading had to pass over, in words; [] if nothing.

    Raises:
        CaptureError: (here and from every method) the file cannot be read or is not a capture.
    """

    def __init__(
        self, path: reader.Path, *, name: str | None = None, with_ends: bool = False
    ) -> None:
        self.path = Path(path)
        self.name = name or str(path)
        self.problems: list[str] = []
        with reader.open_file(path) as file:
            header = reader.read_header(file, self.name)
            if with_ends:
                self._read_ends(file)
        self.id = str(header.get("id", ""))
        self.kind = str(header.get("kind", HTTP))
        self.started = str(header.get("started", ""))
        self.recorder = str(header.get("recorder", ""))
        imported = header.get("imported")
        self.imported: dict[str, Any] = imported if isinstance(imported, dict) else {}
        self.request: Request = reader.parse_request(header, self.name)

    @cached_property
    def response(self) -> Response | None:
        """The response head, or None if the exchange ended before it came."""
        return self._find_head(self._records([]))

    @cached_property
    def end(self) -> End | None:
        """How the exchange ended, or None if recording was interrupted before it did."""
        with reader.open_file(self.path) as file:
            record = reader.read_end(file)
        return None if record is None else _end(record)

    def chunks(self) -> Iterator[Chunk]:
        """Give the body's chunks as they were received: times, bytes, boundaries.

        Raises:
            CaptureError: (also) a WebSocket has no body; it has `messages()`.
        """
        if self.kind == WEBSOCKET:
            raise CaptureError(
                self.name, None, "is a WebSocket's, which has messages and no chunks or events"
            )
        for part in self.parts():
            if type(part) is Chunk:
                yield part

    def events(self) -> Iterator[TimedEvent]:
        """Give the events of the body, decoded from its Content-Encoding.

        Raises:
            DecodingError: the body is not what its Content-Encoding says.
            EventTooLarge: an event passed the parser's limit.
        """
        return timed_events(self.chunks(), self.response.headers if self.response else [])

    def messages(self) -> Iterator[Message]:
        """Give the messages of a WebSocket, of both sides, in the order the proxy had them.

        Raises:
            CaptureError: (also) the capture is not a WebSocket's.
        """
        if self.kind != WEBSOCKET:
            raise CaptureError(
                self.name,
                None,
                f"has no messages: expected kind {WEBSOCKET!r}, found {self.kind!r:.60}",
            )
        for record in self.records():
            if record[1] in SOCKET_CODES:
                yield reader.parse_message(record)

    def facts(self) -> Iterator["TimedFact"]:
        """Give what the messages say, each fact with its time: `ssetape.facts` has their kinds.

        Nothing comes of a protocol that is not known here.
        """
        from ssetape.meaning.reading import Meaning

        return Meaning(self).facts()

    def answer(self) -> "Answer":
        """All that was said, put together: text, reasoning, calls of tools, usage, ..."""
        from ssetape.meaning.reading import answer_of

        return answer_of(self)

    def text(self) -> str:
        """What a person saw of the answer; "" if there is none, or nobody here understands it."""
        return self.answer().text

    def asked(self) -> list[tuple[str, str]]:
        """What the request says: (role, text) of each message in it; [] where none is found."""
        from ssetape.meaning.question import asked

        return asked(self.request)

    def milestones(self) -> "Milestones":
        """When what happened: head, first byte, first event, first text, ..., end."""
        return self.measure().milestones

    def measure(self) -> "Measurement":
        """Milestones, gaps, stalls, rates, tokens, and what other tools would report."""
        from ssetape.measures.measure import measure

        return measure(self)

    def parts(self) -> Iterator[Chunk | Trailers | End]:
        """Give all that came after the head, in order."""
        for record in self.records():
            code = record[1]
            if code in (TEXT, BYTES):
                yield Chunk(record[0], record[2])
            elif code == TRAILERS:
                value = record[2] if len(record) > 2 else None
                headers = reader.parse_headers(value, self.name, None, TRAILERS)
                yield Trailers(record[0], headers)
            elif code == END:
                yield _end(record)

    def records(self) -> Iterator[reader.Record]:
        """Give the records after the header, chunks with their bytes, unknown codes too."""
        self.problems = []
        return self._records(self.problems)

    def _records(self, problems: list[str]) -> Iterator[reader.Record]:
        with reader.open_file(self.path) as file:
            reader.read_header(file, self.name)
            yield from reader.read_records(file, self.name, problems)

    def _read_ends(self, file: BinaryIO) -> None:
        try:
            response = self._find_head(reader.read_records(file, self.name, []))
        except CaptureError:
            return  # told when it is asked for
        record = reader.read_end(file)
        # Where cached_property puts what it has worked out.
        self.__dict__.update(response=response, end=None if record is None else _end(record))

    def _find_head(self, records: Iterable[reader.Record]) -> Response | None:
        for t_s, code, *rest in records:
            if code == HEAD:
                return self._parse_head(t_s, rest[0] if rest else None)
            if code in SOCKET_CODES or code == END:
                break
        return None

    def _parse_head(self, t_s: float, head: Any) -> Response:
        if not isinstance(head, dict) or type(head.get("status")) is not int:
            found = head.get("status") if isinstance(head, dict) else head
            raise CaptureError(
                self.name, None, f"head.status: expected a number, found {found!r:.60}"
            )
        masked = head.get("masked")
        masked = masked if isinstance(masked, dict) else {}
        return Response(
            t_s=t_s,
            status=head["status"],
            reason=str(head.get("reason", "")),
            http_version=str(head.get("http_version", "")),
            headers=reader.parse_headers(head.get("headers", []), self.name, None, "head.headers"),
            masked_headers=reader.strings(masked.get("headers")),
        )


def _end(record: reader.Record) -> End:
    fields = record[2] if len(record) > 2 and isinstance(record[2], dict) else {}
    error, chunks, size_bytes = (fields.get(name) for name in ("error", "chunks", "bytes"))
    return End(
        t_s=record[0],
        reason=str(fields.get("reason", "")),
        error=error if isinstance(error, str) else None,
        chunks=chunks if type(chunks) is int else None,
        size_bytes=size_bytes if type(size_bytes) is int else None,
        close=_close(fields.get("close")),
    )


def _close(fields: Any) -> Close | None:
    if not isinstance(fields, dict) or type(fields.get("code")) is not int:
        return None
    return Close(fields["code"], str(fields.get("reason", "")), fields.get("by") == "client")
