"""The last chunks in a capture file, which may still grow: what a window does not have."""

import json
import os
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Iterator
from pathlib import Path

from ssetape.format.values import BYTES, TEXT, Chunk

# Some hundred events.
_READ_BYTES = 64 * 1024


def last_chunks(path: str) -> list[Chunk]:
    """The chunks in the last part of a capture; [] if it cannot be read."""
    try:
        if not Path(path).is_file():  # opening a pipe would hold all traffic
            return []
        with open(path, "rb") as file:
            size_bytes = file.seek(0, os.SEEK_END)
            file.seek(max(0, size_bytes - _READ_BYTES))
            lines = file.read(_READ_BYTES).split(b"\n")
    except (OSError, ValueError):
        return []
    # The first is cut, or the header; the last is empty, or still being written.
    return list(_chunks(lines[1:-1]))


def _chunks(lines: list[bytes]) -> Iterator[Chunk]:
    for line in lines:
        try:
            t_s, code, value, *_ = json.loads(line)
            if code == TEXT:
                yield Chunk(float(t_s), value.encode())
            elif code == BYTES:
                yield Chunk(float(t_s), a2b_base64(value, strict_mode=True))
        except (ValueError, TypeError, AttributeError, Base64Error):
            continue
