"""Plays one response: each of its pieces at its moment, as its client and its control allow."""

import asyncio
import os
import socket
import struct
from collections.abc import Callable, Iterator
from enum import Enum

from ssetape.errors import SsetapeError

from .pieces import Abort, Piece
from .timer import Timer

# Pieces written to one client before the others get their turn.
_BURST = range(64)


class StreamState(Enum):
    """Where a stream stands; once it is over, its outcome."""

    PLAYING = "playing"
    BLOCKED = "blocked"  # its client leaves what was sent unread
    COMPLETE = "complete"
    CUT = "cut"
    LEFT = "left"  # by the client, or the server was closed

    @property
    def is_over(self) -> bool:
        return not _NEXT[self]


_ENDS = frozenset({StreamState.COMPLETE, StreamState.CUT, StreamState.LEFT})
# The legal transitions; an end is final. Even a blocked stream may end by itself: its last piece
# may be the one that blocks it, and `Stream.advance()` does not wait for the client.
_NEXT: dict[StreamState, frozenset[StreamState]] = {
    StreamState.PLAYING: _ENDS | {StreamState.BLOCKED},
    StreamState.BLOCKED: _ENDS | {StreamState.PLAYING},
    StreamState.COMPLETE: frozenset(),
    StreamState.CUT: frozenset(),
    StreamState.LEFT: frozenset(),
}


class Stream:
    """Plays pieces on a transport, each when it is due; a `timer.Player`.

    Its time may be frozen in any state. What becomes due while it is frozen or blocked is sent
    once it is neither; only frozen time postpones what follows.

    Attributes:
        sent: how many pieces were sent.
        state: where it stands.

    Args:
        start_ns: the moment that due times count from, as `timer.now_ns()`.
        on_complete: called after the last piece, unless the stream was cut or stopped.
        on_damage: called with the reason when the capture cannot be read further; the stream
            is then cut.
    """

    def __init__(
        self,
        transport: asyncio.Transport,
        pieces: Iterator[Piece],
        start_ns: int,
        timer: Timer,
        on_complete: Callable[[], None],
        on_damage: Callable[[SsetapeError], None],
    ) -> None:
        self._transport = transport
        self._outlet = _Outlet(transport)
        self._cursor = _Cursor(pieces, start_ns)
        self._timer = timer
        self._on_complete = on_complete
        self._on_damage = on_damage
        self._frozen_ns: int | None = None  # the moment at which its time stands still
        self._is_scheduled = True  # whether the timer is going to call play()
        self.sent = 0
        self.state = StreamState.PLAYING
        timer.schedule(self._cursor.due_ns, self)

    @property
    def outcome(self) -> str | None:
        """`complete`, `cut` or `left` once nothing more comes."""
        return self.state.value if self.state.is_over else None

    def play(self, now_ns: int) -> int | None:
        """Send what is due by now; give when the next piece is."""
        cursor = self._cursor
        for _ in _BURST:
            if cursor.due_ns > now_ns:
                return cursor.due_ns
            if self.state is not StreamState.PLAYING or self._frozen_ns is not None:
                self._is_scheduled = False
                return None
            if not self._send_next():
                return None
        return now_ns

    def pause(self) -> None:
        """The client is slow: hold back what becomes due."""
        self._move(StreamState.BLOCKED)

    def resume(self) -> None:
        """The client has caught up."""
        if self.state is StreamState.BLOCKED:
            self._move(StreamState.PLAYING)
            self._go_on()

    def freeze(self, now_ns: int) -> None:
        """Stop its time: until it is thawed, only `advance()` sends anything."""
        if self._frozen_ns is None:
            self._frozen_ns = now_ns

    def thaw(self, now_ns: int) -> None:
        """Have its time go on from where it stood still."""
        if self._frozen_ns is not None:
            self._cursor.postpone(max(0, now_ns - self._frozen_ns))
            self._frozen_ns = None
            self._go_on()

    def advance(self, count: int) -> None:
        """Send so many pieces more of a frozen stream, now; its time is then that of the last."""
        for _ in range(count):
            if self._frozen_ns is None or self.state.is_over:
                return
            self._frozen_ns = max(self._frozen_ns, self._cursor.due_ns)
            self._send_next()

    def stop(self) -> None:
        """Send nothing more."""
        self._end(StreamState.LEFT)

    def _send_next(self) -> bool:
        """Send the next piece, or make the cut; gives whether there is another piece."""
        cursor = self._cursor
        piece = cursor.piece
        if isinstance(piece, Abort):
            self._cut(piece)
            return False
        self._outlet.write(piece)
        self.sent += 1
        try:
            cursor.move()
        except StopIteration:
            if self._end(StreamState.COMPLETE):
                self._on_complete()
            return False
        except SsetapeError as error:
            self._on_damage(error)
            self._cut(Abort.CLOSE)
            return False
        return True

    def _cut(self, how: Abort) -> None:
        """End the connection without ending the response."""
        if self._end(StreamState.CUT):
            if how is Abort.RESET:
                close_with_reset(self._transport)
            self._transport.close()

    def _go_on(self) -> None:
        """Catch up with what became due in the meantime."""
        can_play = self.state is StreamState.PLAYING and self._frozen_ns is None
        if can_play and not self._is_scheduled:
            self._is_scheduled = True
            self._timer.schedule(self._cursor.due_ns, self)

    def _end(self, state: StreamState) -> bool:
        """Send nothing more; False if the stream was over already."""
        # The timer may keep the stream for long, but not what was to be sent.
        self._cursor.clear()
        return self._move(state)

    def _move(self, state: StreamState) -> bool:
        """Change to a state; False, and nothing changes, where that is not legal."""
        if state not in _NEXT[self.state]:
            return False
        self.state = state
        return True


class _Cursor:
    """The next piece of a response, and the moment at which it is due."""

    __slots__ = ("_pieces", "_start_ns", "due_ns", "piece")

    def __init__(self, pieces: Iterator[Piece], start_ns: int) -> None:
        self._pieces = pieces
        self._start_ns = start_ns
        self.move()

    def move(self) -> None:
        """Go to the next piece.

        Raises:
            StopIteration: there is none.
            SsetapeError: the capture turns out to be damaged.
        """
        due_ns, self.piece = next(self._pieces)
        self.due_ns = self._start_ns + due_ns

    def postpone(self, ns: int) -> None:
        """Have this piece and all that follow come later."""
        self._start_ns += ns
        self.due_ns += ns

    def clear(self) -> None:
        """Let go of the pieces."""
        self._pieces = iter(())


class _Outlet:
    """Writes to a transport's socket itself, 2 us less than through the transport for every chunk.

    Once the socket is full, or gone, the transport takes over, which knows what to do. Of TLS and
    of HTTP/2 the transport alone knows what goes on the wire.
    """

    __slots__ = ("_fd", "_transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        sock = transport.get_extra_info("socket")
        is_plain = sock is not None and transport.get_extra_info("ssl_object") is None
        is_direct = is_plain and not transport.get_write_buffer_size()
        self._fd: int | None = sock.fileno() if is_direct else None

    def write(self, data: bytes) -> None:
        """Send, or have sent."""
        if self._fd is not None:
            try:
                written = os.write(self._fd, data)
            except OSError:
                written = 0
            if written == len(data):
                return
            self._fd = None
            data = data[written:]
        self._transport.write(data)


def close_with_reset(transport: asyncio.Transport) -> None:
    """Have the connection reset, not closed, when `transport` closes.

    Where the close itself is what marks the end of a body, nothing else tells a cut from it.
    """
    sock = transport.get_extra_info("socket")
    if sock is None:
        return  # a stream of HTTP/2, whose cut is a reset anyway
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
