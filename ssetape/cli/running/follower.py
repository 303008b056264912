"""Follows captures in their files as they are recorded, beside the recording, never in its way."""

import os
import time
from binascii import a2b_base64
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO

import orjson

from ssetape.errors import SsetapeError
from ssetape.format.values import Chunk
from ssetape.messages.timeline import EventTimeline, TimedEvent

if TYPE_CHECKING:
    from ssetape.addon import recording as recordings

# How often somebody looks.
POLL_S = 0.25
# Read at a time: to parse so much takes some milliseconds, which a stream has to wait.
_PIECE_BYTES = 64 * 1024
# A rate is of this long before now.
_RATE_S = 5.0

Happening = dict[str, Any]


class Follower:
    """One capture, followed as it is written.

    Attributes:
        events: how many were complete so far.
        last: the data of the last of them.
        ended: whether the end was reached.
        shown: whether it has a row.
    """

    def __init__(self, recording: "recordings.Recording") -> None:
        self.recording = recording
        self.started_s = time.monotonic()
        self.events = 0
        self.last = ""
        self.ended = False
        self.shown = False
        self._offset = 0
        self._lines = 0
        self._inode: int | None = None
        self._torn = b""
        self._timeline: EventTimeline | None = None
        self._last_s = 0.0
        self._id = ""
        self._history: list[tuple[float, int]] = [(self.started_s, 0)]

    @property
    def goes_on(self) -> bool:
        """Whether it is still being recorded, whether or not all of it was read."""
        return self.recording.reason is None

    @property
    def age_s(self) -> float:
        """How long it has gone on, or did."""
        return time.monotonic() - self.started_s if self.goes_on else self._last_s

    @property
    def rate(self) -> float:
        """Events a second, lately."""
        now_s = time.monotonic()
        while len(self._history) > 1 and self._history[1][0] < now_s - _RATE_S:
            del self._history[0]
        then_s, then = self._history[0]
        return (self.events - then) / max(now_s - then_s, POLL_S)

    def read(self) -> tuple[list[Happening], bool]:
        """What has happened since the last time, and whether there is more to read at once."""
        over = self.recording.reason is not None  # asked first: what is there then, is all
        try:
            with self.recording.writer.path.open("rb") as file:
                self._find_place(file)
                data = file.read(_PIECE_BYTES)
        except OSError:  # somebody has removed it
            data = b""
        self._offset += len(data)
        *lines, self._torn = (self._torn + data).split(b"\n")
        self._lines += len(lines)
        happenings = [happening for line in lines for happening in self._line(line)]
        self._history.append((time.monotonic(), self.events))
        more = len(data) == _PIECE_BYTES
        if over and not more:
            self.ended = True
            happenings.append(self._end())
        return happenings, more

    def _find_place(self, file: BinaryIO) -> None:
        """Go to where reading stopped; a file that was masked meanwhile has the same lines."""
        inode = os.fstat(file.fileno()).st_ino
        if self._inode not in (None, inode):
            self._torn = b""
            self._offset = sum(len(line) for line in islice(file, self._lines))
        self._inode = inode
        file.seek(self._offset)

    def _line(self, line: bytes) -> Iterator[Happening]:
        record = orjson.loads(line)
        if isinstance(record, dict):
            yield self._start(record)
            return
        self._last_s, code, *rest = record
        if code == "head":
            self._timeline = EventTimeline([(n, v) for n, v in rest[0].get("headers", [])])
        elif code in ("<", "<b") and self._timeline is not None:
            data = rest[0].encode() if code == "<" else a2b_base64(rest[0])
            try:
                for event in self._timeline.feed(Chunk(self._last_s, data)):
                    yield self._event(event)
            except SsetapeError:  # no more of its events can be told; it is recorded all the same
                self._timeline = None

    def _start(self, header: Happening) -> Happening:
        self._id = header["id"]
        request = header["request"]
        return {
            "happened": "started",
            "stream": self._id,
            "path": str(self.recording.writer.path),
            "started": header["started"],
            "method": request["method"],
            "url": request["url"],
        }

    def _event(self, event: TimedEvent) -> Happening:
        self.events += 1
        self.last = event.data
        return {
            "happened": "event",
            "stream": self._id,
            "t": event.t_s,
            "t_first": event.t_first_s,
            "event": event.event,
            "data": event.data,
            "id": event.id,
            "retry": event.retry_ms,
        }

    def _end(self) -> Happening:
        return {
            "happened": "ended",
            "stream": self._id,
            "path": str(self.recording.writer.path),
            "end": self.recording.reason,
            "chunks": self.recording.writer.chunks,
            "bytes": self.recording.writer.size_bytes,
            "duration_s": self._last_s,
        }
