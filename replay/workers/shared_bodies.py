"""Bodies as they go on the wire, kept once for several processes.

They lie packed in memory that forked processes have in common: who plays one copies each piece as
it becomes due. Python's own objects would be copied into each process as soon as it uses them.
"""

import fcntl
import mmap
import struct
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..pieces import Abort, Piece
from ..shelf import KEPT_TOTAL_BYTES
from .shared_file import shared_file

# The number of bytes used, and of bodies.
_HEAD = struct.Struct("=QQ")
# Of a body: the hash of its key, and its place; twice as many as there may be.
_ENTRY = struct.Struct("=QQ")
_ENTRIES = 1 << 17
# Of a body: how many pieces. Of each piece: when it is due, and its size, or how the body is cut.
_COUNT = struct.Struct("=I")
_PIECE = struct.Struct("=qi")
_CUTS = {Abort.CLOSE: -1, Abort.RESET: -2}
_CUT_OF = {code: cut for cut, code in _CUTS.items()}

_BODIES_AT = _HEAD.size + _ENTRIES * _ENTRY.size


class Packed:
    """The pieces of a body."""

    def __init__(self, memory: memoryview, at: int) -> None:
        self._memory = memory
        self._at = at

    def __iter__(self) -> Iterator[Piece]:
        memory = self._memory
        (count,) = _COUNT.unpack_from(memory, self._at)
        begin = self._at + _COUNT.size
        at = begin + count * _PIECE.size
        for due_ns, size in _PIECE.iter_unpack(memory[begin:at]):
            if size < 0:
                yield due_ns, _CUT_OF[size]
            else:
                yield due_ns, bytes(memory[at : at + size])
                at += size


class SharedBodies:
    """The bodies of this process and of all that are forked from it: a `shelf.Bodies`."""

    def __init__(self, limit_bytes: int = KEPT_TOTAL_BYTES) -> None:
        self._limit_bytes = _BODIES_AT + limit_bytes
        self._file = shared_file(self._limit_bytes)
        self._memory = memoryview(mmap.mmap(self._file.fileno(), self._limit_bytes))
        _HEAD.pack_into(self._memory, 0, _BODIES_AT, 0)

    def find(self, key: Hashable) -> Packed | None:
        """Return the body that is kept under a key."""
        with self._locked():
            _, place = self._entry(_tag(key))
        return Packed(self._memory, place) if place else None

    def keep(self, key: Hashable, items: Sequence[Any]) -> Packed | None:
        """Keep a body; return it as it is kept, or None if there is no room, or it is no body."""
        packed = _packed(items)
        if packed is None:
            return None
        with self._locked():
            used, count = _HEAD.unpack_from(self._memory)
            tag = _tag(key)
            entry_at, place = self._entry(tag)
            if not place:
                if used + len(packed) > self._limit_bytes or count >= _ENTRIES // 2:
                    return None
                place = used
                self._memory[place : place + len(packed)] = packed
                _ENTRY.pack_into(self._memory, entry_at, tag, place)
                _HEAD.pack_into(self._memory, 0, used + len(packed), count + 1)
        return Packed(self._memory, place)

    def _entry(self, tag: int) -> tuple[int, int]:
        """Where the entry of a tag is, or may be, and the place in it, or 0."""
        number = tag
        while True:
            at = _HEAD.size + number % _ENTRIES * _ENTRY.size
            found, place = _ENTRY.unpack_from(self._memory, at)
            if not place or found == tag:
                return at, place
            number += 1

    @contextmanager
    def _locked(self) -> Iterator[None]:
        fcntl.lockf(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the file; the memory is freed with the last who plays from it."""
        self._file.close()


def _tag(key: Hashable) -> int:
    return hash(key) % 2**64


def _packed(items: Sequence[Any]) -> bytes | None:
    """The pieces of a body as bytes; None for other items."""
    heads: list[bytes] = [_COUNT.pack(len(items))]
    data: list[bytes] = []
    for item in items:
        if not (type(item) is tuple and len(item) == 2):
            return None
        due_ns, piece = item
        if isinstance(piece, bytes):
            heads.append(_PIECE.pack(due_ns, len(piece)))
            data.append(piece)
        elif piece in _CUTS:
            heads.append(_PIECE.pack(due_ns, _CUTS[piece]))
        else:
            return None
    return b"".join(heads + data)
