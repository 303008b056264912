"""A connection that speaks TLS: decrypts what comes for the protocol that it carries."""

import asyncio
import ssl
from collections.abc import Callable

from .connection import Connection
from .preliminary import Preliminary
from .service import Service
from .tls_bytes import TlsBytes, TlsState
from .tls_transport import TlsTransport

# What a client may send before its handshake is complete; a large hello has 2 kB.
HANDSHAKE_LIMIT_BYTES = 64 * 1024


class TlsConnection(Preliminary):
    """A client's TLS connection.

    Args:
        carried: makes the protocol for the plain bytes, once the handshake is complete.
        on_failure: called with what OpenSSL says when the handshake fails.
    """

    def __init__(
        self,
        service: Service,
        context: ssl.SSLContext,
        carried: Callable[[], Connection],
        on_failure: Callable[[str], None],
    ) -> None:
        super().__init__(service)
        self._tls = TlsBytes(context)
        self._carried = carried
        self._on_failure = on_failure
        self._above: TlsTransport | None = None  # once the handshake is complete
        self._handshake_bytes = 0

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._above is not None:
            self._above.lose(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._above is not None:
            self._above.get_protocol().pause_writing()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._above is not None:
            self._above.get_protocol().resume_writing()

    def eof_received(self) -> bool:
        if self._above is not None:
            self._end(self._above)
        return False

    def receive(self, data: bytes) -> None:
        if self._above is None or self._unread:
            super().receive(data)  # in a flood of handshakes, streams go on
        else:
            self.data_received(data)  # what it carries takes it in parts

    def data_received(self, data: bytes) -> None:
        try:
            self._tls.feed(data)
            if self._above is None and not self._is_shaken(len(data)):
                return
            assert self._above is not None
            self._pass_on(self._above)
        except ssl.SSLError as error:
            if self._above is None:
                self._on_failure(error.reason or str(error))
            self._send()  # OpenSSL's alert says why
            self.transport.close()

    def _is_shaken(self, size_bytes: int) -> bool:
        """Whether the handshake is complete; then the protocol that it carries begins."""
        self._handshake_bytes += size_bytes
        self._send()
        if self._tls.state is TlsState.HANDSHAKE:
            if self._handshake_bytes > HANDSHAKE_LIMIT_BYTES:
                self._service.log("closed a connection: its TLS handshake does not end")
                self.transport.abort()
            return False
        self.forget()
        self._above = TlsTransport(self.transport, self._tls)
        protocol = self._carried()
        self._above.set_protocol(protocol)
        protocol.connection_made(self._above)
        if self.is_full:
            protocol.pause_writing()
        return True

    def _pass_on(self, above: TlsTransport) -> None:
        """Pass on what can be decrypted by now."""
        while data := self._tls.read():
            protocol = above.get_protocol()  # it may have handed over to another
            assert isinstance(protocol, asyncio.BufferedProtocol)
            # The type of what it returns promises no items; loops write into it all the same.
            protocol.get_buffer(len(data))[: len(data)] = data  # type: ignore[index]
            protocol.buffer_updated(len(data))
        if self._tls.state is TlsState.ENDED:
            self._end(above)
        elif not self.transport.is_closing():
            self._send()  # such as an answer to new keys

    def _end(self, above: TlsTransport) -> None:
        protocol = above.get_protocol()
        assert isinstance(protocol, asyncio.BufferedProtocol)
        protocol.eof_received()
        above.close()

    def _send(self) -> None:
        if data := self._tls.to_send():
            self.transport.write(data)
