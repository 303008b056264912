"""Writes a capture that nobody recorded: in one go, as nothing of it could be lost."""

import errno
import os
from binascii import b2a_base64
from collections.abc import Mapping
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any

from ssetape.format.writer import CaptureWriter


class HeldWriter(CaptureWriter):
    """Holds all records until the end: the same file, with a hundredth of the system calls."""

    def __init__(self, path: Path, header: Mapping[str, Any]) -> None:
        """Create `path`, which must not exist, readable only by this user."""
        self._lines: list[bytes] = []
        super().__init__(path, header)

    def chunk(self, t_s: float, data: bytes) -> None:
        try:
            line = b'[%.6f, "<", %b]\n' % (t_s, encode_basestring(data.decode()).encode())
        except UnicodeDecodeError:
            line = b'[%.6f, "<b", "%b"]\n' % (t_s, b2a_base64(data, newline=False))
        self._lines.append(line)
        self.chunks += 1
        self.size_bytes += len(data)

    def close(self) -> None:
        lines, self._lines = self._lines, []
        try:
            rest = memoryview(b"".join(lines))
            while self._fd >= 0 and rest:
                written = os.write(self._fd, rest)
                if not written:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
                rest = rest[written:]
        finally:
            super().close()

    def _write(self, line: bytes) -> None:
        self._lines.append(line)
