"""One stream of an HTTP/2 connection, as a transport for `Stream`."""

import asyncio
from collections import deque
from enum import Enum
from typing import Any, Protocol

from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.exceptions import H2Error

from ssetape.format.values import Headers

from ..stream import Stream

# How much of a stream a slow client may leave unread before that stream waits.
_UNSENT_LIMIT_BYTES = 64 * 1024


class Connection(Protocol):
    """The connection of a stream.

    Attributes:
        is_full: whether its client is not reading what was sent.
    """

    is_full: bool

    @property
    def h2(self) -> H2Connection: ...
    def send(self) -> None: ...
    def do(self, what: str, *arguments: Any) -> None: ...
    def note_frame(self) -> None: ...
    def forget(self, stream_id: int) -> None: ...


class Http2StreamState(Enum):
    """The state of a stream of a connection."""

    WAITING = "waiting"  # to send its head
    STREAMING = "streaming"  # its body
    ENDING = "ending"  # all is written; it ends once all is sent
    OVER = "over"


# The legal transitions.
_NEXT: dict[Http2StreamState, set[Http2StreamState]] = {
    Http2StreamState.WAITING: {Http2StreamState.STREAMING, Http2StreamState.OVER},
    Http2StreamState.STREAMING: {Http2StreamState.ENDING, Http2StreamState.OVER},
    Http2StreamState.ENDING: {Http2StreamState.OVER},
    Http2StreamState.OVER: set(),
}


class Channel(asyncio.Transport):
    """One stream of a connection; the first write sends the head.

    Attributes:
        player: the `Stream` that writes to it; None for an immediate answer.
        unsent_bytes: what the client's window has no room for.
    """

    def __init__(
        self, connection: Connection, stream_id: int, status: int, headers: Headers
    ) -> None:
        super().__init__()
        self.stream_id = stream_id
        self.player: Stream | None = None
        self._connection = connection
        self._state = Http2StreamState.WAITING
        self._head = [
            (b":status", str(status).encode()),
            *((name.encode("latin-1"), value.encode("latin-1")) for name, value in headers),
        ]
        self._unsent: deque[bytes] = deque()
        self.unsent_bytes = 0

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._state is Http2StreamState.WAITING:
            self._move(Http2StreamState.STREAMING)
            self._connection.do("send_headers", self.stream_id, self._head)
            self._head.clear()
        elif self._state is Http2StreamState.STREAMING and data:
            self._unsent.append(bytes(data))
            self.unsent_bytes += len(data)
            self.flush()

    def complete(self) -> None:
        """End the stream once all is sent."""
        if self._state is Http2StreamState.STREAMING:
            self._move(Http2StreamState.ENDING)
            self.flush()

    def flush(self) -> None:
        """Send what fits into the client's window; each chunk in its own frames."""
        try:
            self._send_unsent()
            if self._state is Http2StreamState.ENDING and not self._unsent:
                self._end()
                self._connection.h2.end_stream(self.stream_id)
        except H2Error:
            self.stop()  # the client has reset the stream, or left
        self._connection.send()
        if self.player is not None:
            if self.unsent_bytes > _UNSENT_LIMIT_BYTES or self._connection.is_full:
                self.player.pause()
            else:
                self.player.resume()

    def close(self) -> None:
        """Reset the stream: the recorded response was cut here."""
        while self._unsent:  # first send what was recorded before the cut, as far as it fits
            before = self.unsent_bytes
            self.flush()
            if self.unsent_bytes == before:
                break
        if self._state is not Http2StreamState.OVER:
            self.stop()
            self._connection.do("reset_stream", self.stream_id, ErrorCodes.INTERNAL_ERROR)

    def stop(self) -> None:
        """Send nothing more."""
        if self._state is not Http2StreamState.OVER:
            # The timer keeps the player until its next piece would be due: free the memory.
            self._head.clear()
            self._unsent.clear()
            self.unsent_bytes = 0
            if self.player is not None:
                self.player.stop()
            self._end()

    def _send_unsent(self) -> None:
        h2 = self._connection.h2
        while self._unsent:
            room = min(h2.local_flow_control_window(self.stream_id), h2.max_outbound_frame_size)
            if room <= 0:
                return
            data = self._unsent[0]
            h2.send_data(self.stream_id, data[:room])
            self._connection.note_frame()
            self.unsent_bytes -= min(room, len(data))
            if len(data) <= room:
                self._unsent.popleft()
            else:
                self._unsent[0] = data[room:]

    def _end(self) -> None:
        self._move(Http2StreamState.OVER)
        self.player = None  # it refers to this transport: without a cycle, both are freed at once
        self._connection.forget(self.stream_id)

    def _move(self, state: Http2StreamState) -> None:
        assert state in _NEXT[self._state], f"{self._state} to {state}"
        self._state = state
