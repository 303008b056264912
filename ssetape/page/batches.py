"""What the page gets from a capture while it is read or recorded: events, typed text, chunks."""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ssetape.errors import CaptureError
from ssetape.format.file import CaptureFile
from ssetape.format.values import BYTES, TEXT, End, Message, Record, Response
from ssetape.meaning.answer import Answer, AnswerDraft
from ssetape.meaning.reading import Meaning, Understood
from ssetape.meaning.typing_effect import TypedText, Typist
from ssetape.meaning.wording import Wording
from ssetape.measures.measurement import Measurement, Meter
from ssetape.messages.message import Item, StreamMessage, TimedComment
from ssetape.messages.reading import MessageReader, spoken
from ssetape.page import said

Row = list[Any]

# The page parses a batch in one go, within milliseconds.
_BATCH_ITEMS = 1000
_BATCH_CHARACTERS = 1_000_000
# More than any capture has.
_ALL = 2**62


class PageProgress(NamedTuple):
    """How far a page has got: how many events, pieces of typed text, chunks and sayings it has."""

    events: int = 0
    typed: int = 0
    chunks: int = 0
    said: int = 0

    def __str__(self) -> str:
        return "-".join(map(str, self))

    @classmethod
    def parse(cls, text: str) -> "PageProgress":
        """The progress written in `text`; the beginning if it is not one."""
        found = re.fullmatch(r"(\d{1,15})" + r"-(\d{1,15})" * 3, text, re.ASCII)
        return cls(*map(int, found.groups())) if found else cls()

    @classmethod
    def missing(cls, **wanted: int) -> "PageProgress":
        """The progress of who wants only what is named, after so many: `missing(events=0)`."""
        return cls(*(wanted.get(name, _ALL) for name in cls._fields))


@dataclass(slots=True)
class Batch:
    """The next part of a capture.

    Attributes:
        events: [time, time of the first byte or None, name, ID, data, whether the client sent it],
            and the full length of the data if it was cut.
        typed: [time, text, whether it replaces all text before].
        chunks: [time, size].
        said: [number of the event, [[sort, words], ...]], what an event added to the answer.
        place: the page's progress after this batch.
    """

    events: list[Row] = field(default_factory=list)
    typed: list[Row] = field(default_factory=list)
    chunks: list[Row] = field(default_factory=list)
    said: list[Row] = field(default_factory=list)
    place: PageProgress = field(default_factory=PageProgress)

    def values(self) -> dict[str, list[Row]]:
        """The batch as plain values."""
        return {name: getattr(self, name) for name in PageProgress._fields}


class PageReading:
    """Reads a capture once, for the page's batches, the measurement and the answer.

    Args:
        after: what the page already has.
        data_limit: the maximum number of characters of an event's data.
    """

    def __init__(
        self,
        capture: CaptureFile,
        after: PageProgress = PageProgress(),  # noqa: B008  # it cannot change
        data_limit: int | None = None,
    ) -> None:
        self._messages = MessageReader(None, capture.is_websocket, name=capture.name)
        self._meaning = Meaning(capture.request, self._messages)
        self._meter = Meter(capture.name)
        self._draft = AnswerDraft()
        self._typist = Typist()
        self._wording = Wording()
        # The events that are not interpreted yet: the first ones wait for the protocol.
        self._waiting: deque[int] = deque()
        self._filling = _Filling(after, data_limit)

    @property
    def head(self) -> Response | None:
        """The response head, once it is read."""
        return self._messages.head

    @property
    def end(self) -> End | None:
        """How the exchange ended, once that is read."""
        return self._meter.end

    def measured(self, problems: list[str]) -> tuple[Measurement, Answer]:
        """The measurement and the answer so far; `problems` are those of the file."""
        measurement = self._meter.measured(self._meaning, problems)
        return measurement, self._draft.finished(self._meaning.protocol, measurement.problems)

    def batches(self, records: Iterable[Record | None]) -> Iterator[Batch | None]:
        """Yield batches of the records, and None at each pause.

        Raises:
            CaptureError: the capture cannot be read further; everything before the damage has been
                yielded.
        """
        filling = self._filling
        failure = None
        try:
            for record in records:
                if record is None:
                    self._understood(self._meaning.pause())
                    if filling.has_any:
                        yield filling.take()
                    yield None
                    continue
                self._meter.take(record)
                if record[1] in (TEXT, BYTES) and not self._messages.is_websocket:
                    filling.chunk(record[0], len(record[2]))
                yield from self._came(self._messages.feed(record))
        except CaptureError as error:
            failure = error
        yield from self._came(self._messages.end())
        self._understood(self._meaning.end())
        if filling.has_any:
            yield filling.take()
        if failure is not None:
            raise failure

    def _came(self, items: Iterable[Item]) -> Iterator[Batch]:
        """Yield each batch that is full: one record may have a million events."""
        for item in items:
            if isinstance(item, TimedComment):
                continue
            number = self._filling.event(_shown(item) if isinstance(item, Message) else item)
            message = spoken(item)
            if message is not None:
                self._waiting.append(number)
                self._meter.came(message)
                self._understood(self._meaning.feed(message))
            if self._filling.is_full:
                yield self._filling.take()

    def _understood(self, understood: list[Understood]) -> None:
        protocol = self._meaning.protocol
        for message, facts in understood:
            self._meter.said(message, facts, protocol)
            number = self._waiting.popleft()
            if protocol is not None and facts:
                self._filling.said(number, said.shown(self._wording.of(facts), message.data))
            for fact in facts:
                self._draft.add(fact)
            for piece in self._typist.type(protocol, message, facts):
                self._filling.typed(piece)


class _Filling:
    """Fills a batch, leaving out what the page already has."""

    def __init__(self, after: PageProgress, data_limit: int | None) -> None:
        self._after = after
        self._data_limit = data_limit
        self._counts = [0] * len(PageProgress._fields)
        self._characters = 0
        self._batch = Batch()

    @property
    def has_any(self) -> bool:
        batch = self._batch
        return bool(batch.events or batch.typed or batch.chunks or batch.said)

    @property
    def is_full(self) -> bool:
        batch = self._batch
        items = max(len(batch.events), len(batch.typed), len(batch.chunks), len(batch.said))
        return items >= _BATCH_ITEMS or self._characters >= _BATCH_CHARACTERS

    def take(self) -> Batch:
        taken, self._batch, self._characters = self._batch, Batch(), 0
        taken.place = PageProgress(*self._counts)
        return taken

    def event(self, message: StreamMessage) -> int:
        """Add an event; return its number."""
        if self._is_new(0):
            data = message.data[: self._data_limit]
            row = [message.t_s, message.t_first_s, message.name, message.event_id, data]
            row.append(message.from_client)
            if len(data) < len(message.data):
                row.append(len(message.data))
            self._batch.events.append(row)
            self._characters += len(data) + len(message.name) + len(message.event_id)
        return self._counts[0] - 1

    def typed(self, piece: TypedText) -> None:
        if self._is_new(1):
            self._batch.typed.append(list(piece))
            self._characters += len(piece.text)

    def chunk(self, t_s: float, size_bytes: int) -> None:
        if self._is_new(2):
            self._batch.chunks.append([t_s, size_bytes])

    def said(self, number: int, phrases: list[Row]) -> None:
        if phrases and self._is_new(3):
            self._batch.said.append([number, phrases])
            self._characters += sum(len(words) for _, words in phrases)

    def _is_new(self, which: int) -> bool:
        self._counts[which] += 1
        return self._counts[which] > self._after[which]


def _shown(message: Message) -> StreamMessage:
    """A WebSocket message for the page; bytes that are not text are in hexadecimal."""
    text = message.text
    name = "text" if message.is_text else "binary"
    data = message.data.hex(" ") if text is None else text
    return StreamMessage(message.t_s, message.t_s, name, data, from_client=message.from_client)
