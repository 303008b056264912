"""The WHATWG event-stream algorithm, incremental: bytes in, events out.

No I/O, no clock, no callbacks. The rules are those of
https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
and each appears here once.

    parser = EventStreamParser()
    for chunk in chunks:
        for event in parser.feed(chunk):
            print(event.event, event.data, event.id)

Laws of this file:

1. Where the input is cut makes no difference to the output, byte ranges included.
2. A line is complete at its CR: an event is returned before the LF of a CRLF arrives.
3. No byte is examined again only because more bytes arrive (an event line is, once).
"""

import copy
import re
from typing import NamedTuple, NoReturn

from ssetape.errors import EventTooLarge

# Client tests use up to 10 MiB, images of models 25. Without a limit, an endless line would fill
# the memory.
EVENT_LIMIT_BYTES = 32 * 1024 * 1024

# Every event repeats the last ID, and clients send it in a header: servers refuse more than this.
ID_LIMIT_BYTES = 4096

# Longer reconnection times are meaningless, and JSON readers agree on 64 bits at most.
RETRY_LIMIT_MS = 2**63 - 1

# Larger chunks are taken in pieces, which stay in the processor's cache while they are read.
_PIECE_BYTES = 64 * 1024

_BOM = b"\xef\xbb\xbf"
_LF, _CR = 10, 13  # searching for an int is one memchr, a tenth of the cost of searching for bytes
_LONE_CR = re.compile(rb"\r(?!\n)")
_DATA, _EVENT = b"data: ", b"event: "


class _Plain(NamedTuple):
    """A kind of plain block: a data line, alone or after an event line, and a blank line."""

    prefix_bytes: int
    newline_bytes: int
    blank: bytes  # ends the block's last line, and the block
    between: str  # parts two blocks of this kind
    then: str  # parts type and data; "" where there is no type


def _plain(prefix: bytes, newline: bytes) -> _Plain:
    blank = newline + newline
    then = newline + _DATA if prefix == _EVENT else b""
    return _Plain(len(prefix), len(newline), blank, (blank + prefix).decode(), then.decode())


# In text without CR, and with: blocks without a type, and with one.
_PLAIN_LF = _plain(_DATA, b"\n"), _plain(_EVENT, b"\n")
_PLAIN_CRLF = _plain(_DATA, b"\r\n"), _plain(_EVENT, b"\r\n")


class Event(NamedTuple):
    """One dispatched event.

    Attributes:
        event: its type, "message" unless the stream names another.
        data: its data lines, joined by LF.
        id: the last event ID when this event is dispatched, "" for none. An earlier event may
            have set it. IDs of more than ID_LIMIT_BYTES are ignored.
        retry_ms: the reconnection time set by this event's block, in ms, or None.
        start: offset in the stream of the first byte of its first line (comments aside).
        end: offset just past the byte that completed it, the LF or CR of its blank line. (The
            LF of a closing CRLF comes after `end`: it completes nothing.)
    """

    event: str
    data: str
    id: str
    retry_ms: int | None
    start: int
    end: int


class Comment(NamedTuple):
    """A comment line: the text after its colon, unstripped, and its byte range."""

    text: str
    start: int
    end: int


_new_event = tuple.__new__  # what Event() calls, without its Python frame: a fifth of the time


class EventStreamParser:
    """Parses one event stream, chunk by chunk.

    Args:
        last_event_id: the previous connection's, if the stream was reconnected.
        limit_bytes: how many bytes of an unfinished event may be held in memory.
        comments: a list to append comment lines to, for tools that inspect a stream.

    Attributes:
        last_event_id: what a client would send as `Last-Event-ID` if it reconnected now.
        retry_ms: the last reconnection time the stream set, in ms, or None.
    """

    def __init__(
        self,
        *,
        last_event_id: str = "",
        limit_bytes: int = EVENT_LIMIT_BYTES,
        comments: list[Comment] | None = None,
    ) -> None:
        self.last_event_id = last_event_id
        self.retry_ms: int | None = None
        self._limit_bytes = limit_bytes
        self._comments = comments
        self._failure: EventTooLarge | None = None

        self._offset = 0  # of the first byte in _line: the first not yet consumed
        self._line = bytearray()  # a line whose end has not arrived; see also _begins_plain
        # What means nothing if it comes next: a byte order mark, or the LF after a CR.
        self._optional: bytes | None = _BOM

        self._start = -1  # where the open block's first field begins; -1: no block is open
        self._type = b""
        self._data: list[bytes] = []
        self._room_bytes = limit_bytes  # the part of the limit not used by the open block
        self._id = last_event_id
        self._block_retry_ms: int | None = None

    def feed(self, chunk: bytes) -> list[Event]:
        """Return the events that `chunk` completes, oldest first.

        Raises:
            EventTooLarge: an event exceeded the limit; every later call raises the same error.
        """
        if self._optional is not None:
            chunk = self._without_optional(chunk)
        if _LF in chunk or _CR in chunk:
            return self._take(chunk)
        line = self._line
        line += chunk
        if len(line) > self._room_bytes:
            self._overflow([])
        return []

    def skip(self, size_bytes: int) -> None:
        """Count whole events that need no parsing. Only where no line and no event is open."""
        self._offset += size_bytes
        if size_bytes:
            self._optional = None

    def unfinished(self) -> Event | None:
        """The event left over if the stream ends here: its blank line never came.

        Clients discard it; tools that inspect a stream report it. Its `end` is the end of the
        bytes so far. None if nothing is left over. Raises EventTooLarge if `feed` has.
        """
        if self._failure is not None:
            raise self._failure
        probe = copy.copy(self)
        probe._data, probe._comments = list(self._data), None
        if held := bytes(self._line):
            probe._take_lines(held + b"\n", [])
        if probe._start < 0:
            return None
        probe._data = probe._data or [b""]  # something is left over, even without data
        events: list[Event] = []
        probe._take_lines(b"\n", events)
        return events[0]._replace(end=self._offset + len(held))

    @property
    def open_since(self) -> int:
        """Offset in the stream of the first byte that may belong to a future event."""
        return self._start if self._start >= 0 else self._offset

    def _without_optional(self, chunk: bytes) -> bytes:
        """The chunk without what means nothing here; b"" while that may be incomplete."""
        optional = self._optional or b""
        head = b"".join((self._line, chunk))
        self._line.clear()
        if len(head) < len(optional) and optional.startswith(head):
            self._line += head
            return b""
        self._optional = None
        if head.startswith(optional):
            self._offset += len(optional)
        return head.removeprefix(optional)

    def _take(self, chunk: bytes) -> list[Event]:
        """`feed` for a chunk in which a line ends."""
        if self._failure is not None:
            raise self._failure
        if len(chunk) > _PIECE_BYTES:
            return self._take_pieces(chunk)
        events: list[Event] = []
        if self._line:
            text = b"".join((self._line, chunk))
            self._line.clear()
        else:
            text = chunk if type(chunk) is bytes else bytes(chunk)
        if self._start < 0:
            text = self._take_plain(text, events)
            if not text:
                return events
        if self._start >= 0 or not text.startswith(_EVENT) or not _begins_plain(text):
            if _LF in text:
                text = self._take_lines(text, events)
            if _CR in text:
                if text[-1] == _CR:
                    self._optional = b"\n"
                # An LF is as long, and ends a line just as well.
                text = self._take_lines(_LONE_CR.sub(b"\n", text), events)
        self._line += text
        if len(text) > self._room_bytes:
            self._overflow(events)
        return events

    def _take_pieces(self, chunk: bytes) -> list[Event]:
        """`feed` for a large chunk."""
        events: list[Event] = []
        for start in range(0, len(chunk), _PIECE_BYTES):
            try:
                events += self.feed(chunk[start : start + _PIECE_BYTES])
            except EventTooLarge as error:
                error.events[:0] = events
                raise
        return events

    def _take_plain(self, text: bytes, events: list[Event]) -> bytes:
        """Consume the plain blocks that `text` starts with; return the rest. No block is open.

        Nearly all streams are plain blocks of one kind: one split finds what differs in them. Any
        other block, and what follows it, is left to `_take_lines`.
        """
        if text.startswith(_DATA):
            is_typed, cut = 0, text.find(_LF)
        elif text.startswith(_EVENT):
            is_typed, cut = 1, text.find(_LF, text.find(_LF) + 1)
        else:
            return text
        if cut < 0 or len(text) > self._limit_bytes:
            return text
        has_cr = _CR in text
        plain = (_PLAIN_CRLF if has_cr else _PLAIN_LF)[is_typed]
        prefix_bytes, newline_bytes, blank, between, then = plain
        around_bytes = prefix_bytes + newline_bytes + 1
        lf_bytes = newline_bytes - 1  # an event ends before the LF of its last CRLF
        # Latin-1 makes one character of each byte: ASCII is decoded already.
        if 2 * cut > len(text):
            # One large block: finding its end is faster than splitting.
            past = cut - lf_bytes
            if not text.startswith(blank, past):
                return text
            blocks = [text[prefix_bytes:past].decode("latin-1")]
        else:
            past = text.rfind(blank)
            if past < 0:
                return text
            blocks = text[prefix_bytes:past].decode("latin-1").split(between)
        begun = offset = self._offset
        last_id = self._id
        for block in blocks:
            name, data = "message", block
            if then:
                name, found, data = block.partition(then)
                if not (found and name.isprintable() and name.isascii()):
                    break
            if "\n" in data or (has_cr and "\r" in data):
                break
            if not data.isascii():
                data = data.encode("latin-1").decode("utf-8", "replace")
            end = offset + len(block) + around_bytes
            events.append(_new_event(Event, (name or "message", data, last_id, None, offset, end)))
            offset = end + lf_bytes if lf_bytes else end  # the same int, where it can be
        self._offset = offset
        return text[offset - begun :]

    def _take_lines(self, text: bytes, events: list[Event]) -> bytes:
        """Consume lines that end in LF or CRLF, up to one with a CR alone; return the rest.

        https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
        """
        has_cr = _CR in text
        data = self._data
        begun = offset = self._offset
        lines = text.split(b"\n")
        left = lines.pop()
        for line in lines:
            start = offset
            offset += len(line) + 1
            if has_cr:
                line = line.removesuffix(b"\r")
                if _CR in line:
                    offset = start
                    left = text[offset - begun :]
                    break
            if not line:
                # https://html.spec.whatwg.org/multipage/server-sent-events.html#dispatchMessage
                if data:
                    joined = b"\n".join(data).decode("utf-8", "replace")
                    name = self._type.decode("utf-8", "replace") if self._type else "message"
                    fields = (name, joined, self._id, self._block_retry_ms, self._start, start + 1)
                    events.append(_new_event(Event, fields))
                    data.clear()
                    self._room_bytes = self._limit_bytes
                self.last_event_id = self._id
                self._start = -1
                self._type = b""
                self._block_retry_ms = None
                continue
            if len(line) > self._room_bytes:
                self._offset = start
                self._fail(events)
            # https://html.spec.whatwg.org/multipage/server-sent-events.html#processField
            field, _, value = line.partition(b":")
            if field:
                if self._start < 0:
                    self._start = start
                value = value.removeprefix(b" ")
                if field == b"data":
                    data.append(value)
                    self._room_bytes -= len(value) + 1
                elif field == b"event":
                    self._type = value
                elif field == b"id" and b"\0" not in value and len(value) <= ID_LIMIT_BYTES:
                    self._id = value.decode("utf-8", "replace")
                elif field == b"retry" and value.isdigit():
                    # More than 19 digits exceed the limit, and int() refuses more than 4,300.
                    digits = value.lstrip(b"0")[:20] or b"0"
                    self.retry_ms = self._block_retry_ms = min(int(digits), RETRY_LIMIT_MS)
            elif self._comments is not None:
                comment = value.decode("utf-8", "replace")
                self._comments.append(_new_event(Comment, (comment, start, start + len(line) + 1)))
        self._offset = offset
        return left

    def _overflow(self, events: list[Event]) -> None:
        """Fail, unless it is only the event line before a data line that is too much."""
        line = bytes(self._line)
        self._line.clear()
        if _LF in line:
            line = self._take_lines(line, events)
        if len(line) > self._room_bytes:
            self._fail(events)
        self._line += line

    def _fail(self, events: list[Event]) -> NoReturn:
        if self._failure is None:
            self._failure = EventTooLarge(self.open_since, self._limit_bytes, list(events))
            self._room_bytes = -1  # refuses every later chunk
        raise self._failure


def _begins_plain(text: bytes) -> bool:
    """Whether `text`, an event line, and a part of the next line may become a plain block."""
    cut = text.find(_LF)
    if not 0 < cut < len(text) - 1 or text.find(_LF, cut + 1) >= 0:
        return False
    return text.find(_CR, cut) < 0 and text.find(_CR, 0, cut - 1) < 0
