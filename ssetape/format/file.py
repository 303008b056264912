"""A capture file as an object: its contents, uninterpreted."""

from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from ssetape.errors import CaptureError
from ssetape.format import decode, reader
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
    End,
    Message,
    Record,
    Request,
    Response,
    Trailers,
)

if TYPE_CHECKING:
    from ssetape.format.plain_blocks import Plain


class CaptureFile:
    """One recorded exchange. Only the header line is read at once, the rest on demand.

    Args:
        name: what error messages call it.
        with_ends: whether to read `response` and `end` at once too, for callers that need them
            of many captures: reopening a file takes longer than reading them.

    Attributes:
        path: the file.
        name: what error messages call it: the path, unless given.
        id: the exchange's id, "" if the file has none.
        kind: "http", "websocket", or a kind added by a later recorder.
        started: when the request was sent, as written in the file (UTC, ISO 8601), or "".
        recorder: the program that wrote the capture.
        imported: the source of an import, and which times and bytes that source had, as in the
            format's specification; {} if the capture was recorded.
        tapped: the browser that it was recorded inside of, as in the format's specification; {} if
            it was recorded elsewhere.
        made: how the capture was made, if nobody recorded it, as in the format's specification; {}
            for any other.
        edited: the capture that it was made from, and what was changed, as in the format's
            specification; {} if nobody edited it.
        run: the recorder's run: its `id`, when in it the request was sent (`at`, s), and the
            client's `connection`; {} if the file has none.
        request: the request.
        problems: what was skipped while reading so far, each problem once; [] if nothing.

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
        self.imported = _object(header, "imported")
        self.tapped = _object(header, "tapped")
        self.made = _object(header, "made")
        self.edited = _object(header, "edited")
        self.run = _object(header, "run")
        self.request: Request = decode.request(header, self.name)

    @property
    def is_websocket(self) -> bool:
        """Whether this is a WebSocket, which has messages instead of a body."""
        return self.kind == WEBSOCKET

    @cached_property
    def response(self) -> Response | None:
        """The response head, or None if the exchange ended before it arrived."""
        with self._opened([]) as file:
            return self._find_head(reader.read_records(file, self.name, []))

    @cached_property
    def end(self) -> End | None:
        """How the exchange ended, or None if recording was interrupted first."""
        with reader.open_file(self.path) as file:
            record = reader.read_end(file)
        return None if record is None else decode.end(record)

    def chunks(self) -> Iterator[Chunk]:
        """Yield the body's chunks as they were received: times, bytes, boundaries.

        Raises:
            CaptureError: (also) this is a WebSocket, which has `messages()` instead of a body.
        """
        if self.is_websocket:
            raise CaptureError(
                self.name, None, "is a WebSocket, which has messages instead of chunks and events"
            )
        for part in self.parts():
            if type(part) is Chunk:
                yield part

    def messages(self) -> Iterator[Message]:
        """Yield the messages of a WebSocket, from both sides, in the order the proxy received them.

        Raises:
            CaptureError: (also) this is not a WebSocket.
        """
        if not self.is_websocket:
            raise CaptureError(
                self.name,
                None,
                f"has no messages: expected kind {WEBSOCKET!r}, found {self.kind!r:.60}",
            )
        for record in self.records():
            if record[1] in SOCKET_CODES:
                yield decode.message(record)

    def parts(self) -> Iterator[Chunk | Trailers | End]:
        """Yield the chunks, trailers and end, in order."""
        for record in self.records():
            code = record[1]
            if code in (TEXT, BYTES):
                yield Chunk(record[0], record[2])
            elif code == TRAILERS:
                yield decode.trailers(record, self.name)
            elif code == END:
                yield decode.end(record)

    def records(self) -> Iterator[Record]:
        """Yield the records after the header, with chunks as bytes, including unknown codes."""
        problems: list[str] = []
        with self._opened(problems) as file:
            for record in reader.read_records(file, self.name, problems):
                if record[1] == HEAD or record[1] == END:
                    self._keep(record)
                yield record

    def blocks(self) -> "Iterator[Plain | list[Record]]":
        """Yield the same records in blocks: plain ones as columns, all others as they are."""
        # Imported here: a plain list, whose start people wait for, reads no record.
        from ssetape.format.plain_blocks import plain_blocks

        problems: list[str] = []
        with self._opened(problems) as file:
            for block in plain_blocks(file, self.name, problems):
                if isinstance(block, list):
                    for record in block:
                        if record[1] == HEAD or record[1] == END:
                            self._keep(record)
                yield block

    @contextmanager
    def _opened(self, problems: list[str]) -> Generator[BinaryIO]:
        """Open the file at its first record; on exit, add the problems found to `self.problems`."""
        with reader.open_file(self.path) as file:
            reader.read_header(file, self.name)
            try:
                yield file
            finally:
                self.problems += [each for each in problems if each not in self.problems]

    def _keep(self, record: Record) -> None:
        """Keep head and end as they pass, so that the file need not be opened again for them."""
        # Where cached_property stores its results.
        if record[1] == END:
            self.__dict__.setdefault("end", decode.end(record))
        elif "response" not in self.__dict__:
            try:
                self.__dict__["response"] = decode.head(record, self.name)
            except CaptureError:
                pass  # raised on access

    def _read_ends(self, file: BinaryIO) -> None:
        try:
            response = self._find_head(reader.read_records(file, self.name, []))
        except CaptureError:
            return  # raised on access
        record = reader.read_end(file)
        end = None if record is None else decode.end(record)
        self.__dict__.update(response=response, end=end)

    def _find_head(self, records: Iterable[Record]) -> Response | None:
        for record in records:
            if record[1] == HEAD:
                return decode.head(record, self.name)
            if record[1] in SOCKET_CODES or record[1] == END:
                break
        return None


def _object(header: dict[str, Any], name: str) -> dict[str, Any]:
    """An optional object of the header; {} if it is not there."""
    found = header.get(name)
    return found if isinstance(found, dict) else {}
