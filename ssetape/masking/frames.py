"""Renews the checksums of AWS event-stream frames whose payload was masked.

https://smithy.io/2.0/aws/amazon-eventstream.html
"""

import struct
import zlib
from enum import Enum

_PRELUDE = struct.Struct(">III")  # the frame's length, its headers' length, a checksum of both
_CRC_BYTES = 4


class _Place(Enum):
    """Where in a frame the next byte is."""

    PRELUDE = "prelude"
    CONTENT = "content"
    CHECKSUM = "checksum"
    NO_FRAME = "no frame"  # this is another format, and stays as it is


class FrameSealer:
    """Puts a checksum that holds at the end of each frame, as the bytes pass."""

    def __init__(self) -> None:
        self._place = _Place.PRELUDE
        self._prelude = b""
        self._left_bytes = 0  # of the content
        self._crc = 0
        self._checksum = b""

    def seal(self, data: bytes) -> bytes:
        """Return the next bytes of the body, as many, with the checksums that hold."""
        sealed = bytearray()
        while data and self._place is not _Place.NO_FRAME:
            done = self._step(data)
            sealed += done
            data = data[len(done) :]
        return bytes(sealed) + data

    def _step(self, data: bytes) -> bytes:
        """Take some of the bytes, and return what they become."""
        if self._place is _Place.PRELUDE:
            taken = data[: _PRELUDE.size - len(self._prelude)]
            self._prelude += taken
            if len(self._prelude) == _PRELUDE.size:
                self._begin()
        elif self._place is _Place.CONTENT:
            taken = data[: self._left_bytes]
            self._left_bytes -= len(taken)
            self._crc = zlib.crc32(taken, self._crc)
            if not self._left_bytes:
                self._checksum = struct.pack(">I", self._crc)
                self._place = _Place.CHECKSUM
        else:
            taken = self._checksum[: len(data)]
            self._checksum = self._checksum[len(taken) :]
            if not self._checksum:
                self._prelude = b""
                self._place = _Place.PRELUDE
        return taken

    def _begin(self) -> None:
        size, headers_size, crc = _PRELUDE.unpack(self._prelude)
        is_frame = zlib.crc32(self._prelude[:8]) == crc
        if not is_frame or size < _PRELUDE.size + headers_size + _CRC_BYTES:
            self._place = _Place.NO_FRAME
            return
        self._crc = zlib.crc32(self._prelude)
        self._left_bytes = size - _PRELUDE.size - _CRC_BYTES
        self._checksum = struct.pack(">I", self._crc)
        self._place = _Place.CONTENT if self._left_bytes else _Place.CHECKSUM
