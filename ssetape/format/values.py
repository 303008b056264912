"""The values that a capture is made of. The format is specified in `docs/capture-format.md`."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

FORMAT_VERSION = 1
SUFFIX = ".ssetape"

# The codes of records, the second element of every line after the first.
HEAD = "head"
TEXT = "<"
BYTES = "<b"
SENT_TEXT = ">"
SENT_BYTES = ">b"
# The codes of a WebSocket's messages.
SOCKET_CODES = frozenset({TEXT, BYTES, SENT_TEXT, SENT_BYTES})
TRAILERS = "trailers"
END = "end"

# A line after the first: [time in s, code, value ...].
Record = list[Any]

# The kinds of exchange.
HTTP = "http"
WEBSOCKET = "websocket"

# The end reason of an exchange that was not cut short.
COMPLETE = "complete"

# Header names and values, one character per byte (ISO-8859-1), in the order received.
Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Request:
    """The request of an exchange.

    Attributes:
        url: the absolute URL, with non-ASCII characters percent-encoded.
        body: its bytes as sent (content-encoded bytes stay encoded), or None if it was empty
            or not kept.
        masked_headers: names (lower case) of the headers whose values were masked.
        masked_query: names of the query parameters whose values were masked.
        masked_path: whether parts of the path were masked.
        masked_body: where the body was masked: byte offsets (start, end).
        masked_coding: the Content-Encoding that was undone to mask the body, "" if none was.
    """

    method: str
    url: str
    http_version: str
    headers: Headers
    body: bytes | None = None
    masked_headers: tuple[str, ...] = ()
    masked_query: tuple[str, ...] = ()
    masked_path: bool = False
    masked_body: tuple[tuple[int, int], ...] = ()
    masked_coding: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """The response head, and when it came (seconds since the request was sent).

    Attributes:
        headers: those that hold for the body as it is here.
        masked_headers: names (lower case) of the headers whose values were masked.
        masked_coding: the Content-Encoding that was undone to mask the body, "" if none was.
        decoded_headers: those that the server sent and that held until the body was decoded on its
            way here: its Content-Encoding and Content-Length.
        from_cache: whether the browser took the response from its cache.
    """

    t_s: float
    status: int
    reason: str
    http_version: str
    headers: Headers
    masked_headers: tuple[str, ...] = ()
    masked_coding: str = ""
    decoded_headers: Headers = field(default_factory=list)
    from_cache: bool = False

    @property
    def sent_headers(self) -> Headers:
        """All headers that the server sent, those that no longer hold at the end."""
        return [*self.headers, *self.decoded_headers]


class Chunk(NamedTuple):
    """Bytes received as one piece, and when (seconds since the request was sent)."""

    t_s: float
    data: bytes


class Message(NamedTuple):
    """A WebSocket message.

    Attributes:
        t_s: when the proxy had received all of it (seconds since the request was sent).
        from_client: whether the client sent it; if not, the server did.
        is_text: whether it was sent as text; if not, as binary.
        data: its bytes; text is UTF-8.
        dropped: whether an addon of the proxy withheld it from the other side.
        injected: whether an addon of the proxy created it.
    """

    t_s: float
    from_client: bool
    is_text: bool
    data: bytes
    dropped: bool = False
    injected: bool = False

    @property
    def text(self) -> str | None:
        """The text; None if the message is binary or not valid UTF-8."""
        if not self.is_text:
            return None
        try:
            return self.data.decode()
        except UnicodeDecodeError:
            return None


class Trailers(NamedTuple):
    """HTTP trailers, and when they came (seconds since the request was sent)."""

    t_s: float
    headers: Headers


@dataclass(frozen=True, slots=True)
class Close:
    """How a WebSocket was closed: the RFC 6455 code, the reason given, and the closing side."""

    code: int
    reason: str
    by_client: bool


@dataclass(frozen=True, slots=True)
class ClientShare:
    """What the client got of a stream that faults changed, and how and when that ended."""

    t_s: float
    reason: str
    size_bytes: int
    events: int | None = None


@dataclass(frozen=True, slots=True)
class End:
    """How and when an exchange ended.

    Attributes:
        reason: COMPLETE, or what cut it short: `docs/capture-format.md` lists the reasons.
        error: the proxy's own message for it, if any.
        chunks: how many chunks (or WebSocket messages) the recorder wrote.
        size_bytes: their total size.
        close: how a WebSocket was closed, if known.
        altered: whether the client got something else than what is here.
        faults: the specs of the faults that the client got in the passing stream.
        client: what the client got in that case, if known.
    """

    t_s: float
    reason: str
    error: str | None = None
    chunks: int | None = None
    size_bytes: int | None = None
    close: Close | None = None
    altered: bool = False
    faults: tuple[str, ...] = ()
    client: "ClientShare | None" = None

    @property
    def is_complete(self) -> bool:
        """Whether the response was complete."""
        return self.reason == COMPLETE


def header_values(headers: Headers, name: str) -> list[str]:
    """The values of all headers named `name` (lower case), in order."""
    return [value for key, value in headers if key.lower() == name]
