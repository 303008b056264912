"""A transport that encrypts what is written to it, above one that is open already.

asyncio's own has a buffer of 256 KiB for each connection, and its `start_tls` cannot take the bytes
by which a connection shows that it speaks TLS.
"""

import asyncio
import socket
import ssl
import struct
from collections.abc import Iterable
from typing import Any

from .tls_bytes import TlsBytes


class TlsTransport(asyncio.Transport):
    """The server's side of a TLS connection; reading is up to `TlsConnection`."""

    def __init__(self, below: asyncio.Transport, tls: TlsBytes) -> None:
        super().__init__()
        self._below, self._tls = below, tls
        self._protocol: asyncio.BaseProtocol | None = None

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        if name == "ssl_object":
            return self._tls.object
        return self._below.get_extra_info(name, default)

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        assert self._protocol is not None
        return self._protocol

    def lose(self, exc: Exception | None) -> None:
        """Tell its protocol that the connection is lost, and leave it, as asyncio's own do."""
        protocol, self._protocol = self.get_protocol(), None
        protocol.connection_lost(exc)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._below.is_closing():
            return
        try:
            self._tls.write(data)
        except ssl.SSLError:
            self.abort()
            return
        self._below.write(self._tls.to_send())

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        self.write(b"".join(list_of_data))

    def close(self) -> None:
        if self._below.is_closing():
            return
        if not self._resets():
            self._tls.end()
            self._below.write(self._tls.to_send())
        self._below.close()

    def _resets(self) -> bool:
        """Whether closing resets the connection; a client that is told of an end sees no cut."""
        sock = self._below.get_extra_info("socket")
        if not hasattr(sock, "getsockopt"):
            return False
        lingering = sock.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.calcsize("ii"))
        return bool(struct.unpack("ii", lingering) == (1, 0))

    def abort(self) -> None:
        self._below.abort()

    def is_closing(self) -> bool:
        return self._below.is_closing()

    def pause_reading(self) -> None:
        self._below.pause_reading()

    def resume_reading(self) -> None:
        self._below.resume_reading()

    def is_reading(self) -> bool:
        return self._below.is_reading()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._below.set_write_buffer_limits(high, low)

    def get_write_buffer_size(self) -> int:
        return self._below.get_write_buffer_size()

    def get_write_buffer_limits(self) -> tuple[int, int]:
        return self._below.get_write_buffer_limits()

    def can_write_eof(self) -> bool:
        return False
