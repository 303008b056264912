"""Replays a capture over a real socket and compares what arrives with the file."""

import math
import socket
import time
from array import array
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import h11

from ssetape.capture import Capture
from ssetape.errors import ReplayError
from ssetape.format.values import WEBSOCKET, Headers, header_values
from ssetape.measures.quantiles import quantile

from .pacing import Pace, Pacer
from .running import serving

# Headers about the connection or the body's framing; a replay has its own.
_NOT_COMPARED = {"connection", "keep-alive", "proxy-connection", "te", "transfer-encoding"}
_NOT_COMPARED |= {"upgrade", "content-length"}

_ACCEPTED_S = 0.02


@dataclass(slots=True)
class Verification:
    """How a replay compares with its capture.

    Attributes:
        differences: a message for each difference; [] if there are none.
        bytes_equal: whether all body bytes are equal.
        boundaries_equal: whether the chunk boundaries are equal; None where HTTP does not show
            them (a body with Content-Length).
        headers_equal: whether status and headers are equal, except hop-by-hop headers.
        end_equal: whether it ended as recorded: complete, or cut.
        chunks: how many chunks were recorded.
        head_error_ms: how much later than recorded the head arrived.
        errors_ms: the same for each chunk, in order.
    """

    differences: list[str] = field(default_factory=list)
    bytes_equal: bool = True
    boundaries_equal: bool | None = True
    headers_equal: bool = True
    end_equal: bool = True
    chunks: int = 0
    head_error_ms: float = math.nan
    errors_ms: "array[float]" = field(default_factory=lambda: array("d"))

    def percentile_ms(self, percent: float) -> float:
        """The percentile of the chunks' timing errors; NaN without chunks."""
        return quantile(sorted(self.errors_ms), percent / 100) if self.errors_ms else math.nan


def verify(capture: Capture, pace: Pace | None = None) -> Verification:
    """Replay `capture` at `pace`, and compare.

    Raises:
        ReplayError: it cannot be replayed.
        CaptureError: it is damaged.
    """
    if capture.kind == WEBSOCKET:
        raise ReplayError(f"{capture.name}: left out: verify does not support WebSockets yet")
    pace = pace or Pace()
    # Closed explicitly: an error that is kept would keep the generator, and its socket, alive.
    with serving([capture], pace) as url, closing(_ask(url, capture)) as arrivals:
        return _compare(capture, _Received(arrivals), Pacer(pace))


@dataclass(frozen=True, slots=True)
class _Arrival:
    """Something that arrived, and when (s since the request)."""

    t_s: float
    event: h11.Response | h11.Data | h11.EndOfMessage | None  # None: the connection ended early


class _Received:
    """The response of a replay, read on demand."""

    def __init__(self, arrivals: Iterator[_Arrival]) -> None:
        self._arrivals = arrivals
        head = next(arrivals)
        self.head_s = head.t_s
        self.head = head.event if isinstance(head.event, h11.Response) else None
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
        if isinstance(arrival.event, h11.Data):
            self._unread += arrival.event.data
            self.size_bytes += len(arrival.event.data)
            if arrival.event.chunk_end:
                self.boundaries.append(self.size_bytes)
        elif isinstance(arrival.event, h11.EndOfMessage):
            self.complete = True
        return True


def _ask(url: str, capture: Capture) -> Generator[_Arrival, None, None]:
    """Send the captured request; yield what comes back as it arrives."""
    request = capture.request
    server = urlsplit(url)
    host, _, target = request.url.partition("://")[2].partition("#")[0].partition("/")
    body = request.body or b""
    headers = [("Host", host), ("Content-Length", str(len(body)))]
    client = h11.Connection(h11.CLIENT)
    try:
        question = h11.Request(method=request.method, target=f"/{target}", headers=headers)
    except (h11.LocalProtocolError, UnicodeEncodeError) as error:
        raise ReplayError(f"{capture.path}: its request is not legal HTTP: {error}") from error
    head = client.send(question) or b""
    sent = client.send(h11.Data(data=body)) or b""
    client.send(h11.EndOfMessage())
    with socket.create_connection((server.hostname, server.port)) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # To measure the replay, and not the time to accept a connection.
        time.sleep(_ACCEPTED_S)
        started_s = time.monotonic()
        sock.sendall(head + sent)
        while True:
            try:
                data = sock.recv(1 << 16)
            except ConnectionResetError:
                data = b""
            t_s = time.monotonic() - started_s
            client.receive_data(data)
            try:
                while (event := client.next_event()) is not h11.NEED_DATA:
                    if isinstance(event, (h11.Response, h11.Data, h11.EndOfMessage)):
                        yield _Arrival(t_s, event)
                    else:  # the connection closed, or no longer speaks HTTP
                        return
                    if isinstance(event, h11.EndOfMessage):
                        return
            except h11.RemoteProtocolError:
                yield _Arrival(t_s, None)
                return


def _compare(capture: Capture, received: _Received, pacer: Pacer) -> Verification:
    found = Verification()
    recorded = capture.response
    assert recorded is not None  # serving() refuses captures without a head
    found.head_error_ms = received.head_s * 1e3 - pacer.due_ns(recorded.t_s) / 1e6
    headers = received.head.headers.raw_items() if received.head else []
    got = _compared([(n.decode("latin-1"), v.decode("latin-1")) for n, v in headers])
    expected = _compared(recorded.headers)
    if got != expected:
        found.headers_equal = False
        found.differences.append(f"headers: recorded {expected}, replayed {got}")
    status = received.head.status_code if received.head else None
    if status != recorded.status:
        found.headers_equal = False
        found.differences.append(f"status: recorded {recorded.status}, replayed {status}")

    boundaries: array[int] = array("q")
    offset = 0
    early = 0
    for chunk in capture.chunks():
        found.chunks += 1
        data, t_s = received.read(len(chunk.data))
        offset += len(chunk.data)
        boundaries.append(offset)
        if data != chunk.data and found.bytes_equal:
            found.bytes_equal = False
            found.differences.append(f"bytes: chunk {found.chunks} differs")
        error_ms = t_s * 1e3 - pacer.due_ns(chunk.t_s) / 1e6
        found.errors_ms.append(error_ms)
        early += error_ms < 0
    if extra := received.rest():
        found.bytes_equal = False
        found.differences.append(f"bytes: {extra} more arrived than were recorded")
    if header_values(recorded.headers, "content-length") and not received.boundaries:
        found.boundaries_equal = None
    elif received.boundaries != boundaries:
        found.boundaries_equal = False
        numbers = f"recorded {len(boundaries)} chunks, replayed {len(received.boundaries)}"
        found.differences.append(f"boundaries: {numbers}, cut at other offsets")
    if early:
        found.differences.append(f"time: {early} chunks arrived before they were due")
    ended_well = capture.end is not None and capture.end.is_complete
    if received.complete != ended_well:
        found.end_equal = False
        words = {True: "complete", False: "cut"}
        found.differences.append(
            f"end: recorded as {words[ended_well]}, replayed as {words[received.complete]}"
        )
    return found


def _compared(headers: Headers) -> Headers:
    dropped = set(_NOT_COMPARED)
    for value in header_values(headers, "connection"):
        dropped.update(name.strip().lower() for name in value.split(","))
    return [(name, value.strip()) for name, value in headers if name.lower() not in dropped]
