"""What connections have in common that are not yet at their first request."""

import asyncio

from .connection import Connection


class Preliminary(Connection):
    """A connection that something else goes on with soon; until then it is watched as any other."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._service.transports.add(transport)
        self._service.watch.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.forget()

    def forget(self) -> None:
        """Be watched no longer."""
        self._service.transports.discard(self.transport)
        self._service.watch.remove(self)

    @property
    def takes(self) -> bool:
        return True

    @property
    def is_playing(self) -> bool:
        return False
