"""Replays a capture over a real socket and compares what arrives with the file."""

import time
from array import array
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass

from ssetape.capture import Capture
from ssetape.format.values import WEBSOCKET, header_values

from . import verify_websocket
from .asking import asked, received, request_bytes
from .pacing import Pace, Pacer
from .response_reader import Data, Ending, Head, ResponseReader
from .running import serving
from .verification import Verification as Verification


def verify(capture: Capture, pace: Pace | None = None) -> Verification:
    """Replay `capture` at `pace`, and compare.

    Raises:
        ReplayError: it cannot be replayed.
        CaptureError: it is damaged.
    """
    pace = pace or Pace()
    with serving([capture], pace) as url:
        if capture.kind == WEBSOCKET:
            return verify_websocket.verify(url, capture, pace)
        # Closed explicitly: an error that is kept would keep the generator, and its socket, alive.
        with closing(_ask(url, capture)) as arrivals:
            return _compare(capture, _Received(arrivals), Pacer(pace))


@dataclass(frozen=True, slots=True)
class _Arrival:
    """Something that arrived, and when (s since the request)."""

    t_s: float
    event: Head | Data | Ending


class _Received:
    """The response of a replay, read on demand."""

    def __init__(self, arrivals: Iterator[_Arrival]) -> None:
        self._arrivals = arrivals
        head = next(arrivals)
        self.head_s = head.t_s
        self.head = head.event if isinstance(head.event, Head) else None
        self.complete = False
        self.size_bytes = 0
        self.boundaries: array[int] = array("q")  # the offsets of chunk ends
        self._unread = bytearray()
        self._t_s = head.t_s

    def read(self, size: int) -> tuple[bytes, float]:
        """The next `size` bytes (fewer at the end), and when the last of them arrived."""
        while len(self._unread) < size and self._take():
            pass
        data = bytes(self._unread[:size])
        del self._unread[:size]
        return data, self._t_s

    def rest(self) -> int:
        """How many bytes are left; reads to the end."""
        while self._take():
            pass
        return len(self._unread)

    def _take(self) -> bool:
        arrival = next(self._arrivals, None)
        if arrival is None:
            return False
        self._t_s = arrival.t_s
        if isinstance(arrival.event, Data):
            self._unread += arrival.event.data
            self.size_bytes += len(arrival.event.data)
            if arrival.event.ends_chunk:
                self.boundaries.append(self.size_bytes)
        elif arrival.event is Ending.COMPLETE:
            self.complete = True
        return True


def _ask(url: str, capture: Capture) -> Generator[_Arrival, None, None]:
    """Send the captured request; yield what comes back as it arrives."""
    reader = ResponseReader(has_body=capture.request.method != "HEAD")
    with asked(url, request_bytes(capture)) as (sock, started_ns):
        while not reader.is_over:
            data = received(sock)
            t_s = (time.monotonic_ns() - started_ns) / 1e9
            for event in reader.feed(data):
                yield _Arrival(t_s, event)


def _compare(capture: Capture, received: _Received, pacer: Pacer) -> Verification:
    found = Verification()
    recorded = capture.response
    assert recorded is not None  # serving() refuses captures without a head
    found.head_error_ms = received.head_s * 1e3 - pacer.due_ns(recorded.t_s) / 1e6
    found.compare_heads(recorded, received.head)
    # Nothing else can follow the head, whatever a capture from elsewhere has: RFC 9110, 6.4.1.
    has_body = capture.request.method != "HEAD" and recorded.status not in (204, 304)
    boundaries: array[int] = array("q")
    offset = 0
    for chunk in capture.chunks() if has_body else ():
        found.chunks += 1
        data, t_s = received.read(len(chunk.data))
        offset += len(chunk.data)
        boundaries.append(offset)
        if data != chunk.data and found.bytes_equal:
            found.bytes_equal = False
            found.differences.append(f"bytes: chunk {found.chunks} differs")
        found.errors_ms.append(t_s * 1e3 - pacer.due_ns(chunk.t_s) / 1e6)
    if extra := received.rest():
        found.bytes_equal = False
        found.differences.append(f"bytes: {extra} more arrived than were recorded")
    if header_values(recorded.headers, "content-length") and not received.boundaries:
        found.boundaries_equal = None
    elif received.boundaries != boundaries:
        found.boundaries_equal = False
        numbers = f"recorded {len(boundaries)} chunks, replayed {len(received.boundaries)}"
        found.differences.append(f"boundaries: {numbers}, cut at other offsets")
    found.count_early("chunks")
    ended_well = not has_body or (capture.end is not None and capture.end.is_complete)
    if received.complete != ended_well:
        found.end_equal = False
        words = {True: "complete", False: "cut"}
        found.differences.append(
            f"end: recorded as {words[ended_well]}, replayed as {words[received.complete]}"
        )
    return found
