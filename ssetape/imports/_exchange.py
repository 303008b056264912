"""An exchange as another tool captured it, on its way to becoming a capture. Values alone."""

from dataclasses import dataclass, field

from ssetape.format.values import HTTP, Chunk, End, Headers, Message, Request, Response

# Of what there are times.
TIMES_CHUNKS = "chunks"  # of each chunk or message
TIMES_ENDS = "ends"  # of the body's end alone, which is one chunk there
TIMES_NONE = "none"  # of nothing: all is at 0

# What became of the bytes.
BYTES_EXACT = "exact"
BYTES_DECODED = "decoded"  # the Content-Encoding was undone, and its header is left out
BYTES_REBUILT = "rebuilt"  # put together again from the events' fields
BYTES_LINE_ENDS = "line ends assumed"  # line feeds were put where lines ended


@dataclass(slots=True)
class Imported:
    """One exchange.

    Attributes:
        chunks: the body; of a WebSocket [], which has `messages`.
        started_ns: when the request was sent, ns since 1970; None if the source does not say.
        times, bytes: one of the words above.
        notes: what else is to be said of it.
    """

    request: Request
    response: Response
    end: End
    times: str
    bytes: str
    kind: str = HTTP
    chunks: list[Chunk] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    started_ns: int | None = None
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something in the file that cannot be imported: where it is, and why not."""

    place: str
    why: str


@dataclass(frozen=True, slots=True)
class Given:
    """What a person says of an exchange where its source does not."""

    url: str | None = None
    method: str | None = None
    content_type: str | None = None
    request_body: bytes | None = None

    def request(self, name: str) -> tuple[Request, list[str]]:
        """The request, and what is to be said of it; `name` makes a URL where none is given."""
        notes = []
        url = self.url
        if url is None:
            url = f"http://imported.invalid/{name}"
            notes.append("the URL is made from the file's name: the source does not say it")
        method = self.method or ("GET" if self.request_body is None else "POST")
        return Request(method, url, "", [], self.request_body), notes

    def head(self) -> Headers:
        """The headers of a response that has come without a head."""
        return [("content-type", self.content_type or "text/event-stream")]
