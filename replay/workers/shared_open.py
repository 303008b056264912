"""How many streams are open, in several processes together."""

import mmap
import struct

_OPEN = struct.Struct("=Q")


class SharedOpen:
    """Open streams of this process and of all that are forked from it.

    Each worker writes its own number, whole and at its own place, so that nobody needs a lock.
    """

    def __init__(self, workers: int) -> None:
        self._memory = mmap.mmap(-1, workers * _OPEN.size)

    def note(self, place: int, count: int) -> None:
        """Note how many are open in the worker at a place."""
        _OPEN.pack_into(self._memory, place * _OPEN.size, count)

    def total(self) -> int:
        """How many are open in all workers."""
        return sum(count for (count,) in _OPEN.iter_unpack(self._memory))
