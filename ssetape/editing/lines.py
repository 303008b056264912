"""A capture as lines for an editor: request, head, messages, what is between them, end.

`docs/editing.md` says what each line has, and which of them is believed when two disagree.
"""

from binascii import b2a_base64
from collections.abc import Iterator
from itertools import chain
from typing import Any

from ssetape.editing.digest import Digest
from ssetape.editing.encoder import Encoder, Fields
from ssetape.editing.encoders import encoder_for
from ssetape.editing.pieces import comments_apart, pieces_of
from ssetape.editing.source import Source
from ssetape.errors import EventTooLarge
from ssetape.format import encode
from ssetape.format.file import CaptureFile
from ssetape.format.values import Chunk, End, Trailers
from ssetape.messages import framing as framings
from ssetape.messages.reading import MessageReader
from ssetape.messages.stretches import Slice, Stretch, split

# The kinds of lines that are no messages.
REQUEST, HEAD, COMMENT, BYTES, TRAILERS, END = (
    *("request", "head", "comment", "bytes", "trailers", "end"),
)

Line = dict[str, Any]

_COLUMNS = ("t", "t_first", "gap", "kind", "direction", "event", "id", "data")
_NAMES = ("capture", "seq", *_COLUMNS, "base64", "said")
# What else the header says of the exchange.
_OF_THE_EXCHANGE = ("id", "kind", "started", "recorder", "imported", "tapped", "run", "edited")


def lines_of(capture: CaptureFile, rows: Iterator[tuple[Any, ...]]) -> Iterator[Line]:
    """Yield the lines of a capture, up to any damage in it.

    Args:
        rows: those of its messages, as `Exchange.event_rows` yields them.
    """
    writer = _Lines(capture, rows)
    yield writer.request()
    yield from writer.messages() if capture.is_websocket else writer.body()
    yield writer.end()


class _Lines:
    def __init__(self, capture: CaptureFile, rows: Iterator[tuple[Any, ...]]) -> None:
        self._capture = capture
        self._rows = rows
        self._source = Source(capture)
        self._digest = Digest(capture.request)
        if self._source.response is not None:
            self._digest.head(self._source.response)
        self._latest_s = 0.0
        self._last_chunk = -1

    def request(self) -> Line:
        capture = self._capture
        fields = encode.header(
            capture.request, id=capture.id, kind=capture.kind, started_ns=0, clock="", recorder=""
        )
        exchange = {name: getattr(capture, name) for name in _OF_THE_EXCHANGE}
        exchange = {name: value for name, value in exchange.items() if value}
        return self._line(0.0, REQUEST, request=fields["request"], exchange=exchange)

    def messages(self) -> Iterator[Line]:
        """The lines of a WebSocket."""
        yield self._head(None)
        for message, spans in self._source.messages():
            self._digest.message(message)
            extras: Line = {"masked": spans} if spans else {}
            extras |= {name: True for name in ("dropped", "injected") if getattr(message, name)}
            yield self._row(extras) or self._line(message.t_s, "message", **extras)

    def body(self) -> Iterator[Line]:
        """The lines of a body."""
        messages = MessageReader(self._source.response, name=self._capture.name)
        items = split(self._chunks(), messages)
        first = next(items, None)
        framing = messages.framing
        yield self._head(framing.name if framing else None)
        encoder = encoder_for(framing.name if framing else None)
        before: list[Slice] = []  # of the element of an array
        for item in chain([first] if first is not None else [], items):
            if isinstance(item, Trailers):
                yield from self._between(before, framing, encoder)
                before = []
                yield self._trailers(item)
            elif isinstance(item, End):
                continue
            elif item.message is not None:
                yield self._message(Stretch([*before, *item.slices], item.message), encoder)
                before = []
            elif framing is framings.JSON_ARRAY and messages.damage is None:
                before += item.slices
            else:
                yield from self._between([*before, *item.slices], framing, encoder)
                before = []
        yield from self._between(before, framing, encoder)

    def end(self) -> Line:
        """The last line; its `end` is null if the recording was interrupted."""
        found = self._source.end
        if found is None:
            return self._line(self._latest_s, END, end=None, sha256=self._digest.text)
        t_s, fields = found
        self._digest.end(t_s, fields)
        return self._line(t_s, END, end=fields, sha256=self._digest.text)

    def _chunks(self) -> Iterator[Chunk | Trailers | End]:
        for part in self._source.parts():
            if isinstance(part, Chunk):
                self._digest.chunk(part)
            yield part

    def _head(self, framing: str | None) -> Line:
        response = self._source.response
        if response is None:
            return self._line(0.0, HEAD, head=None)
        extras = {"framing": framing} if framing else {}
        return self._line(response.t_s, HEAD, head=encode.head(response), **extras)

    def _trailers(self, trailers: Trailers) -> Line:
        self._digest.trailers(*trailers)
        marks = self._source.trailers_marks
        return self._line(trailers.t_s, TRAILERS, trailers=trailers.headers, **marks)

    def _message(self, stretch: Stretch, encoder: Encoder) -> Line:
        message, raw = stretch.message, stretch.raw
        assert message is not None
        fields = Fields.of(message)
        extras: Line = {} if message.retry_ms is None else {"retry": message.retry_ms}
        extras |= self._places(stretch.slices, message.t_s)
        if "masked" in extras or encoder.encode(fields) != raw:
            extras |= _raw(raw)
        _add(encoder, raw)
        row = self._row(extras)
        return row or self._line(message.t_s, "event", data=message.data, **extras)

    def _between(
        self, slices: list[Slice], framing: framings.Framing | None, encoder: Encoder
    ) -> Iterator[Line]:
        if not slices:
            return
        found: list[tuple[str | None, list[Slice]]] = [(None, slices)]
        if framing is framings.EVENTS:
            found = comments_apart(slices, is_first=self._last_chunk < 0)
        elif framing is None:
            found = [(None, [each]) for each in slices]
        for comment, piece in found:
            raw = b"".join(each.data for each in piece)
            t_s = piece[-1].t_s
            extras = self._places(piece, t_s)
            if comment is None:
                body = encode.body_field(raw) or {}
                extras |= {"data": body.get("text"), "base64": body.get("base64")}
                yield self._line(t_s, BYTES, **extras)
            else:
                if "masked" in extras or f":{comment}\n\n".encode() != raw:
                    extras |= _raw(raw)
                yield self._line(t_s, COMMENT, data=comment, **extras)
            _add(encoder, raw)

    def _places(self, slices: list[Slice], t_s: float) -> Line:
        """Which chunks the bytes of a line were in, and what in them is masked."""
        extras: Line = {"joined": True} if slices[0].chunk == self._last_chunk else {}
        self._last_chunk = slices[-1].chunk
        pieces = pieces_of(slices)
        if len(pieces) > 1 or pieces[0][0] != t_s:
            extras["pieces"] = [[round(piece_s - t_s, 6), size] for piece_s, size in pieces]
        if spans := self._source.spans(slices):
            extras["masked"] = spans
        return extras

    def _row(self, extras: Line) -> Line | None:
        row = next(self._rows, None)
        if row is None:
            return None
        name, _, seq, *values, binary, _, said, _ = row
        encoded = None if binary is None else b2a_base64(binary, newline=False).decode()
        self._latest_s = values[0]
        found = (name, seq, *values, encoded, said)
        return {**dict(zip(_NAMES, found, strict=True)), **extras}

    def _line(self, t_s: float, kind: str, **fields: Any) -> Line:
        self._latest_s = t_s
        line = dict.fromkeys(_NAMES)
        return {**line, "capture": self._name, "t": t_s, "kind": kind, "direction": "in", **fields}

    @property
    def _name(self) -> str:
        return self._capture.name.encode("utf-8", "backslashreplace").decode()


def _raw(raw: bytes) -> Line:
    body = encode.body_field(raw) or {}
    return {"raw_base64": body["base64"]} if "base64" in body else {"raw": body.get("text", "")}


def _add(encoder: Encoder, raw: bytes) -> None:
    try:
        encoder.add(raw)
    except EventTooLarge:
        pass  # what is behind it is bytes
