"""What a client that comes back has not seen yet: the stream after its Last-Event-ID. Pure.

https://html.spec.whatwg.org/multipage/server-sent-events.html#the-last-event-id-header

Its reconnection time and last event ID a client keeps from one connection to the next, so that
nothing of what came before has to be said again.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from ssetape.format.values import Chunk, End, Response, Trailers
from ssetape.sse import EventStreamParser

Part = Chunk | Trailers | End


class ResumePoint(NamedTuple):
    """A place in a body, right after an event.

    Attributes:
        offset: how many bytes are before it.
        t_s: when the event was complete.
        is_last: whether no event comes after it.
    """

    offset: int
    t_s: float
    is_last: bool


def place_after(parts: Iterable[Part], event_id: str) -> ResumePoint | None:
    """Where a client goes on that has seen `event_id` last; None if no event has that ID.

    After the event that has set it: events without an ID that followed may come again, and none
    is lost. Of several that set it, after the last.

    Raises:
        EventTooLarge: an event passed the parser's limit.
        CaptureError: (as `parts`) the capture is damaged.
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
    """Give what follows a place, each part as long after the head as it was after the event."""
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
