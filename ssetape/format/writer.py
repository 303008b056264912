"""Writes captures with one unbuffered write per record: a killed recorder loses nothing.

Standard library only: this runs inside mitmproxy, whose standalone binary offers no more.
"""

import errno
import json
import os
import secrets
from binascii import b2a_base64
from collections.abc import Mapping
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any, NoReturn, Self

from ssetape.format.values import (
    BYTES,
    END,
    FORMAT_VERSION,
    HEAD,
    SENT_BYTES,
    SENT_TEXT,
    SUFFIX,
    TEXT,
    TRAILERS,
    Headers,
)

_FILE_MODE = 0o600
_FOLDER_MODE = 0o700


def _encode(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


class CaptureWriter:
    """Appends records to a new capture.

    Every method raises OSError if the record cannot be written; the file then still ends with a
    complete line.

    Attributes:
        path: the file.
        chunks: how many chunks or messages have been written.
        size_bytes: their total size.
    """

    def __init__(self, path: Path, header: Mapping[str, Any]) -> None:
        """Create `path`, which must not exist, readable only by this user."""
        self.path = path
        self.chunks = 0
        self.size_bytes = 0
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_BINARY", 0)
        self._fd = os.open(path, flags | getattr(os, "O_CLOEXEC", 0), _FILE_MODE)
        try:
            self._write(_encode({"ssetape": FORMAT_VERSION, **header}) + b"\n")
        except OSError:
            self.close()
            path.unlink(missing_ok=True)
            raise

    @classmethod
    def create(cls, folder: Path, name: str, header: Mapping[str, Any]) -> Self:
        """Create a capture under an unused name in `folder`, which is created if missing."""
        folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        while True:
            try:
                path = folder / f"{name}-{secrets.token_hex(3)}{SUFFIX}"
                return cls(path, header)
            except FileExistsError:
                continue

    def head(self, t_s: float, head: Mapping[str, Any]) -> None:
        """Write the response head."""
        self._record(t_s, HEAD, head)

    def chunk(self, t_s: float, data: bytes) -> None:
        """Write one chunk.

        The recorder's hot path, in one frame: a line template and json's string encoder, which
        is C, are as fast as the usual faster alternatives to json.
        """
        try:
            line = b'[%.6f, "<", %b]\n' % (t_s, encode_basestring(data.decode()).encode())
        except UnicodeDecodeError:
            line = b'[%.6f, "<b", "%b"]\n' % (t_s, b2a_base64(data, newline=False))
        written = os.write(self._fd, line)
        if written != len(line):
            self._cut_back(written)
        self.chunks += 1
        self.size_bytes += len(data)

    def message(
        self,
        t_s: float,
        data: bytes,
        from_client: bool,
        is_text: bool,
        marks: Mapping[str, Any] | None = None,
    ) -> None:
        """Write one WebSocket message and its marks."""
        marks = marks or {}
        code = SENT_TEXT if from_client else TEXT
        value = None
        if is_text:
            try:
                value = encode_basestring(data.decode()).encode()
            except UnicodeDecodeError:
                marks = {"type": "text", **marks}
        if value is None:
            code = SENT_BYTES if from_client else BYTES
            value = b'"%b"' % b2a_base64(data, newline=False)
        further = b", " + _encode(marks) if marks else b""
        self._write(b'[%.6f, "%b", %b%b]\n' % (t_s, code.encode(), value, further))
        self.chunks += 1
        self.size_bytes += len(data)

    def trailers(
        self, t_s: float, headers: Headers, marks: Mapping[str, Any] | None = None
    ) -> None:
        """Write the trailers that came after the last chunk, and what was masked in them."""
        self._record(t_s, TRAILERS, headers, *([marks] if marks else []))

    def end(self, t_s: float, reason: str, **details: Any) -> None:
        """Write how the exchange ended, with the totals, and close the file."""
        totals = {"chunks": self.chunks, "bytes": self.size_bytes}
        try:
            self._record(t_s, END, {"reason": reason, **details, **totals})
        finally:
            self.close()

    def close(self) -> None:
        """Close the file; a capture closed without an end counts as interrupted."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _record(self, t_s: float, code: str, *values: object) -> None:
        fields = b", ".join([b"%.6f" % t_s, *map(_encode, (code, *values))])
        self._write(b"[%b]\n" % fields)

    def _write(self, line: bytes) -> None:
        written = os.write(self._fd, line)
        if written != len(line):
            self._cut_back(written)

    def _cut_back(self, written: int) -> NoReturn:
        """Remove a partly written line and raise OSError: the disk is full."""
        os.ftruncate(self._fd, os.fstat(self._fd).st_size - written)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
