"""What an event stream is parsed into: see `ssetape.sse`."""

from typing import NamedTuple


class Event(NamedTuple):
    """One dispatched event.

    Attributes:
        event: its type, "message" unless the stream names another.
        data: its data lines, joined by LF.
        id: the last event ID as it stands when this event is dispatched, "" for none. It may
            have been set by an earlier event.
        retry_ms: the reconnection time that this event's block sets, in ms, or None.
        start: offset in the stream of the first byte of its first line (comments aside).
        end: offset just past the byte that completed it, the LF or CR of its blank line. (The
            LF of a closing CRLF comes after `end`: it completes nothing.)
    """

    event: str
    data: str
    id: str
    retry_ms: int | None
    start: int
    end: int


class Comment(NamedTuple):
    """A comment line: the text after its colon, unstripped, and its byte range."""

    text: str
    start: int
    end: int
