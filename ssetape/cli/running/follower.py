"""Follows captures through their files during recording, without delaying it."""

import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

from ssetape.errors import CaptureError
from ssetape.format import decode
from ssetape.format.follow import FileFollower
from ssetape.format.values import BYTES, SENT_BYTES, SENT_TEXT, TEXT, WEBSOCKET
from ssetape.meaning.phrases import in_words
from ssetape.meaning.sayings import Saying, Sayings
from ssetape.messages.message import TimedComment
from ssetape.messages.ordinary import is_one_body
from ssetape.messages.reading import MessageReader
from ssetape.showing.messages import fields
from ssetape.showing.selected import data_of

if TYPE_CHECKING:
    from ssetape.recording import recording as recordings

# The time between two looks at a file.
POLL_S = 0.25
# Read at a time: parsing this takes some milliseconds, in which the streams wait.
_LOOK_BYTES = 64 * 1024
# Rates cover the last seconds.
_RATE_S = 5.0
_CARRIES_DATA = (TEXT, BYTES, SENT_TEXT, SENT_BYTES)

Happening = dict[str, Any]


class Follower:
    """Follows one capture as it is written.

    Attributes:
        events: the number of complete messages so far.
        last: what the last message said, or its data.
        ended: whether the end was reached.
        shown: whether it has a row in the table.
    """

    def __init__(self, recording: "recordings.Recording") -> None:
        self.recording = recording
        self.started_s = time.monotonic()
        self.events = 0
        self.last = ""
        self.ended = False
        self.shown = False
        self._file = FileFollower(recording.writer.path)
        self._sayings: Sayings | None = None
        self._last_s = 0.0
        self._id = ""
        self._history: list[tuple[float, int]] = [(self.started_s, 0)]

    @property
    def is_one_body(self) -> bool:
        """Whether it is an ordinary response, as far as it was read."""
        return self._sayings is not None and is_one_body(self._sayings.messages, self.events)

    @property
    def goes_on(self) -> bool:
        """Whether it is still being recorded, no matter how much has been read."""
        return self.recording.reason is None

    @property
    def age_s(self) -> float:
        """How long the stream has lasted so far, or how long it lasted in all."""
        return time.monotonic() - self.started_s if self.goes_on else self._last_s

    @property
    def rate(self) -> float:
        """Messages per second, over the last seconds."""
        now_s = time.monotonic()
        while len(self._history) > 1 and self._history[1][0] < now_s - _RATE_S:
            del self._history[0]
        then_s, then = self._history[0]
        return (self.events - then) / max(now_s - then_s, POLL_S)

    def read(self) -> tuple[list[Happening], bool]:
        """What has happened since the last call, and whether there is more to read at once."""
        over = not self.goes_on  # checked before reading: if true, the file is complete
        happenings: list[Happening] = []
        more = False
        try:
            more = self._look(happenings)
        except CaptureError:  # removed, or damaged by another program: no more can be read
            pass
        self._history.append((time.monotonic(), self.events))
        if over and not more:
            self.ended = True
            if self._sayings is not None:
                happenings += self._happened(self._sayings.end())
            happenings.append(self._end())
        return happenings, more

    def _look(self, happenings: list[Happening]) -> bool:
        """Read some new records; return whether there may be more."""
        left_bytes = _LOOK_BYTES
        with closing(self._file.look()) as records:
            for record in records:
                happenings += self._start()
                self._last_s = record[0]
                assert self._sayings is not None
                happenings += self._happened(self._sayings.feed(record))
                if record[1] in _CARRIES_DATA:
                    left_bytes -= len(record[2])
                if left_bytes <= 0:
                    return True
        happenings += self._start()
        if self._sayings is not None:
            happenings += self._happened(self._sayings.pause())
        return False

    def _start(self) -> list[Happening]:
        """The start, as soon as the header is read; nothing before and after."""
        header = self._file.header
        if header is None or self._sayings is not None:
            return []
        messages = MessageReader(None, header["kind"] == WEBSOCKET)
        asked = decode.request(header, self._file.path)
        self._sayings = Sayings(asked, messages)
        self._id = header["id"]
        request = header["request"]
        started = {
            "happened": "started",
            "stream": self._id,
            "path": str(self.recording.writer.path),
            "started": header["started"],
            "method": request["method"],
            "url": request["url"],
        }
        return [started]

    def _happened(self, sayings: Iterable[Saying]) -> Iterator[Happening]:
        for item, phrases, _ in sayings:
            if isinstance(item, TimedComment):
                continue
            self.events += 1
            data = data_of(item)
            self.last = in_words(phrases) if phrases else data
            yield {"happened": "event", "stream": self._id, **fields(item, data, phrases)}

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
