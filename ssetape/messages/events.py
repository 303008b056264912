"""Server-sent events as messages."""

from collections.abc import Iterator

from ssetape.format.values import Chunk, Headers
from ssetape.messages.message import StreamMessage
from ssetape.messages.timeline import EventTimeline


class Events:
    """Frames an event stream; what it leaves unfinished is no message, as for its clients."""

    def __init__(self, headers: Headers) -> None:
        self._timeline = EventTimeline(headers)

    def feed(self, chunk: Chunk) -> Iterator[StreamMessage]:
        for event in self._timeline.feed(chunk):
            yield StreamMessage(event.t_s, event.t_first_s, event.event, event.data, event.id)
        self._timeline.comments.clear()

    def end(self) -> Iterator[StreamMessage]:
        return iter(())
