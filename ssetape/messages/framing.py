"""Decides how a body is framed: by its labels or, if vague or wrong, by its first bytes.

Pure: headers and bytes in, a verdict out. One module per framing.
"""

import json
import re
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple, Protocol

from ssetape.format.values import Chunk, Headers, header_values
from ssetape.messages import detection
from ssetape.messages.aws import AwsFrames
from ssetape.messages.decoding import BodyDecoder
from ssetape.messages.events import Events
from ssetape.messages.json_array import JsonArray, JsonDocuments
from ssetape.messages.lines import Lines
from ssetape.messages.message import StreamMessage, TimedComment

# Labels of bodies that are never message streams, however they begin: CSS may begin with a colon.
_OTHER_KINDS = ("audio/", "font/", "image/", "video/")
_OTHER_TYPES = frozenset({"application/javascript", "text/css", "text/javascript"})
_AWS_TYPE = "application/vnd.amazon.eventstream"
_VERCEL_DATA = "x-vercel-ai-data-stream"
_WHITE = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"
# How lines of Vercel's data stream begin; some proxies strip its header.
_CODED_LINE = re.compile(rb"[0-9a-k]:[\[{\"]")
_CODED_LINE_BYTES = 3
# How JSON that spans lines begins: with its first name, or a line feed before it.
_OBJECT_START = re.compile(rb"\{\s*(?:\"|$)")
# A body with more white space than this before its first telling byte has no known framing.
_WHITE_LIMIT_BYTES = 4096
# A longer first line counts as a document of one line.
_LINE_LIMIT_BYTES = 64 * 1024
# So much of a body may come and unfold to too little to decide from: all of it is held until then.
# A block of zstd, which nothing comes out of before its end, has 128 KiB.
_FED_LIMIT_BYTES = 1024 * 1024


class Framer(Protocol):
    """Turns timed chunks into messages. Times as in `StreamMessage`."""

    def feed(self, chunk: Chunk) -> Iterator[StreamMessage | TimedComment]:
        """Yield what `chunk` completes, in the body's order.

        Raises:
            DecodingError: the body cannot be decoded as its Content-Encoding says.
            EventTooLarge: a message exceeded the limit.
            FramingError: the bytes do not follow the framing.
        """

    def end(self) -> Iterator[StreamMessage]:
        """Yield what the end of the body completes, such as a last line without a line feed."""

    @property
    def open_since(self) -> int:
        """Offset in the decoded body of the first byte that may belong to a future message."""


class Framing(NamedTuple):
    """A way to frame a body: its name for people, and its framer's class."""

    name: str
    framer: type[Events] | type[Lines] | type[JsonArray] | type[AwsFrames]


EVENTS = Framing("events", Events)
LINES = Framing("lines", Lines)
JSON_ARRAY = Framing("JSON array", JsonArray)
JSON_DOCUMENTS = Framing("JSON documents", JsonDocuments)
AWS = Framing("AWS event stream", AwsFrames)


class Undecided(Enum):
    """Stands in for a framing until it is known."""

    UNDECIDED = "undecided"


UNDECIDED = Undecided.UNDECIDED
Verdict = Framing | None | Undecided


class FramingDecision:
    """Decides how a body is framed, from as few bytes as possible.

    Args:
        headers: the response's.

    Attributes:
        verdict: the framing; None if the body is not a message stream; UNDECIDED while more
            bytes are needed.

    Raises:
        DecodingError: (also from `feed`) the body cannot be decoded as its Content-Encoding says.
    """

    def __init__(self, headers: Headers) -> None:
        self._types = detection.media_types(headers)
        # Whoever states the length had the whole body before sending any of it.
        self._has_length = bool(header_values(headers, "content-length"))
        self._is_labelled_events = detection.EVENT_STREAM in self._types
        self.verdict: Verdict = self._by_labels(headers)
        self._start = bytearray()
        self._fed_bytes = 0
        self._awaits_line_end = False
        self._decoder = BodyDecoder(headers)

    def feed(self, data: bytes) -> Verdict:
        """Examine more bytes of the body, as received, and return the verdict."""
        if self.verdict is UNDECIDED:
            seen_bytes = len(self._start)
            self._fed_bytes += len(data)
            for piece in self._decoder.feed(data):
                self._start += piece[: _LINE_LIMIT_BYTES - len(self._start)]
            is_full = len(self._start) >= _LINE_LIMIT_BYTES or self._fed_bytes >= _FED_LIMIT_BYTES
            # Examine again only if the verdict may have changed: chunks may be single bytes.
            if is_full or not self._awaits_line_end or self._start.find(b"\n", seen_bytes) >= 0:
                self.verdict = self._by_first_bytes(is_all=is_full)
        return self.verdict

    def end(self) -> Framing | None:
        """Return the final verdict: the body is complete."""
        if self.verdict is UNDECIDED:
            self.verdict = self._by_first_bytes(is_all=True)
        return None if self.verdict is UNDECIDED else self.verdict

    def _by_labels(self, headers: Headers) -> Verdict:
        if self._is_labelled_events:
            return UNDECIDED  # it may be JSON nevertheless: an error, or Langflow's lines
        if _AWS_TYPE in self._types:
            return AWS
        if detection.STREAM_TYPES.intersection(self._types):
            return LINES
        if any(name.lower() == _VERCEL_DATA for name, _ in headers):
            return LINES
        if any(each in _OTHER_TYPES or each.startswith(_OTHER_KINDS) for each in self._types):
            return None
        return UNDECIDED

    def _by_first_bytes(self, *, is_all: bool) -> Verdict:
        start = bytes(self._start)
        if self._is_labelled_events:
            return self._events_or_json(start.removeprefix(_BOM).lstrip(_WHITE), is_all)
        is_events = detection.begins_event_stream(start)
        if is_events:
            return EVENTS
        text = start.lstrip(_WHITE)
        if len(start) - len(text) >= _WHITE_LIMIT_BYTES:
            return None
        if not is_all and (is_events is None or not text):
            return UNDECIDED
        is_json = any(each == "application/json" or each.endswith("+json") for each in self._types)
        if text.startswith(b"[") and is_json:
            return JSON_DOCUMENTS if self._has_length else JSON_ARRAY
        if text.startswith(b"{"):
            return self._lines_or_documents(text, is_all, is_json)
        if _CODED_LINE.match(text):
            return LINES
        return None if is_all or len(text) >= _CODED_LINE_BYTES else UNDECIDED

    def _events_or_json(self, text: bytes, is_all: bool) -> Verdict:
        """Events, unless the body begins as no event stream does: with a brace."""
        if text.startswith(b"{"):
            return self._lines_or_documents(text, is_all, is_json=True)
        return EVENTS if text.lstrip(_BOM) or is_all else UNDECIDED

    def _lines_or_documents(self, text: bytes, is_all: bool, is_json: bool) -> Verdict:
        """Lines if there is one JSON document per line, going by the first; else documents.

        What is not labelled as JSON need not be any: documents only if it begins like one.
        """
        line, line_feed, _ = text.partition(b"\n")
        if not line_feed:
            self._awaits_line_end = True
            return LINES if is_all else UNDECIDED
        try:
            json.loads(line.decode())
        except (ValueError, RecursionError):
            return JSON_DOCUMENTS if is_json or _OBJECT_START.match(line) else None
        return LINES
