"""The rest of a stream for a client that reconnects with a Last-Event-ID. Pure.

https://html.spec.whatwg.org/multipage/server-sent-events.html#the-last-event-id-header

A client keeps its reconnection time and last event ID across connections, so nothing from before
that event has to be sent again.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from ssetape.format.values import Chunk, End, Response, Trailers
from ssetape.sse import EventStreamParser

Part = Chunk | Trailers | End


class ResumePoint(NamedTuple):
    """The position in a body right after an event.

    Attributes:
        offset: the number of bytes before it.
        t_s: when the event was complete.
        is_last: whether no event follows.
    """

    offset: int
    t_s: float
    is_last: bool


def place_after(parts: Iterable[Part], event_id: str) -> ResumePoint | None:
    """Where a client whose last event ID is `event_id` continues; None if no event sets that ID.

    That is after the event that sets the ID (the last of several): later events without an ID
    may be repeated, but no event is lost.

    Raises:
        EventTooLarge: an event passed the parser's limit.
        CaptureError: (from `parts`) the capture is damaged.
    """
    parser = EventStreamParser()
    found: ResumePoint | None = None
    before = ""
    for part in parts:
        if not isinstance(part, Chunk):
            continue
        for event in parser.feed(part.data):
            if found is not None:
                found = found._replace(is_last=False)
            if event.id == event_id != before:
                found = ResumePoint(event.end, part.t_s, is_last=True)
            before = event.id
    return found


def rest(parts: Iterable[Part], place: ResumePoint, head: Response) -> Iterator[Part]:
    """Yield what follows a place, each part as long after the head as recorded after the event."""
    offset = 0
    for part in parts:
        t_s = head.t_s + max(0.0, part.t_s - place.t_s)
        if isinstance(part, Chunk):
            data = part.data[max(0, place.offset - offset) :]
            offset += len(part.data)
            if data:
                yield Chunk(t_s, data)
        elif isinstance(part, Trailers):
            yield part._replace(t_s=t_s)
        else:
            yield replace(part, t_s=t_s)
