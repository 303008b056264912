"""An exchange that another tool captured, to be written as a capture. Only values."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ssetape.format.values import (
    HTTP,
    Chunk,
    End,
    Headers,
    Message,
    Request,
    Response,
    Trailers,
)
from ssetape.imports._body_type import guessed_head
from ssetape.messages.detection import EVENT_STREAM

# Which times are known.
TIMES_CHUNKS = "chunks"  # of each chunk or message
TIMES_ENDS = "ends"  # only of the end of the body, which is one chunk
TIMES_NONE = "none"  # none: everything is at 0
TIMES_EDITED = "edited"  # of each chunk or message, but somebody may have changed them

# How the bytes differ from those sent.
BYTES_EXACT = "exact"
BYTES_DECODED = "decoded"  # the Content-Encoding was undone, and its header is left out
BYTES_REBUILT = "rebuilt"  # written again from the fields of the events
BYTES_EDITED = "edited"  # somebody may have changed them
BYTES_LINE_ENDS = "line ends assumed"  # a line feed was added to each line


@dataclass(slots=True)
class Imported:
    """One exchange.

    Attributes:
        chunks: the body; [] for a WebSocket, which has `messages`.
        response: None if it ended before its head.
        end: None if its recording was interrupted.
        started_ns: when the request was sent, ns since 1970; None if the source does not say.
        tapped: the browser that the source had recorded it inside of; {} if it does not say.
        times, bytes: TIMES_... and BYTES_..., as above.
        notes: remarks for people.
        missing: what the source should have and has not, such as the body; "" if it has all.
        run, edited: those of the capture that it comes from, as the format has them; {} if none.
        trailers: those after the body, with their marks of what is masked.
        end_details: what the format's end record says besides what `end` has.
        marks: what is masked in the chunks or messages, by their number.
        was_stream: whether a recorder took it for a stream, whatever its label.
    """

    request: Request
    response: Response | None
    end: End | None
    times: str
    bytes: str
    kind: str = HTTP
    chunks: list[Chunk] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    started_ns: int | None = None
    notes: list[str] = field(default_factory=list)
    missing: str = ""
    tapped: dict[str, Any] = field(default_factory=dict)
    run: dict[str, Any] = field(default_factory=dict)
    edited: dict[str, Any] = field(default_factory=dict)
    trailers: Trailers | None = None
    trailers_marks: dict[str, Any] = field(default_factory=dict)
    end_details: dict[str, Any] = field(default_factory=dict)
    marks: dict[int, list[Any]] = field(default_factory=dict)
    was_stream: bool = False


@dataclass(frozen=True, slots=True)
class Skipped:
    """Part of a file that cannot be imported: its place, and the reason."""

    place: str
    why: str


# Gives the bytes of a file beside a source, by the name that the source has for it.
Beside = Callable[[str], bytes | None]


def _nothing_beside(_: str) -> bytes | None:
    return None


@dataclass(frozen=True, slots=True)
class Like:
    """A capture that has what a source leaves out.

    Attributes:
        lines: its lines, as an export as JSON Lines has them.
        response: its head, as received.
        chunks: its body, as received.
    """

    lines: list[dict[str, Any]]
    response: Response | None
    chunks: list[Chunk]


@dataclass(frozen=True, slots=True)
class Given:
    """What the user says about an exchange, for sources that do not say it.

    Attributes:
        beside: gives the bytes of a file that the source refers to; None if it is not there.
        like: a capture that has the rest.
    """

    url: str | None = None
    method: str | None = None
    content_type: str | None = None
    request_body: bytes | None = None
    beside: Beside = field(default=_nothing_beside, compare=False)
    like: Like | None = None

    def request(self, name: str) -> tuple[Request, list[str]]:
        """The request, and notes on it; without a URL, one is made from `name`."""
        notes = []
        url = self.url
        if url is None:
            url = f"http://imported.invalid/{name}"
            notes.append("the URL is made from the file's name, as the source has none")
        method = self.method or ("GET" if self.request_body is None else "POST")
        return Request(method, url, "", [], self.request_body), notes

    def head(self, start: bytes) -> Headers:
        """The headers for a response whose source has no head, but a body with this start."""
        if self.content_type:
            return [("content-type", self.content_type)]
        return guessed_head(start) or [("content-type", EVENT_STREAM)]

    def labelled(self, headers: Headers) -> Headers:
        """The headers of a response, with the content type that the user gives for it."""
        if not self.content_type:
            return headers
        others = [(name, value) for name, value in headers if name.lower() != "content-type"]
        return [*others, ("content-type", self.content_type)]
