"""What is read out of a body: the messages of a stream, and the comments between them."""

from typing import NamedTuple

from ssetape.format.values import Message


class StreamMessage(NamedTuple):
    """A message of a stream, however it is framed. Times are in seconds since the request was sent.

    Attributes:
        t_s: when the byte that completed it came.
        t_first_s: when its first byte came.
        name: what its framing calls it: an event's type, AWS's `:event-type`; "" if it has no name.
        data: its text. Bytes that are not UTF-8 are U+FFFD.
        event_id: the last event ID as it stood, in an event stream; "" if there is none.
        is_error: whether its framing marks it as an error, as AWS does with exceptions.
        from_client: whether the client sent it, as it can in a WebSocket.
        retry_ms: the reconnection time that an event's block sets, in ms, or None.
        start, end: its byte range in the body as decoded from its Content-Encoding.
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


# All that a body or a WebSocket is read into.
Item = StreamMessage | TimedComment | Message
