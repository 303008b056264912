"""Distinguishes streams from other responses: by their labels or, if vague, their first bytes.

Pure: headers and bytes in, verdicts out.
"""

import re
import zlib
from collections.abc import Collection, Iterable, Iterator
from fnmatch import fnmatchcase

from ssetape.errors import DecodingError
from ssetape.format.codings import codings
from ssetape.format.values import Headers, header_values
from ssetape.messages.decoding import decoded

EVENT_STREAM = "text/event-stream"

# Media types of message streams.
STREAM_TYPES = frozenset(
    {
        EVENT_STREAM,
        # One JSON value per line or record. JSON Lines was never registered, hence the many names.
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

# Headers of Vercel's AI SDK, with any label: its data stream often comes as text/plain.
STREAM_HEADERS = frozenset({"x-vercel-ai-data-stream", "x-vercel-ai-ui-message-stream"})

# Labels that event streams get by mistake or by default: none, "some bytes" and "some text".
_VAGUE_TYPES = frozenset({"", "application/octet-stream", "text/plain"})
# The default labels of frameworks. Far too many ordinary responses have them, so they count only
# if the request asks for a stream.
_DEFAULT_TYPES = frozenset({"application/json", "text/html"})

# In JSON, in a form, and in a part of a multipart body.
_ASKS_IN_BODY = re.compile(
    rb'"stream"\s*:\s*true\b'
    rb"|(?:^|&)stream=(?:true|1)(?=&|\s*$)"
    rb'|[;\s]name="?stream"?[^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n(?:true|1)\r?\n',
    re.IGNORECASE,
)
# A larger body is an upload.
_ASKING_BODY_LIMIT_BYTES = 4 * 1024 * 1024

_BOM = b"\xef\xbb\xbf"
_FIELDS = (b"data:", b"event:", b"id:", b"retry:", b":")
# zlib's code for gzip or zlib, detected automatically.
_GZIP_OR_ZLIB = 47
# A body with more empty lines than this before the first field is not an event stream.
_LOOK_LIMIT_BYTES = 1024
# Nor is one of which so much came that unfolds to next to nothing: all of it is held until then.
_FED_LIMIT_BYTES = 64 * 1024


def media_types(headers: Headers) -> list[str]:
    """The media types of a response: lower case, without parameters; [] without a label."""
    return list(_media_types(header_values(headers, "content-type")))


def _media_types(content_types: Iterable[str]) -> Iterator[str]:
    for line in content_types:
        for value in line.split(","):
            # Servers also quote it, or put a blank where the semicolon belongs.
            yield (value.partition(";")[0].strip("\"' \t").split() or [""])[0].lower()


def is_event_stream(content_types: list[str]) -> bool:
    """Whether Content-Type values name an event stream, in any spelling, with any parameters."""
    return EVENT_STREAM in _media_types(content_types)


def is_stream(headers: Headers, further: Collection[str] = ()) -> bool:
    """Whether a response's headers say that it is a message stream.

    Args:
        further: more media types that count as streams, lower case; `*` matches anything.
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
    """Whether a response that is not labelled as a stream may still be an event stream.

    That is: status 200, no Content-Length, a vague label (or a framework's default one, if the
    request asks for a stream), and a Content-Encoding that the standard library can decode.
    """
    if status != 200 or header_values(headers, "content-length"):
        return False
    labels = media_types(headers) or [""]
    if not all(label in _VAGUE_TYPES for label in labels) and not (
        all(label in _VAGUE_TYPES or label in _DEFAULT_TYPES for label in labels)
        and asks_for_a_stream(request_headers, request_body)
    ):
        return False
    return codings(headers) in ([], ["gzip"], ["x-gzip"], ["deflate"])


def asks_for_a_stream(headers: Headers, body: bytes | None) -> bool:
    """Whether a request asks for a stream: in its Accept, or by `stream` in its body."""
    if is_event_stream(header_values(headers, "accept")):
        return True
    if not body or len(body) > _ASKING_BODY_LIMIT_BYTES:
        return False
    try:
        body = decoded(headers, body, _ASKING_BODY_LIMIT_BYTES)
    except DecodingError:  # it may be what it looks like, whatever its label says
        pass
    return _ASKS_IN_BODY.search(body) is not None


class FirstBytes:
    """Decides by a body's first bytes whether it is an event stream."""

    def __init__(self, headers: Headers) -> None:
        """`headers` are the response's; used for its Content-Encoding."""
        self._seen = b""
        self._fed_bytes = 0
        self._inflate = zlib.decompressobj(_GZIP_OR_ZLIB) if codings(headers) else None

    def feed(self, data: bytes) -> bool | None:
        """Whether the body is an event stream; None if more bytes are needed."""
        self._fed_bytes += len(data)
        if self._inflate is not None:
            try:
                data = self._inflate.decompress(data, _LOOK_LIMIT_BYTES)
            except zlib.error:
                return False
        self._seen += data[:_LOOK_LIMIT_BYTES]
        verdict = begins_event_stream(self._seen)
        return False if verdict is None and self._fed_bytes >= _FED_LIMIT_BYTES else verdict


def begins_event_stream(data: bytes) -> bool | None:
    """Whether bytes are the beginning of an event stream; None if there are too few to decide.

    An event stream begins with a field or a comment, perhaps after a byte order mark and empty
    lines: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
    Field names without a colon, which the standard allows, are not evidence enough.
    """
    if len(data) < len(_BOM) and _BOM.startswith(data):
        return None
    data = data[:_LOOK_LIMIT_BYTES]  # or the verdict would depend on where chunks are cut
    rest = data.removeprefix(_BOM).lstrip(b"\r\n")
    if rest.startswith(_FIELDS):
        return True
    if any(field.startswith(rest) for field in _FIELDS) and len(data) < _LOOK_LIMIT_BYTES:
        return None
    return False
