"""The streams of the sample server, as data: what is sent, in which chunks, at which times.

No I/O and no clock here, so that a test can compare a recording with the script.
"""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

Headers = tuple[tuple[str, str], ...]

EVENT_STREAM: Headers = (
    ("Content-Type", "text/event-stream"),
    ("Cache-Control", "no-cache"),
)


@dataclass(frozen=True, slots=True)
class Piece:
    """One chunk: its time, in seconds from the request, and its bytes."""

    t_s: float
    data: bytes


@dataclass(frozen=True, slots=True)
class Stream:
    """A response as it is sent: the head at `head_s`, each piece at its time, then the end.

    All times are seconds from the request. A "complete" stream has its final chunk right after the
    last piece; a "cut" stream loses its connection there instead.
    """

    status: int
    headers: Headers
    head_s: float
    pieces: tuple[Piece, ...]
    end: Literal["complete", "cut"] = "complete"
    about: str = ""

    @property
    def body(self) -> bytes:
        """The bytes of all pieces, joined."""
        return b"".join(piece.data for piece in self.pieces)


def paced(
    head_ms: int,
    *timed: tuple[int, bytes],
    headers: Headers = EVENT_STREAM,
    end: Literal["complete", "cut"] = "complete",
    about: str = "",
) -> Stream:
    """A stream whose head is sent after `head_ms`, and each chunk after its gap.

    Gaps are whole milliseconds: their sums are exact, unlike sums of seconds.
    """
    pieces = []
    t_ms = head_ms
    for gap_ms, data in timed:
        t_ms += gap_ms
        pieces.append(Piece(t_ms / 1000, data))
    return Stream(200, headers, head_ms / 1000, tuple(pieces), end, about)


def gzipped(events: Iterable[bytes]) -> Iterator[bytes]:
    """The events as one gzip member, in pieces that can each be inflated when they arrive."""
    deflate = zlib.compressobj(wbits=31)  # 31: deflate in gzip's header and trailer
    for event in events:
        yield deflate.compress(event) + deflate.flush(zlib.Z_SYNC_FLUSH)
    yield deflate.flush()


STREAMS: dict[str, Stream] = {
    "minimal": paced(
        20,
        (30, b"data: hello\n\n"),
        about="One event, and the end.",
    ),
    "tour": paced(
        500,
        (400, b": keep-alive\n\n"),
        (600, b"retry: 3000\nid: 1\ndata: The tour starts here.\n\n"),
        (50, b"id: 2\r\ndata: This event ends its lines with CRLF.\r\n\r\n"),
        (50, b"id: 3\ndata: The next byte of caf\xc3"),
        (300, b"\xa9 is in another chunk.\n\n"),
        (800, b"event: note\nid: 4\ndata: Two events,\n\nid: 5\ndata: one chunk.\n\n"),
        (100, b"data: [DONE]\n\n"),
        about="The reference: a wait for the head, then seven chunks with most of the oddities.",
    ),
    "crlf": paced(
        20,
        (30, b"data: CRLF\r\ndata: twice\r\n\r\n"),
        (60, b"data: cut between CR and LF\r"),
        (60, b"\n\r"),
        (60, b"\ndata: CR alone\r\r"),
        (60, b"data: LF alone\n\n"),
        about="All three line ends, with chunk borders between a CR and its LF.",
    ),
    "split-utf8": paced(
        20,
        (30, b"data: \xf0"),
        (40, b"\x9f"),
        (40, b"\x8e"),
        (40, b"\xac\n\n"),
        about="An emoji of four bytes, with a chunk border at every byte.",
    ),
    "bom": paced(
        20,
        (30, b"\xef\xbb"),
        (40, b"\xbfdata: The first byte order mark is dropped.\n\n"),
        (40, b"\xef\xbb\xbfdata: A later one makes an unknown field.\n\n"),
        (40, b"data: So two events, not three.\n\n"),
        about="A byte order mark at the start, itself cut in two, and another where it is data.",
    ),
    "cut": paced(
        20,
        (30, b"data: one\n\n"),
        (60, b"data: two\n\n"),
        (60, b"data: thr"),
        end="cut",
        about="The connection closes in the middle of an event, without the final chunk.",
    ),
    "gzip": paced(
        20,
        *((60, data) for data in gzipped(b"id: %d\ndata: squeezed\n\n" % n for n in range(1, 6))),
        headers=(*EVENT_STREAM, ("Content-Encoding", "gzip")),
        about="Content-Encoding gzip, flushed after every event, whatever the client accepts.",
    ),
    "unfinished": paced(
        20,
        (30, b"data: whole\n\n"),
        (60, b"data: without its blank line\n"),
        about="A clean end after an event that has no blank line, which clients must discard.",
    ),
    "slow-head": paced(
        1000,
        (30, b"data: worth the wait\n\n"),
        about="A second without even a head, as from a model that thinks first.",
    ),
    "bytes": paced(
        20,
        (30, b"data: not UTF-8: \xff\xfe \xc0\xaf\n\n"),
        (40, b"data: NUL \x00 in data\n\n"),
        (40, b"id: a\x00b\ndata: an id with NUL is ignored\n\n"),
        (40, b"data: \xed\xa0\x80 is half a surrogate pair\n\n"),
        about="Events with invalid UTF-8 and NUL.",
    ),
}

FLASK = paced(
    20,
    *((100, b"data: tick %d\n\n" % n) for n in range(1, 6)),
    headers=(("Content-Type", "text/event-stream; charset=utf-8"),),
    about="Five ticks, as a generator in a Flask view writes them.",
)

EVENT_SOURCE_LAST_ID = 5


def event_source(after_id: int) -> Stream:
    """The stream for an EventSource that has seen the events up to `after_id`."""
    events = [
        b"id: %d\n%sdata: event %d of %d\n\n"
        % (n, b"event: milestone\n" if n == 3 else b"", n, EVENT_SOURCE_LAST_ID)
        for n in range(after_id + 1, EVENT_SOURCE_LAST_ID + 1)
    ]
    return paced(20, (0, b"retry: 2000\n\n"), *((80, event) for event in events))
