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
3. No byte is examined again only because more bytes arrive.
"""

import copy
from typing import NamedTuple, NoReturn

from ssetape.errors import EventTooLarge

# Client tests use up to 10 MiB, images of models 25. Without a limit, an endless line would fill
# the memory.
EVENT_LIMIT_BYTES = 32 * 1024 * 1024

# Every event repeats the last ID, and clients send it in a header: servers refuse more than this.
ID_LIMIT_BYTES = 4096

# Longer reconnection times are meaningless, and JSON readers agree on 64 bits at most.
RETRY_LIMIT_MS = 2**63 - 1

_BOM = b"\xef\xbb\xbf"
_PLAIN, _PLAIN_BYTES = b"data: ", 6
_BETWEEN = {b"\n": "\n\ndata: ", b"\r\n": "\r\n\r\ndata: "}
_LARGE_BYTES = 4096  # from here on, finding one newline beats splitting at the separator
_LF, _CR = 10, 13


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
        self._line = bytearray()  # a line whose end has not arrived
        self._at_start = True  # a byte order mark may still follow
        self._skip_lf = False  # the last byte was CR: an LF now belongs to it
        self._is_special = True  # either of these, or a failure

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
        if self._is_special or _CR in chunk:
            return self._feed_special(chunk)
        line = self._line
        # Searching for an int is one memchr, a tenth of the cost of searching for bytes.
        if _LF not in chunk:
            line += chunk
            if len(line) > self._room_bytes:
                self._fail([])
            return []
        if line:
            chunk = b"".join((line, chunk))
            line.clear()
        elif type(chunk) is not bytes:
            chunk = bytes(chunk)
        events: list[Event] = []
        self._take(chunk, b"\n", events)
        return events

    def _feed_special(self, chunk: bytes) -> list[Event]:
        """`feed` for a chunk at the stream's start, with a CR, or after one."""
        if self._failure is not None:
            raise self._failure
        chunk = bytes(chunk)
        if self._at_start:
            chunk = self._without_bom(chunk)
        if self._skip_lf and chunk:
            self._skip_lf = False
            if chunk[0] == _LF:
                chunk = chunk[1:]
                self._offset += 1
        self._is_special = self._at_start or self._skip_lf
        if _CR not in chunk:
            return self.feed(chunk) if chunk and not self._is_special else []
        chunk = bytes(self._line) + chunk
        self._line.clear()
        events: list[Event] = []
        if chunk.count(b"\r\n") == chunk.count(_CR) == chunk.count(_LF):
            self._take(chunk, b"\r\n", events)
        else:
            self._take_mixed(chunk, events)
            self._is_special = self._skip_lf = chunk[-1] == _CR
        return events

    def skip(self, size_bytes: int) -> None:
        """Count whole events that need no parsing. Only where no line and no event is open."""
        self._offset += size_bytes
        self._skip_lf = False
        self._is_special = self._at_start or self._failure is not None

    def unfinished(self) -> Event | None:
        """The event left over if the stream ends here: its blank line never came.

        Clients discard it; tools that inspect a stream report it. Its `end` is the end of the
        bytes so far. None if nothing is left over. Raises EventTooLarge if `feed` has.
        """
        probe = copy.copy(self)
        probe._data, probe._comments = list(self._data), None
        if self._line:
            probe._take_lines([bytes(self._line)], 1, [])
        if probe._start < 0:
            return None
        return probe._event(self._offset + len(self._line))

    @property
    def open_since(self) -> int:
        """Offset in the stream of the first byte that may belong to a future event."""
        return self._start if self._start >= 0 else self._offset

    def _without_bom(self, chunk: bytes) -> bytes:
        """The stream's first bytes without a byte order mark; b"" while it may be incomplete."""
        head = bytes(self._line) + chunk
        if len(head) < len(_BOM) and _BOM.startswith(head):
            self._line[:] = head
            return b""
        self._at_start = False
        self._line.clear()
        if head.startswith(_BOM):
            self._offset = len(_BOM)
            return head[len(_BOM) :]
        return head

    def _take(self, text: bytes, newline: bytes, events: list[Event]) -> None:
        """Consume `text`, which starts at the start of a line and has only this kind of newline."""
        if self._start < 0 and text.startswith(_PLAIN) and len(text) <= self._limit_bytes:
            cut = text.find(newline)
            if cut >= _LARGE_BYTES or 2 * cut >= len(text):
                text = self._take_few(text, cut, newline, events)
            else:
                text = self._take_many(text, newline, events)
        if _LF in text:
            lines = text.split(newline)
            text = lines.pop()
            self._take_lines(lines, len(newline), events)
        if text:
            self._line += text
            if len(self._line) > self._room_bytes:
                self._fail(events)

    def _take_mixed(self, text: bytes, events: list[Event]) -> None:
        """Consume `text`, which starts at the start of a line and mixes kinds of newlines."""
        # On bytes, splitlines() splits only at CR, LF and CRLF, as the specification does.
        for raw in text.splitlines(keepends=True):
            line = raw.rstrip(b"\r\n")
            if len(line) < len(raw):
                self._take_lines([line], len(raw) - len(line), events)
            else:
                self._take(raw, b"\n", events)

    def _take_few(self, text: bytes, cut: int, newline: bytes, events: list[Event]) -> bytes:
        """Consume the plain events at the start of `text`; return the rest.

        A plain event is one `data: ` line; the first ends at `cut`.
        """
        blank = newline + newline
        offset, last_id, at = self._offset, self._id, 0
        while text.startswith(_PLAIN, at) and text.startswith(blank, cut):
            data = text[at + _PLAIN_BYTES : cut].decode("utf-8", "replace")
            # The event is complete one byte past its line: at the blank line's LF or CR.
            end = offset + cut + len(newline) + 1
            events.append(_new_event(Event, ("message", data, last_id, None, offset + at, end)))
            at = cut + len(blank)
            cut = text.find(newline, at)
        self._offset = offset + at
        self.last_event_id = last_id
        return text[at:]

    def _take_many(self, text: bytes, newline: bytes, events: list[Event]) -> bytes:
        """`_take_few` for many small events: splits at the separator between two of them.

        Takes half the time of going line by line, which pieces with other blocks still do.
        """
        newline_bytes = len(newline)
        # One character per byte: ASCII is decoded already.
        values = text.decode("latin-1").split(_BETWEEN[newline])
        values[0] = values[0][_PLAIN_BYTES:]
        left = values.pop()
        left_bytes = _PLAIN_BYTES + len(left)
        if "\n" in left:  # checked first: searching for two in vain takes ten times as long
            last, ended, rest = left.partition((newline + newline).decode())
            if ended and "\n" not in last:
                values.append(last)
                left_bytes = len(rest)
        offset, last_id = self._offset, self._id
        for value in values:
            if "\n" in value:
                self._offset = offset
                lines = (_PLAIN + value.encode("latin-1")).split(newline)
                self._take_lines([*lines, b""], newline_bytes, events)
                offset, last_id = self._offset, self._id
                continue
            past = offset + _PLAIN_BYTES + len(value) + newline_bytes
            if not value.isascii():
                value = value.encode("latin-1").decode("utf-8", "replace")
            events.append(_new_event(Event, ("message", value, last_id, None, offset, past + 1)))
            offset = past + newline_bytes
        self._offset = offset
        self.last_event_id = last_id
        return text[len(text) - left_bytes :]

    def _take_lines(self, lines: list[bytes], newline_bytes: int, events: list[Event]) -> None:
        """Consume complete lines, each ended by a newline of `newline_bytes`.

        https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
        """
        offset = self._offset
        data = self._data
        for line in lines:
            size = len(line)
            if not size:
                # https://html.spec.whatwg.org/multipage/server-sent-events.html#dispatchMessage
                if data:
                    events.append(self._event(offset + 1))
                    data.clear()
                    self._room_bytes = self._limit_bytes
                self.last_event_id = self._id
                self._start = -1
                self._type = b""
                self._block_retry_ms = None
                offset += newline_bytes
                continue
            if size > self._room_bytes:
                self._offset = offset
                self._fail(events)
            # https://html.spec.whatwg.org/multipage/server-sent-events.html#processField
            name, _, value = line.partition(b":")
            if not name:
                if self._comments is not None:
                    text = value.decode("utf-8", "replace")
                    self._comments.append(_new_event(Comment, (text, offset, offset + size + 1)))
                offset += size + newline_bytes
                continue
            if self._start < 0:
                self._start = offset
            value = value.removeprefix(b" ")
            if name == b"data":
                data.append(value)
                self._room_bytes -= len(value) + 1
            elif name == b"event":
                self._type = value
            elif name == b"id" and b"\0" not in value and len(value) <= ID_LIMIT_BYTES:
                self._id = value.decode("utf-8", "replace")
            elif name == b"retry" and value.isdigit():
                # More than 19 digits exceed the limit, and int() refuses more than 4,300.
                digits = value.lstrip(b"0")[:20] or b"0"
                self.retry_ms = self._block_retry_ms = min(int(digits), RETRY_LIMIT_MS)
            offset += size + newline_bytes
        self._offset = offset

    def _event(self, end: int) -> Event:
        """The open block as an event. Decodes whole values, so that no character is cut."""
        data = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
        kind = self._type.decode("utf-8", "replace") if self._type else "message"
        text = data.decode("utf-8", "replace")
        fields = (kind, text, self._id, self._block_retry_ms, self._start, end)
        return _new_event(Event, fields)

    def _fail(self, events: list[Event]) -> NoReturn:
        self._is_special = True
        self._failure = EventTooLarge(self.open_since, self._limit_bytes, list(events))
        raise self._failure
