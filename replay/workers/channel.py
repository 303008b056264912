"""What the processes tell each other, and how it becomes bytes. Pure.

A worker that is asked for something that concerns all workers orders it; the supervisor passes the
order on to all of them, gathers their reports, and reports to the one that ordered it.
"""

import pickle
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from ..exchange import ClientRequest, Say

# Before each message: its size in bytes.
_SIZE = struct.Struct("=I")


@dataclass(frozen=True, slots=True)
class Order:
    """A request that is to be answered by all workers; its sender gave it the number."""

    number: int
    asked: ClientRequest


@dataclass(frozen=True, slots=True)
class Report:
    """The answer to the order with this number."""

    number: int
    said: Say


def framed(message: Order | Report) -> bytes:
    """A message as bytes."""
    data = pickle.dumps(message)
    return _SIZE.pack(len(data)) + data


class Messages:
    """Cuts received bytes into messages."""

    def __init__(self) -> None:
        self._received = bytearray()

    def feed(self, data: bytes) -> Iterator[Order | Report]:
        """Yield the messages that this completes."""
        self._received += data
        while len(self._received) >= _SIZE.size:
            (size,) = _SIZE.unpack_from(self._received)
            end = _SIZE.size + size
            if len(self._received) < end:
                return
            message: Order | Report = pickle.loads(self._received[_SIZE.size : end])
            del self._received[:end]
            yield message
