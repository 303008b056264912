"""Tells streams from other responses: by their labels, and by first bytes where labels are vague.

Pure: headers and bytes in, verdicts out.
"""

import re
import zlib
from collections.abc import Collection, Iterable, Iterator
from fnmatch import fnmatchcase

from ssetape.format.values import Headers, header_values

EVENT_STREAM = "text/event-stream"

# Media types that say: this is a stream of messages.
STREAM_TYPES = frozenset(
    {
        EVENT_STREAM,
        # JSON, a line or a record each: JSON Lines has never been registered, so many names.
        "application/json-lines",
        "application/json-seq",  # RFC 7464
        "application/jsonl",
        "application/jsonlines",
        "application/ndjson",
        "application/stream+json",
        "application/x-json-stream",
        "application/x-jsonl",
        "application/x-jsonlines",
        "application/x-ndjson",
        # AWS: Bedrock, Transcribe and others
        "application/vnd.amazon.eventstream",
    }
)

# Headers of Vercel's AI SDK, whatever the label: its data stream often comes as text/plain.
STREAM_HEADERS = frozenset({"x-vercel-ai-data-stream", "x-vercel-ai-ui-message-stream"})

# Labels under which event streams come by mistake or by default: none at all, and the two that
# mean "some bytes" and "some text".
_VAGUE_TYPES = frozenset({"", "application/octet-stream", "text/plain"})
# What frameworks label answers with unless told otherwise. Far too many ordinary responses are
# labelled so: they count only where the request asks for a stream.
_DEFAULT_TYPES = frozenset({"application/json", "text/html"})

_ASKS_IN_BODY = re.compile(rb'"stream"\s*:\s*true\b')
# A body that large is an upload.
_ASKING_BODY_LIMIT_BYTES = 4 * 1024 * 1024

_BOM = b"\xef\xbb\xbf"
_FIELDS = (b"data:", b"event:", b"id:", b"retry:", b":")
# zlib's number for: gzip or zlib, whichever it is.
_GZIP_OR_ZLIB = 47
# More empty lines than that before the first field, and it is something else.
_LOOK_LIMIT_BYTES = 1024


def media_types(headers: Headers) -> list[str]:
    """The media types of a response: lower case, without parameters; [] without a label."""
    return list(_media_types(header_values(headers, "content-type")))


def _media_types(content_types: Iterable[str]) -> Iterator[str]:
    for line in content_types:
        for value in line.split(","):
            yield value.partition(";")[0].strip().lower()


def is_event_stream(content_types: list[str]) -> bool:
    """Whether Content-Type values name an event stream, in any spelling, with any parameters."""
    return EVENT_STREAM in _media_types(content_types)


def is_stream(headers: Headers, further: Collection[str] = ()) -> bool:
    """Whether a response's headers say that it is a stream of messages.

    Args:
        further: more media types that count as streams, lower case, `*` standing for anything.
    """
    for media_type in media_types(headers):
        if media_type in STREAM_TYPES:
            return True
        if any(fnmatchcase(media_type, pattern) for pattern in further):
            return True
    return any(name.lower() in STREAM_HEADERS for name, _ in headers)


def is_worth_a_look(
    status: int, headers: Headers, request_headers: Headers, request_body: bytes | None
) -> bool:
    """Whether a response that is not labelled a stream may be an event stream all the same.

    That is: status 200, its length not announced, a label that says nothing (or one that
    frameworks put on everything, if the request asks for a stream), and bytes that the
    standard library can read.
    """
    if status != 200 or header_values(headers, "content-length"):
        return False
    labels = media_types(headers) or [""]
    if not all(label in _VAGUE_TYPES for label in labels) and not (
        all(label in _VAGUE_TYPES or label in _DEFAULT_TYPES for label in labels)
        and asks_for_a_stream(request_headers, request_body)
    ):
        return False
    return _coding(headers) in ("", "gzip", "x-gzip", "deflate")


def asks_for_a_stream(headers: Headers, body: bytes | None) -> bool:
    """Whether a request wants a stream: by its Accept, or by `"stream": true` in its body."""
    if is_event_stream(header_values(headers, "accept")):
        return True
    if not body or len(body) > _ASKING_BODY_LIMIT_BYTES:
        return False
    return _ASKS_IN_BODY.search(body) is not None


class FirstBytes:
    """Looks at the beginning of a body until it is known whether that is an event stream."""

    def __init__(self, headers: Headers) -> None:
        """`headers` are the response's, for its Content-Encoding."""
        self._seen = b""
        coding = _coding(headers)
        self._inflate = zlib.decompressobj(_GZIP_OR_ZLIB) if coding else None

    def feed(self, data: bytes) -> bool | None:
        """Whether it is one, as far as can be told; None asks for more."""
        if self._inflate is not None:
            try:
                data = self._inflate.decompress(data, _LOOK_LIMIT_BYTES)
            except zlib.error:
                return False
        self._seen += data[:_LOOK_LIMIT_BYTES]
        return begins_event_stream(self._seen)


def begins_event_stream(data: bytes) -> bool | None:
    """Whether bytes are the beginning of an event stream; None if they are too few to tell.

    An event stream begins with a field or a comment, perhaps after a byte order mark and empty
    lines: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
    Names without a colon, which the standard allows, are nothing to go by.
    """
    if len(data) < len(_BOM) and _BOM.startswith(data):
        return None
    rest = data.removeprefix(_BOM).lstrip(b"\r\n")
    if rest.startswith(_FIELDS):
        return True
    if any(field.startswith(rest) for field in _FIELDS) and len(data) < _LOOK_LIMIT_BYTES:
        return None
    return False


def _coding(headers: Headers) -> str:
    values = (value.strip().lower() for value in header_values(headers, "content-encoding"))
    return ",".join(value for value in values if value != "identity")
