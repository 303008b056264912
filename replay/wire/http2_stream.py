"""One stream of an HTTP/2 connection, as what is played is written to it."""

import asyncio
from collections import deque
from typing import Any, Protocol

from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.exceptions import H2Error

from ssetape.format.values import Headers

from ..stream import Stream

# What a slow reader may leave unread of one stream before that stream waits.
_WAITING_LIMIT_BYTES = 64 * 1024


class Connection(Protocol):
    """The connection of a stream.

    Attributes:
        is_full: whether its client leaves what was sent unread.
    """

    h2: H2Connection
    is_full: bool

    def send(self) -> None: ...
    def do(self, what: str, *arguments: Any) -> None: ...
    def forget(self, stream_id: int) -> None: ...


class Channel(asyncio.Transport):
    """One stream of a connection, as `Stream` writes to it: first comes the head."""

    def __init__(
        self, connection: Connection, stream_id: int, status: int, headers: Headers
    ) -> None:
        super().__init__()
        self._connection = connection
        self.stream_id = stream_id
        self._head: list[tuple[bytes, bytes]] | None = [
            (b":status", str(status).encode()),
            *((name.encode("latin-1"), value.encode("latin-1")) for name, value in headers),
        ]
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._is_complete = False
        self.player: Stream | None = None

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._head is not None:
            head, self._head = self._head, None
            self._connection.do("send_headers", self.stream_id, head)
        elif data:
            self._waiting.append(bytes(data))
            self._waiting_bytes += len(data)
            self.flush()

    def complete(self) -> None:
        """Nothing more comes: end the stream once all is sent."""
        self._is_complete = True
        self.flush()

    def flush(self) -> None:
        """Send what the client has room for; each chunk in frames of its own."""
        h2 = self._connection.h2
        try:
            while self._waiting:
                room = min(h2.local_flow_control_window(self.stream_id), h2.max_outbound_frame_size)
                if room <= 0:
                    break
                data = self._waiting[0]
                h2.send_data(self.stream_id, data[:room])
                self._waiting_bytes -= min(room, len(data))
                if len(data) <= room:
                    self._waiting.popleft()
                else:
                    self._waiting[0] = data[room:]
            if self._is_complete and not self._waiting:
                self._connection.forget(self.stream_id)
                h2.end_stream(self.stream_id)
        except H2Error:
            self.stop()  # the client has reset it, or left
        self._connection.send()
        if self.player is not None:
            if self._waiting_bytes > _WAITING_LIMIT_BYTES or self._connection.is_full:
                self.player.pause()
            else:
                self.player.resume()

    def close(self) -> None:
        """The recorded response was cut here."""
        while self._waiting:  # what came before the cut is sent at once, as far as it can be
            before = self._waiting_bytes
            self.flush()
            if self._waiting_bytes == before:
                break
        self.stop()
        self._connection.do("reset_stream", self.stream_id, ErrorCodes.INTERNAL_ERROR)

    def stop(self) -> None:
        """Send nothing more."""
        self._waiting.clear()
        # The timer still has its player, until that would have been due: it is to be small.
        self._head = [] if self._head is not None else None
        if self.player is not None:
            self.player.stop()
        self._connection.forget(self.stream_id)
