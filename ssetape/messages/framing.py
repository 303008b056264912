"""What a body is framed into: messages of an event stream, of lines, of a JSON array, of AWS.

Pure: headers and chunks in, messages with their times out. One module a framing.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from ssetape.format.values import Chunk, Headers
from ssetape.messages import detection
from ssetape.messages.aws import AwsFrames
from ssetape.messages.decoding import BodyDecoder
from ssetape.messages.events import Events
from ssetape.messages.json_array import JsonArray
from ssetape.messages.lines import Lines
from ssetape.messages.message import StreamMessage

__all__ = ["Framer", "Framing", "StreamMessage", "framing_of"]

_AWS = "application/vnd.amazon.eventstream"
_JSON = "application/json"
_VERCEL_DATA = "x-vercel-ai-data-stream"
_WHITE = b" \t\r\n"
# How lines of Vercel's data stream begin, which proxies like to strip of its header.
_CODED_LINE = re.compile(rb"[0-9a-k]:[\[{\"]")
# More white space than that before the first byte that tells, and it is nothing known here.
_LOOK_LIMIT_BYTES = 4096


class Framer(Protocol):
    """Turns timed chunks into messages. Times as in `ssetape.messages.timeline.TimedEvent`."""

    def feed(self, chunk: Chunk) -> Iterator[StreamMessage]:
        """Give the messages that `chunk` completes.

        Raises:
            DecodingError: the body is not what its Content-Encoding says.
            EventTooLarge: a message passed the limit.
            FramingError: the bytes are not framed so.
        """

    def end(self) -> Iterator[StreamMessage]:
        """Give what the end of the body completes: a last line without a line feed, say."""


class Framing(NamedTuple):
    """A way that a body may be framed: its name for people, and what makes a framer."""

    name: str
    framer: type[Events] | type[Lines] | type[JsonArray] | type[AwsFrames]


EVENTS = Framing("events", Events)
LINES = Framing("lines", Lines)
JSON_ARRAY = Framing("JSON array", JsonArray)
AWS = Framing("AWS event stream", AwsFrames)


def framing_of(headers: Headers, chunks: Iterator[Chunk]) -> Framing | None:
    """How a body is framed: by its labels, and by its first bytes where these are vague.

    Args:
        headers: the response's.
        chunks: the body from its start; no more of it is taken than is needed.

    Raises:
        DecodingError: the body is not what its Content-Encoding says.
    """
    types = detection.media_types(headers)
    if detection.EVENT_STREAM in types:
        return EVENTS
    if _AWS in types:
        return AWS
    if detection.STREAM_TYPES.intersection(types):
        return LINES
    if any(name.lower() == _VERCEL_DATA for name, _ in headers):
        return LINES
    return _by_first_bytes(types, _start(headers, chunks))


def _by_first_bytes(types: list[str], start: bytes) -> Framing | None:
    if detection.begins_event_stream(start):
        return EVENTS
    if start[:1] == b"[" and _JSON in types:
        return JSON_ARRAY
    if start[:1] == b"{" or _CODED_LINE.match(start):
        return LINES
    return None


def _start(headers: Headers, chunks: Iterator[Chunk]) -> bytes:
    """The first bytes of a body that tell something, decoded."""
    decoder = BodyDecoder(headers)
    start = b""
    for chunk in chunks:
        for piece in decoder.feed(chunk.data):
            start = (start + piece[:_LOOK_LIMIT_BYTES]).lstrip(_WHITE)
            if len(start) > len(b"retry:"):
                return start
    return start
