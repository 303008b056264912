"""What every connection does, whatever its protocol: receive into the server's one buffer."""

import asyncio
from abc import ABC, abstractmethod

from .service import Service


class Connection(asyncio.BufferedProtocol, ABC):
    """A client's connection.

    As an `asyncio.Protocol`, it would allocate 256 KiB for each read. Until the process has freed
    a block of that size once, each such allocation is mapped and unmapped by the system: 30 us,
    by which a whole stream would be late.
    """

    transport: asyncio.Transport

    def __init__(self, service: Service) -> None:
        self._service = service

    @abstractmethod
    def data_received(self, data: bytes) -> None:
        """Take what the client sent."""

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._service.receive_buffer

    def buffer_updated(self, nbytes: int) -> None:
        self.data_received(bytes(self._service.receive_buffer[:nbytes]))
