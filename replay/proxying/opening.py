"""The beginning of a connection, or of a tunnel in it: is it plain HTTP, TLS, or SOCKS?"""

import asyncio
from collections.abc import Callable, Mapping

from ..wire.connection import Connection
from ..wire.http1 import Http1Connection
from ..wire.preliminary import Preliminary
from ..wire.service import Service

# By their first byte, what begins. No request of HTTP begins with one of these.
TLS = 0x16  # RFC 8446, section 5.1
SOCKS_5 = 0x05  # RFC 1928, section 3


class Opening(Preliminary):
    """A connection before its first byte.

    Args:
        beginnings: what goes on with the transport, by the first byte; otherwise HTTP does.
    """

    def __init__(
        self,
        service: Service,
        beginnings: Mapping[int, Callable[[asyncio.Transport], Connection]],
    ) -> None:
        super().__init__(service)
        self._beginnings = beginnings

    def receive(self, data: bytes) -> None:
        self.data_received(data)

    def data_received(self, data: bytes) -> None:
        begin = self._beginnings.get(data[0])
        self.hand_over(begin(self.transport) if begin else Http1Connection(self._service), data)
