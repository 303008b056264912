"""What a body is read into: the messages of a stream, and the comments between them."""

from typing import NamedTuple

from ssetape.format.values import Message


class StreamMessage(NamedTuple):
    """A message of a stream, in any framing. Times are in seconds since the request was sent.

    Attributes:
        t_s: when the byte that completed it arrived.
        t_first_s: when its first byte arrived.
        name: its name in the framing: an event's type, AWS's `:event-type`; "" if it has none.
        data: its text. Invalid UTF-8 becomes U+FFFD.
        event_id: the last event ID at this event, in an event stream; "" if there is none.
        is_error: whether its framing marks it as an error, as AWS marks exceptions.
        from_client: whether the client sent it, which is possible in a WebSocket.
        retry_ms: the reconnection time set by an event's block, in ms, or None.
        start, end: its byte range in the body after decoding its Content-Encoding.
    """

    t_s: float
    t_first_s: float
    name: str
    data: str
    event_id: str = ""
    is_error: bool = False
    from_client: bool = False
    retry_ms: int | None = None
    start: int = 0
    end: int = 0


class TimedComment(NamedTuple):
    """A comment line of an event stream: `text` and `start` as in `ssetape.sse.Comment`."""

    t_s: float
    text: str
    start: int


# What a body or a WebSocket is read into.
Item = StreamMessage | TimedComment | Message
