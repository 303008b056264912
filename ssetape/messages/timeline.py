"""Gives events their times: when the first byte of each came, and when it was complete."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ssetape.format.values import Chunk, Headers
from ssetape.messages.arrivals import Arrivals
from ssetape.messages.decoding import BodyDecoder
from ssetape.sse import Comment, EventStreamParser


class TimedEvent(NamedTuple):
    """An event of a capture. Times are in seconds since the request was sent.

    Attributes:
        t_s: when the byte that completed it came: the time of that byte's chunk.
        t_first_s: when its first byte came.
        event, data, id, retry_ms, start, end: as in `ssetape.sse.Event`; the byte range is in
            the body as decoded from its Content-Encoding.
    """

    t_s: float
    t_first_s: float
    event: str
    data: str
    id: str
    retry_ms: int | None
    start: int
    end: int


class TimedComment(NamedTuple):
    """A comment line of a capture: `text` and `start` as in `ssetape.sse.Comment`."""

    t_s: float
    text: str
    start: int


class EventTimeline:
    """Turns timed chunks into timed events.

    Args:
        headers: the response's, for its Content-Encoding.

    Attributes:
        parser: the parser behind it, for its last event ID and reconnection time.
        comments: the comments so far that nobody has taken from it.
    """

    def __init__(self, headers: Headers) -> None:
        self.comments: list[TimedComment] = []
        self._new_comments: list[Comment] = []
        self.parser = EventStreamParser(comments=self._new_comments)
        self._decoder = BodyDecoder(headers)
        self._arrivals = Arrivals()  # of the decoded bytes

    def feed(self, chunk: Chunk) -> Iterator[TimedEvent]:
        """Give the events that `chunk` completes."""
        t_s = chunk.t_s
        for piece in self._decoder.feed(chunk.data):
            self._arrivals.add(len(piece), t_s)
            for event in self.parser.feed(piece):
                yield TimedEvent(t_s, self._arrivals.time_of(event.start), *event)
            for text, start, _ in self._new_comments:
                self.comments.append(TimedComment(t_s, text, start))
            self._new_comments.clear()
        self._arrivals.forget_before(self.parser.open_since)

    @property
    def is_between_events(self) -> bool:
        """Whether all that came is used up: the next byte begins a line, of no event yet."""
        return self.parser.open_since >= self._arrivals.size_bytes

    def unfinished(self) -> TimedEvent | None:
        """The event that the stream left unfinished, as `EventStreamParser.unfinished`."""
        event = self.parser.unfinished()
        if event is None:
            return None
        return TimedEvent(self._arrivals.last_s, self._arrivals.time_of(event.start), *event)


def timed_events(chunks: Iterable[Chunk], headers: Headers) -> Iterator[TimedEvent]:
    """Give the events of a body, each as soon as its chunk has been read."""
    timeline = EventTimeline(headers)
    for chunk in chunks:
        yield from timeline.feed(chunk)
        timeline.comments.clear()
