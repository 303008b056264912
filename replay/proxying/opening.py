"""The beginning of a connection, or of a tunnel in it: is it TLS, or plain HTTP?"""

import asyncio
from collections.abc import Callable

from ..wire.connection import Connection
from ..wire.http1 import Http1Connection
from ..wire.service import Service

# The first byte of a TLS connection: RFC 8446, section 5.1. No request begins with it.
_HANDSHAKE = b"\x16"


class Opening(Connection):
    """A connection before its first byte. It is watched, as one without a request is.

    Args:
        secured: makes what speaks TLS over a transport.
    """

    def __init__(
        self, service: Service, secured: Callable[[asyncio.Transport], Connection]
    ) -> None:
        super().__init__(service)
        self._secured = secured

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._service.transports.add(transport)
        self._service.watch.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._service.transports.discard(self.transport)
        self._service.watch.remove(self)

    @property
    def takes(self) -> bool:
        return True

    @property
    def is_playing(self) -> bool:
        return False

    def receive(self, data: bytes) -> None:
        self.data_received(data)

    def data_received(self, data: bytes) -> None:
        is_tls = data.startswith(_HANDSHAKE)
        protocol = self._secured(self.transport) if is_tls else Http1Connection(self._service)
        self.hand_over(protocol, data)
