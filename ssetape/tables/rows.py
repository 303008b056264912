"""Turns captures into rows of the tables, reading only what the columns need."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from functools import cached_property
from typing import Any
from urllib.parse import SplitResult, urlsplit

from ssetape.errors import CaptureError, SsetapeError
from ssetape.format import bounds
from ssetape.format.file import CaptureFile
from ssetape.format.values import (
    SOCKET_CODES,
    Chunk,
    End,
    Headers,
    Message,
    Response,
    header_values,
)
from ssetape.meaning.sayings import Saying, Sayings
from ssetape.messages.message import Item, StreamMessage
from ssetape.messages.reading import MessageReader
from ssetape.tables.event_rows import event_rows
from ssetape.tables.said import Said, SaidReading, said

Row = tuple[Any, ...]


class Exchange:
    """A capture as a row of `exchanges`, each column an attribute, and as rows of `events`.

    Columns are computed on demand: the first ones need only the first line of the file; only
    `events` and `first_event_s` always need the whole file. Those of `Said` read it on their own,
    and interpret its messages.

    Attributes:
        problems: descriptions of the damage found so far, each beginning with the file's name.
            The rows have everything before it.
    """

    def __init__(self, capture: CaptureFile) -> None:
        self._capture = capture
        self._totals: _Totals | None = None
        self.problems: list[str] = []

        request = capture.request
        self.capture = plain(capture.name)
        self.id = capture.id
        self.kind = capture.kind
        self.method = request.method
        self.url = request.url
        self.request_bytes = None if request.body is None else len(request.body)

    def row(self, columns: Iterable[str]) -> Row:
        """The values of the given columns of `exchanges`."""
        return tuple(
            [getattr(self._said if name in Said._fields else self, name) for name in columns]
        )

    def event_rows(self, *, with_said: bool) -> Iterator[Row]:
        """Yield the rows of `events`, each as soon as it is read.

        Args:
            with_said: whether to interpret the messages, for the column `said`; that gives the
                columns of `Said` in the same reading.
        """
        totals = _Totals()
        for row in event_rows(self._sayings(totals, with_said)):
            totals.events += 1
            if totals.first_event_s is None:
                totals.first_event_s = row.t_s
            yield (self.capture, self.id, *row, self.date)
        self._totals = totals

    @cached_property
    def started(self) -> datetime | None:
        return bounds.started(self._capture.started)

    @property
    def date(self) -> date | None:
        return self.started and self.started.date()

    @property
    def host(self) -> str | None:
        parts = self._url_parts
        return (parts.netloc.rpartition("@")[2].lower() or None) if parts else None

    @property
    def path(self) -> str | None:
        return self._url_parts.path if self._url_parts else None

    @property
    def status(self) -> int | None:
        return bounds.integer(self._response.status) if self._response else None

    @property
    def http_version(self) -> str | None:
        return self._response.http_version if self._response else None

    @property
    def content_type(self) -> str | None:
        values = header_values(self._headers, "content-type")
        return values[0] if values else None

    @property
    def chunks(self) -> int | None:
        return bounds.integer(self._counts[0])

    @property
    def bytes(self) -> int | None:
        return bounds.integer(self._counts[1])

    @property
    def duration_s(self) -> float:
        return float(self._counts[2])

    @property
    def events(self) -> int:
        return self._all_read.events

    @property
    def head_s(self) -> float | None:
        return float(self._response.t_s) if self._response else None

    @property
    def first_byte_s(self) -> float | None:
        if self._totals is not None:
            return self._totals.first_s
        return self._first_byte_s

    @property
    def first_event_s(self) -> float | None:
        return self._all_read.first_event_s

    @property
    def ended(self) -> str | None:
        return self._end.reason if self._end else None

    @property
    def complete(self) -> bool:
        return self._end is not None and self._end.is_complete

    @cached_property
    def _said(self) -> Said:
        try:
            return said(self._capture)
        except CaptureError as error:
            self._note(error)
            return Said()

    @cached_property
    def _url_parts(self) -> SplitResult | None:
        try:
            return urlsplit(self.url)
        except ValueError:
            return None

    @cached_property
    def _response(self) -> Response | None:
        try:
            return self._capture.response
        except CaptureError as error:
            self._note(error)
            return None

    @property
    def _headers(self) -> Headers:
        return self._response.headers if self._response else []

    @cached_property
    def _end(self) -> End | None:
        return self._capture.end

    @cached_property
    def _first_byte_s(self) -> float | None:
        try:
            for piece in self._pieces():
                return float(piece.t_s)
        except CaptureError as error:
            self._note(error)
        return None

    @property
    def _counts(self) -> tuple[int, int, float]:
        """Chunks, bytes and duration, as the end record has them, or else counted."""
        end = self._end
        if end is not None and end.chunks is not None and end.size_bytes is not None:
            return end.chunks, end.size_bytes, end.t_s
        totals = self._all_read
        last_s = totals.last_s if totals.last_s is not None else self.head_s or 0.0
        return totals.chunks, totals.size_bytes, last_s

    @property
    def _all_read(self) -> "_Totals":
        if self._totals is None:
            for _ in self.event_rows(with_said=False):
                pass
        assert self._totals is not None
        return self._totals

    def _pieces(self) -> Iterator[Chunk | Message]:
        capture = self._capture
        return capture.messages() if capture.is_websocket else capture.chunks()

    def _sayings(self, totals: "_Totals", with_said: bool) -> Iterator[Saying]:
        """Yield all items, and count the chunks they arrived in."""
        messages = MessageReader(None, self._capture.is_websocket, name=self._capture.name)
        sayings = Sayings(self._capture.request if with_said else None, messages)
        reading = SaidReading(self._capture.name) if with_said else None
        is_whole = True

        def came(found: Iterable[Saying]) -> Iterator[Saying]:
            for saying in found:
                if reading is not None and sayings.meaning is not None:
                    reading.add(saying, sayings.meaning)
                yield saying._replace(item=_timed(saying.item))

        try:
            for record in self._capture.records():
                if record[1] in SOCKET_CODES:
                    totals.count(float(record[0]), len(record[2]))
                try:
                    yield from came(sayings.feed(record))
                except CaptureError as error:  # a bad head: what follows can be read
                    self._note(error)
                    is_whole = False
        except CaptureError as error:
            self._note(error)
            is_whole = False
        yield from came(sayings.end())
        if messages.damage is not None:
            self._note(messages.damage)
        if reading is not None and sayings.meaning is not None:
            self._said = reading.said(sayings.meaning) if is_whole else Said()

    def _note(self, error: SsetapeError) -> None:
        name = self._capture.name
        text = str(error) if isinstance(error, CaptureError) else f"{name}: {error}"
        if text not in self.problems:
            self.problems.append(text)


class _Totals:
    """The totals of a body, known once all of it is read."""

    def __init__(self) -> None:
        self.chunks = self.size_bytes = self.events = 0
        self.first_s: float | None = None
        self.last_s: float | None = None
        self.first_event_s: float | None = None

    def count(self, t_s: float, size_bytes: int) -> None:
        """Count a chunk of a body, or a WebSocket message."""
        self.chunks += 1
        self.size_bytes += size_bytes
        self.last_s = t_s
        if self.first_s is None:
            self.first_s = t_s


def _timed(item: Item) -> Item:
    """The item with its times as floats, as the columns need and recorders write them."""
    if isinstance(item, StreamMessage):
        if type(item.t_s) is type(item.t_first_s) is float:
            return item
        return item._replace(t_s=float(item.t_s), t_first_s=float(item.t_first_s))
    return item if type(item.t_s) is float else item._replace(t_s=float(item.t_s))


def plain(name: str) -> str:
    """A file's name as text that can be encoded: bytes that are not UTF-8 are escaped."""
    return name.encode("utf-8", "backslashreplace").decode()
