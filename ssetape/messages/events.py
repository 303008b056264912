"""Server-sent events as messages, each with the times of its first and last byte."""

from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate, repeat
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from ssetape.errors import EventTooLarge
from ssetape.format.values import Chunk, Headers
from ssetape.messages.arrivals import Arrivals
from ssetape.messages.decoding import BodyDecoder
from ssetape.messages.message import StreamMessage, TimedComment
from ssetape.sse import Comment, Event, EventStreamParser

if TYPE_CHECKING:
    from ssetape.format.plain_blocks import Plain

# What StreamMessage() calls, without its Python frame.
_New = Callable[[type[StreamMessage], tuple[Any, ...]], StreamMessage]
_new_message = cast(_New, tuple.__new__)
_new_comment = cast(Callable[[type[TimedComment], tuple[Any, ...]], TimedComment], tuple.__new__)


class Events:
    """Frames an event stream into events and comments, in the stream's order.

    An event left unfinished at the end is not a message: clients never see it.

    Args:
        headers: the response's; used for its Content-Encoding.
    """

    def __init__(self, headers: Headers) -> None:
        self._comments: list[Comment] = []
        self._parser = EventStreamParser(comments=self._comments)
        self._decoder = BodyDecoder(headers)
        self._arrivals = Arrivals()  # of the decoded bytes

    def feed(self, chunk: Chunk) -> Iterator[StreamMessage | TimedComment]:
        """Yield what `chunk` completes.

        Raises:
            DecodingError: the body cannot be decoded as its Content-Encoding says.
            EventTooLarge: an event exceeded the parser's limit. Those before it have been yielded.
        """
        t_s = chunk.t_s
        for piece in self._decoder.feed(chunk.data):
            self._arrivals.add(len(piece), t_s)
            failure = None
            try:
                events = self._parser.feed(piece)
            except EventTooLarge as error:
                events, failure = error.events, error
            messages = self._messages(events, t_s)
            if self._comments:
                comments = [
                    _new_comment(TimedComment, (t_s, text, start))
                    for text, start, _ in self._comments
                ]
                self._comments.clear()
                items: list[StreamMessage | TimedComment] = [*messages, *comments]
                yield from sorted(items, key=attrgetter("start")) if events else comments
            else:
                yield from messages
            if failure is not None:
                raise failure
        self._arrivals.forget_before(self._parser.open_since)

    def feed_plain(self, block: "Plain") -> Iterator[StreamMessage]:
        """Yield the messages of a block; equals `feed` for each record. Only between events."""
        count, begun = len(block.times), self._parser.open_since
        event_id = self._parser.last_event_id
        self.skip(block)
        no, none = [False] * count, [None] * count
        *starts, end = accumulate(block.sizes_bytes(), initial=begun)
        # The loop is in C, which takes a third of the time.
        columns: list[Iterable[Any]] = [block.times, block.times, block.names, block.data()]
        columns += [[event_id] * count, no, no, none, starts, [*starts[1:], end]]
        return map(_new_message, repeat(StreamMessage), zip(*columns, strict=True))

    def skip(self, block: "Plain") -> None:
        """Pass over a block whose messages are not needed. Only between events."""
        self._parser.skip(block.size_bytes)
        self._arrivals.add(block.size_bytes, block.times[-1])
        self._arrivals.forget_before(self._parser.open_since)

    def end(self) -> Iterator[StreamMessage]:
        """Yield what the end of the body completes: nothing in an event stream."""
        return iter(())

    @property
    def open_since(self) -> int:
        """Offset in the decoded body of the first byte that may belong to a future message."""
        return self._parser.open_since

    @property
    def is_between_events(self) -> bool:
        """Whether the next byte received begins a line, with no event open.

        False for a body with a Content-Encoding: its received bytes are not the stream's.
        """
        is_used_up = self._parser.open_since >= self._arrivals.size_bytes
        return is_used_up and self._decoder.is_identity

    def unfinished(self) -> StreamMessage | None:
        """The event left unfinished at the end, as in `EventStreamParser.unfinished`."""
        event = self._parser.unfinished()
        return None if event is None else next(self._messages([event], self._arrivals.last_s))

    def _messages(self, events: list[Event], t_s: float) -> Iterator[StreamMessage]:
        time_of = self._arrivals.time_of
        for name, data, event_id, retry_ms, start, end in events:
            yield _new_message(
                StreamMessage,
                (t_s, time_of(start), name, data, event_id, False, False, retry_ms, start, end),
            )


class TimedEvent(NamedTuple):
    """An event of a capture. Times are in seconds since the request was sent.

    Attributes:
        t_s: when the byte that completed it arrived: the time of that byte's chunk.
        t_first_s: when its first byte arrived.
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


def timed_events(chunks: Iterable[Chunk], headers: Headers) -> Iterator[TimedEvent]:
    """Yield the events of a body, each as soon as its chunk has been read."""
    framer = Events(headers)
    for chunk in chunks:
        for item in framer.feed(chunk):
            if isinstance(item, StreamMessage):
                yield TimedEvent(
                    item.t_s,
                    item.t_first_s,
                    item.name,
                    item.data,
                    item.event_id,
                    item.retry_ms,
                    item.start,
                    item.end,
                )
