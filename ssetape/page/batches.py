"""What the page gets of a capture while it is read, or recorded: events, typed text, chunks."""

import re
from collections.abc import Iterator
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from ssetape.capture import Capture
from ssetape.format.reader import Record, parse_message
from ssetape.format.values import SOCKET_CODES, WEBSOCKET, Message
from ssetape.meaning.reading import Meaning
from ssetape.meaning.typing_effect import Typed, Typist
from ssetape.messages.framing import StreamMessage

Row = list[Any]

# A batch is parsed by the page at one go: in some milliseconds.
_BATCH_ITEMS = 1000
_BATCH_CHARACTERS = 1_000_000


class Place(NamedTuple):
    """How far a page has come: so many events, pieces of typed text and chunks."""

    events: int = 0
    typed: int = 0
    chunks: int = 0

    def __str__(self) -> str:
        return "-".join(map(str, self))

    @classmethod
    def parse(cls, text: str) -> "Place":
        """The place that a text says; the beginning if it says none."""
        found = re.fullmatch(r"(\d{1,15})-(\d{1,15})-(\d{1,15})", text, re.ASCII)
        return cls(*map(int, found.groups())) if found else cls()


@dataclass(slots=True)
class Batch:
    """What comes next.

    Attributes:
        events: [time, time of the first byte or None, name, ID, data, whether the client sent it],
            and the data's whole length where it was cut.
        typed: [time, text, whether it replaces all before].
        chunks: [time, size].
        place: how far the page is with it.
    """

    events: list[Row] = field(default_factory=list)
    typed: list[Row] = field(default_factory=list)
    chunks: list[Row] = field(default_factory=list)
    place: Place = field(default_factory=Place)

    def values(self) -> dict[str, list[Row]]:
        """The same as plain values."""
        return {"events": self.events, "typed": self.typed, "chunks": self.chunks}


def batches(
    path: Path,
    records: Iterator[Record | None],
    after: Place = Place(),  # noqa: B008  # it cannot change
    data_limit: int | None = None,
) -> Iterator[Batch | None]:
    """Give what comes of the records of a capture behind a place, None at each pause.

    Args:
        data_limit: of the data of an event, no more characters than that.

    Raises:
        CaptureError: it cannot be read further; what is good of it was given.
    """
    filling = _Filling(after, data_limit)
    reading: _Reading | None = None
    for record in records:
        if record is None:
            if reading is not None:
                reading.pause()
            if filling.has_any:
                yield filling.take()
            yield None
        elif record[1] in SOCKET_CODES:
            # Opened now, as the head has come by now.
            reading = reading or _Reading(Capture(path), filling)
            reading.feed(record)
            if filling.is_full:
                yield filling.take()
    if reading is not None:
        reading.end()
    if filling.has_any:
        yield filling.take()


class _Filling:
    """A batch that is being filled, and those before it, which the page has."""

    def __init__(self, after: Place, data_limit: int | None) -> None:
        self._after = after
        self._data_limit = data_limit
        self._counts = [0, 0, 0]
        self._characters = 0
        self._batch = Batch()

    @property
    def has_any(self) -> bool:
        return any(astuple(self._batch)[:3])

    @property
    def is_full(self) -> bool:
        batch = self._batch
        items = max(len(batch.events), len(batch.typed), len(batch.chunks))
        return items >= _BATCH_ITEMS or self._characters >= _BATCH_CHARACTERS

    def take(self) -> Batch:
        taken, self._batch, self._characters = self._batch, Batch(), 0
        taken.place = Place(*self._counts)
        return taken

    def event(self, message: StreamMessage) -> None:
        if self._is_new(0):
            data = message.data[: self._data_limit]
            row = [message.t_s, message.t_first_s, message.name, message.event_id, data]
            row.append(message.from_client)
            if len(data) < len(message.data):
                row.append(len(message.data))
            self._batch.events.append(row)
            self._characters += len(data)

    def typed(self, piece: Typed) -> None:
        if self._is_new(1):
            self._batch.typed.append(list(piece))
            self._characters += len(piece.text)

    def chunk(self, t_s: float, size_bytes: int) -> None:
        if self._is_new(2):
            self._batch.chunks.append([t_s, size_bytes])

    def _is_new(self, which: int) -> bool:
        self._counts[which] += 1
        return self._counts[which] > self._after[which]


class _Reading:
    """Reads records into a batch."""

    def __init__(self, capture: Capture, filling: _Filling) -> None:
        self._is_socket = capture.kind == WEBSOCKET
        self._filling = filling
        self._meaning = Meaning(capture)
        self._typist = Typist()

    def feed(self, record: Record) -> None:
        if self._is_socket:
            message = parse_message(record)
            self._filling.event(_shown(message))
        else:
            self._filling.chunk(record[0], len(record[2]))
        for each in self._meaning.feed(record):
            self._see(each)

    def pause(self) -> None:
        self._type(self._meaning.understand_early())

    def end(self) -> None:
        for each in self._meaning.feed_end():
            self._see(each)
        self._type(self._meaning.understand_rest())

    def _see(self, message: StreamMessage) -> None:
        if not self._is_socket:
            self._filling.event(message)
        self._type(self._meaning.understand(message))

    def _type(self, understood: Iterator[Any]) -> None:
        for message, facts in understood:
            for piece in self._typist.type(self._meaning, message, facts):
                self._filling.typed(piece)


def _shown(message: Message) -> StreamMessage:
    """A message of a WebSocket; bytes that are no text in hexadecimal."""
    text = message.text
    name = "text" if message.is_text else "binary"
    data = message.data.hex(" ") if text is None else text
    return StreamMessage(message.t_s, message.t_s, name, data, from_client=message.from_client)
