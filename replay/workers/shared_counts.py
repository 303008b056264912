"""Counts that several processes share: whose turn it is, whichever of them is asked.

They lie in memory that forked processes have in common. A lock on a file guards them, because the
system gives it back when a process is killed while it holds it.
"""

import fcntl
import mmap
import struct
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

from .shared_file import shared_file

# Of a key: its hash, how often it was counted, and when last, as a number of the clock.
_ENTRY = struct.Struct("=QQQ")
# A key has its place in one of so many buckets, each for a few keys: when it is full, the least
# recently used one goes. For 10,000 keys, as one process remembers, that is once in a million.
_BUCKETS = 4096
_IN_BUCKET = 8
_BUCKET_BYTES = _IN_BUCKET * _ENTRY.size
_CLOCK = struct.Struct("=Q")
_SIZE_BYTES = _BUCKETS * _BUCKET_BYTES + _CLOCK.size


class SharedCounts:
    """Counts of this process and of all that are forked from it."""

    def __init__(self) -> None:
        self._file = shared_file(_SIZE_BYTES)
        self._memory = mmap.mmap(self._file.fileno(), _SIZE_BYTES)

    def close(self) -> None:
        """Free the memory."""
        self._memory.close()
        self._file.close()

    def next(self, key: Hashable) -> int:
        """Count a key once more; return how often it was counted before."""
        # Forked processes have the same hashes. 0 marks a free place.
        tag = hash(key) % 2**64 or 1
        bucket_at = tag % _BUCKETS * _BUCKET_BYTES
        with self._locked():
            now = self._tick()
            oldest_at, oldest = bucket_at, now
            for at in range(bucket_at, bucket_at + _BUCKET_BYTES, _ENTRY.size):
                found, count, used = _ENTRY.unpack_from(self._memory, at)
                if found == tag:
                    _ENTRY.pack_into(self._memory, at, tag, count + 1, now)
                    return int(count)
                if used < oldest:
                    oldest_at, oldest = at, used
            _ENTRY.pack_into(self._memory, oldest_at, tag, 1, now)
            return 0

    def _tick(self) -> int:
        at = _BUCKETS * _BUCKET_BYTES
        (now,) = _CLOCK.unpack_from(self._memory, at)
        _CLOCK.pack_into(self._memory, at, now + 1)
        return int(now) + 1

    @contextmanager
    def _locked(self) -> Iterator[None]:
        fcntl.lockf(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN)
