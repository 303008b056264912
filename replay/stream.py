"""Plays one response: each of its pieces at its moment, as its client and its control allow."""

import asyncio
import os
import socket
import struct
from collections.abc import Callable, Iterator

from ssetape.errors import SsetapeError

from .pieces import Cut, Piece
from .timer import Timer

# Pieces written to one client before the others get their turn.
_BURST = range(64)


class Stream:
    """Plays pieces on a transport, each when it is due; a `timer.Player`.

    Attributes:
        sent: how many pieces were sent.
        outcome: "complete", "cut" or "left" (by the client) once nothing more comes; else None.

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
        self._pieces = pieces
        self._start_ns = start_ns
        self._timer = timer
        self._on_complete = on_complete
        self._on_damage = on_damage
        due_ns, self._data = next(pieces)
        self._deadline_ns = start_ns + due_ns
        # Of TLS and of HTTP/2 the transport alone knows what goes on the wire.
        sock = transport.get_extra_info("socket")
        is_plain = sock is not None and transport.get_extra_info("ssl_object") is None
        self._is_direct = is_plain and not transport.get_write_buffer_size()
        self._fd: int = sock.fileno() if is_plain else -1
        self._paused = False
        self._frozen_ns: int | None = None
        self._waits = False  # for its reader, or to be thawed
        self._stopped = False
        self._is_held = False  # paused, frozen or stopped
        self.sent = 0
        self.outcome: str | None = None
        timer.schedule(self._deadline_ns, self)

    def play(self, now_ns: int) -> int | None:
        """Send what is due by now; give when the next piece is."""
        for _ in _BURST:
            if self._deadline_ns > now_ns:
                return self._deadline_ns
            data = self._data
            if self._is_held or isinstance(data, Cut):
                self._hold()
                return None
            self._send(data)
            self.sent += 1
            try:
                due_ns, self._data = next(self._pieces)
                self._deadline_ns = self._start_ns + due_ns
            except StopIteration:
                self._complete()
                return None
            except SsetapeError as error:
                self._on_damage(error)
                self._cut()
                return None
        return now_ns

    def _hold(self) -> None:
        """Send nothing now: the stream was stopped, its reader is slow, or here is the cut."""
        if self._stopped:
            return
        if self._paused or self._frozen_ns is not None:
            # The schedule stays: when the reader catches up, so does its stream.
            self._waits = True
        else:
            self._cut()

    def _send(self, data: bytes) -> None:
        """Write to the socket itself, 2 us less than through the transport for every chunk.

        Once it is full, or gone, the transport takes over, which knows what to do.
        """
        if self._is_direct:
            try:
                written = os.write(self._fd, data)
            except OSError:
                written = 0
            if written == len(data):
                return
            self._is_direct = False
            data = data[written:]
        self._transport.write(data)

    def pause(self) -> None:
        """The reader is slow: hold back what becomes due."""
        self._paused = self._is_held = True

    def resume(self) -> None:
        """The reader has caught up."""
        self._paused = False
        self._go_on()

    def freeze(self, now_ns: int) -> None:
        """Stop its time: nothing is sent until it is thawed, but what `advance()` asks for."""
        if self._frozen_ns is None:
            self._frozen_ns = now_ns
            self._is_held = True

    def thaw(self, now_ns: int) -> None:
        """Have its time go on from where it stood still."""
        if self._frozen_ns is not None:
            shift_ns = max(0, now_ns - self._frozen_ns)
            self._start_ns += shift_ns
            self._deadline_ns += shift_ns
            self._frozen_ns = None
            self._go_on()

    def advance(self, count: int) -> None:
        """Send so many pieces more of a frozen stream, now; its time is then that of the last."""
        for _ in range(count):
            data = self._data
            if self._stopped or self._frozen_ns is None:
                return
            if isinstance(data, Cut):
                self._cut()
                return
            self._send(data)
            self.sent += 1
            self._frozen_ns = max(self._frozen_ns, self._deadline_ns)
            try:
                due_ns, self._data = next(self._pieces)
                self._deadline_ns = self._start_ns + due_ns
            except StopIteration:
                self._complete()
            except SsetapeError as error:
                self._on_damage(error)
                self._cut()

    def _go_on(self) -> None:
        self._is_held = self._stopped or self._paused or self._frozen_ns is not None
        if self._waits and not self._is_held:
            self._waits = False
            self._timer.schedule(self._deadline_ns, self)

    def stop(self) -> None:
        """Send nothing more."""
        self.outcome = self.outcome or "left"
        self._stopped = self._is_held = True
        self._pieces = iter(())

    def _complete(self) -> None:
        self.outcome = "complete"
        self.stop()
        self._on_complete()

    def _cut(self) -> None:
        """End the connection without ending the response."""
        self.outcome = self.outcome or "cut"
        if self._data is Cut.RESET:
            close_with_reset(self._transport)
        self.stop()
        self._transport.close()


def close_with_reset(transport: asyncio.Transport) -> None:
    """Have the connection reset, not closed, when `transport` closes.

    Where the close itself is what marks the end of a body, nothing else tells a cut from it.
    """
    sock = transport.get_extra_info("socket")
    if sock is None:
        return  # a stream of HTTP/2, whose cut is a reset anyway
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
