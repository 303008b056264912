"""A message of a stream, whatever it is framed by."""

from typing import NamedTuple


class StreamMessage(NamedTuple):
    """A message of a capture. Times are in seconds since the request was sent.

    Attributes:
        t_s: when the byte that completed it came.
        t_first_s: when its first byte came.
        name: what its framing calls it: an event's type, AWS's `:event-type`; "" for none.
        data: its text. Bytes that are not UTF-8 are U+FFFD.
        event_id: the last event ID as it stood, of an event stream; "" for none.
        is_error: whether its framing says that it is one, as AWS's exceptions.
        from_client: whether the client sent it, which it does in WebSockets.
    """

    t_s: float
    t_first_s: float
    name: str
    data: str
    event_id: str = ""
    is_error: bool = False
    from_client: bool = False
