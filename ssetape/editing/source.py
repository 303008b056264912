"""What a capture's records say, decoded from any Content-Encoding, with what is masked in them."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ssetape.errors import CaptureError, DecodingError
from ssetape.format import decode
from ssetape.format.codings import codings, split_coding
from ssetape.format.file import CaptureFile
from ssetape.format.values import (
    BYTES,
    END,
    SOCKET_CODES,
    TEXT,
    TRAILERS,
    Chunk,
    End,
    Message,
    Record,
    Response,
    Trailers,
)
from ssetape.messages.decoding import BodyDecoder, held
from ssetape.messages.stretches import Slice

# Where a secret was: its first byte, the byte behind it, and what it looked like, if known.
Span = list[Any]

# Totals, which the writer counts anew.
_TOTALS = ("chunks", "bytes")


class Source:
    """The parts of a capture, read once.

    Damage ends them, and raises nothing.

    Args:
        decodes: whether to undo any Content-Encoding.

    Attributes:
        response: the head as it holds for the body here; None if there is none.
        marked: the chunks and messages with something masked in them, and where.
        end: when and how it ended, as in the file, but without totals; None before it is read, or
            if it was interrupted.
        trailers_marks: the field `masked` of the trailers, if any.
        damage: what could not be read so far, or None.
    """

    def __init__(self, capture: CaptureFile, *, decodes: bool = True) -> None:
        self.marked: dict[bytes, list[Span]] = {}
        self._capture = capture
        self.damage: CaptureError | DecodingError | None = None
        self.end: tuple[float, dict[str, Any]] | None = None
        self.trailers_marks: dict[str, Any] = {}
        self._marks: dict[int, list[Span]] = {}
        self._place = (-1, 0)  # in which chunk, and how many of its bytes were looked at
        try:
            response = capture.response
        except CaptureError as error:
            self.damage, response = error, None
        self._decoder = BodyDecoder([])
        is_coded = response is not None and bool(codings(response.headers))
        if decodes and is_coded and response is not None and not capture.is_websocket:
            try:
                self._decoder = BodyDecoder(response.headers)
                response = decoded_head(response)
            except DecodingError:
                pass  # the bytes stay as they came
        self.response = response

    @property
    def is_decoded(self) -> bool:
        """Whether a Content-Encoding is undone."""
        return not self._decoder.is_identity

    def parts(self) -> Iterator[Chunk | Trailers | End]:
        """Yield the chunks of the body, the trailers and the end."""
        number = 0
        is_damaged = False
        for record in self._records():
            code = record[1]
            if code in (TEXT, BYTES):
                try:
                    data = b"" if is_damaged else held(self._decoder.feed(record[2]))
                except DecodingError as error:
                    self.damage, is_damaged, data = error, True, b""
                if data:
                    if spans := _spans(record):
                        self._marks[number] = self.marked[data] = spans
                    yield Chunk(float(record[0]), data)
                    number += 1
            elif code == TRAILERS:
                marks = record[3] if len(record) > 3 else {}
                self.trailers_marks = {k: v for k, v in marks.items() if k == "masked"}
                yield decode.trailers(record, self._capture.name)
            elif code == END:
                yield decode.end(record)

    def messages(self) -> Iterator[tuple[Message, list[Span]]]:
        """Yield the messages of a WebSocket, each with what is masked in it."""
        for record in self._records():
            if record[1] in SOCKET_CODES:
                message, spans = decode.message(record), _spans(record)
                if spans:
                    self.marked[message.data] = spans
                yield message, spans

    def spans(self, slices: list[Slice]) -> list[Span]:
        """What is masked in some bytes, by their offsets; call for all bytes in order."""
        if not self._marks:
            return []
        found: list[Span] = []
        before = 0
        for piece in slices:
            chunk, start = self._place
            start = start if chunk == piece.chunk else 0
            end = start + len(piece.data)
            for first, behind, *rest in self._marks.get(piece.chunk, []):
                if first < end and behind > start:
                    inside = (max(first, start), min(behind, end))
                    begin, stop = (before + place - start for place in inside)
                    if first < start and found and found[-1][1:] == [begin, *rest]:
                        begin = found.pop()[0]
                    found.append([begin, stop, *rest])
            self._place = (piece.chunk, end)
            before += len(piece.data)
        return found

    def _records(self) -> Iterator[Record]:
        try:
            for record in self._capture.records():
                if record[1] == END:
                    fields = record[2] if len(record) > 2 and isinstance(record[2], dict) else {}
                    kept = {name: fields[name] for name in fields if name not in _TOTALS}
                    self.end = (float(record[0]), kept)
                yield record
        except CaptureError as error:
            self.damage = error


def decoded_head(response: Response) -> Response:
    """The head for the body once it is decoded; what no longer holds goes to `decoded_headers`."""
    kept, undone = split_coding(response.headers)
    return replace(response, headers=kept, decoded_headers=[*response.decoded_headers, *undone])


def _spans(record: Record) -> list[Span]:
    marks = record[3] if len(record) > 3 and isinstance(record[3], dict) else {}
    found = marks.get("masked")
    return [
        span
        for span in (found if isinstance(found, list) else [])
        if isinstance(span, list)
        and len(span) >= 2
        and type(span[0]) is type(span[1]) is int
        and 0 <= span[0] < span[1]
    ]
