"""What every connection does, whatever its protocol: receive, and take what came in parts."""

import asyncio
from abc import ABC, abstractmethod

from ..timer import now_ns
from .backlog import TURN_NS
from .service import Service, Tunnel
from .watch import Signs

# What a connection takes in one go: at first little, as the most expensive 256 bytes, of requests,
# take 5 ms; more while it is cheap, as in the body of a request, up to what takes 12 ms in a flood.
_PART_BYTES = 256
_LARGEST_PART_BYTES = 4 * 1024
_CHEAP_NS = 100_000
# What a connection may have received without having taken it, such as requests sent ahead.
UNREAD_LIMIT_BYTES = 256 * 1024


class Connection(asyncio.BufferedProtocol, ABC):
    """A client's connection. It receives into the server's one buffer.

    As an `asyncio.Protocol`, it would allocate 256 KiB for each read. Until the process has freed
    a block of that size once, each such allocation is mapped and unmapped by the system: 30 us,
    by which a whole stream would be late.
    """

    transport: asyncio.Transport

    def __init__(self, service: Service) -> None:
        self._service = service
        self.signs = Signs()
        self._unread = bytearray()  # received, but not taken
        self._part_bytes = _PART_BYTES
        self._has_ended = False  # whether the client sends no more
        self.is_full = False  # whether it does not read what was sent

    @abstractmethod
    def data_received(self, data: bytes) -> None:
        """Take what the client sent."""

    @property
    @abstractmethod
    def takes(self) -> bool:
        """Whether it takes what the client sends now, or leaves it for later."""

    @property
    @abstractmethod
    def is_playing(self) -> bool:
        """Whether it plays a capture: then it may be silent for as long as the capture is."""

    @property
    def owes(self) -> bool:
        """Whether it still has to answer something that the client has sent."""
        return self.takes and bool(self._unread)

    @property
    def unsent_bytes(self) -> int:
        """What waits until the client reads."""
        return self.transport.get_write_buffer_size()

    def expire(self, why: str) -> None:
        """Close, as the client has done nothing for too long."""
        if self.transport.is_closing():  # but the client does not read what was sent before
            self.transport.abort()
            return
        self._service.log(f"closed a connection: {why}")
        self.transport.close()

    def pause_writing(self) -> None:
        self.is_full = True

    def resume_writing(self) -> None:
        self.is_full = False

    def hand_over(self, successor: Tunnel, early: bytes = b"") -> None:
        """Let another protocol go on, with what has happened so far and nobody has taken.

        Args:
            early: what the client has sent, before what was left for later.
        """
        self._service.watch.remove(self)
        assert isinstance(successor, asyncio.BaseProtocol)
        self.transport.set_protocol(successor)
        successor.connection_made(self.transport)
        if self.is_full:
            successor.pause_writing()
        early += self._unread
        self._unread.clear()
        if early:
            successor.receive(early)
        if self._has_ended:
            self._has_ended = False
            last = self.transport.get_protocol()  # it may have handed over, too
            if isinstance(last, asyncio.BufferedProtocol) and not last.eof_received():
                self.transport.close()

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._service.receive_buffer

    def buffer_updated(self, nbytes: int) -> None:
        self.signs.received_bytes += nbytes
        self.receive(bytes(self._service.receive_buffer[:nbytes]))

    def eof_received(self) -> bool:
        self._has_ended = True
        # With TLS, nothing can be sent after the end.
        is_plain = self.transport.get_extra_info("ssl_object") is None
        return is_plain and self.owes

    def receive(self, data: bytes) -> None:
        """Take this at once as far as there is time in this turn, and the rest later."""
        if len(data) <= _PART_BYTES and not self._unread and self.takes:
            self.data_received(data)
            return
        self.keep(data)
        turn_ends_ns = self._service.timer.turn_ns() + TURN_NS
        if not self.takes or now_ns() >= turn_ends_ns or self.work(turn_ends_ns):
            self.go_on()

    def keep(self, data: bytes) -> None:
        """Take this later."""
        self._unread += data
        if len(self._unread) > UNREAD_LIMIT_BYTES:
            self.transport.pause_reading()

    def go_on(self) -> None:
        """Take what was left for later, in its turn."""
        if self._unread and self.takes:
            self._service.backlog.add(self)

    def work(self, until_ns: int) -> bool:
        """Take a part of what was received, and go on until a moment; whether some is left."""
        while self._unread and self.takes:
            if self.transport.is_closing():
                self._unread.clear()
                return False
            part = bytes(self._unread[: self._part_bytes])
            del self._unread[: self._part_bytes]
            began_ns = now_ns()
            self.data_received(part)
            ended_ns = now_ns()
            is_cheap = ended_ns - began_ns < _CHEAP_NS
            self._part_bytes = (
                min(self._part_bytes * 2, _LARGEST_PART_BYTES) if is_cheap else _PART_BYTES
            )
            if ended_ns >= until_ns:
                break
        if len(self._unread) <= UNREAD_LIMIT_BYTES:
            self.transport.resume_reading()
        self.close_if_done()
        return bool(self._unread) and self.takes

    def close_if_done(self) -> None:
        """Close once a client that sends no more has all its answers."""
        if self._has_ended and not self.owes:
            self.transport.close()
