"""A TLS client without a socket."""

import ssl

from ssetape.replay.wire.tls_bytes import TlsBytes


class TlsClient:
    """The client's side of a TLS connection.

    Attributes:
        tls: Python's object for it.
    """

    def __init__(self, context: ssl.SSLContext, name: str) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name)

    def exchange(self, received: bytes = b"") -> bytes:
        """Take this, go on with the handshake, and give what to send."""
        self._incoming.write(received)
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            pass
        return self._outgoing.read()

    def write(self, data: bytes) -> bytes:
        """Encrypt this."""
        self.tls.write(data)
        return self._outgoing.read()

    def end(self) -> bytes:
        """Say that nothing more comes."""
        try:
            self.tls.unwrap()
        except ssl.SSLWantReadError:
            pass
        return self._outgoing.read()

    def read(self, received: bytes) -> bytes:
        """Decrypt this."""
        self._incoming.write(received)
        found = b""
        while True:
            try:
                data = self.tls.read()
            except ssl.SSLWantReadError:
                return found
            if not data:
                return found
            found += data

    def shake(self, server: TlsBytes) -> None:
        """Complete the handshake with a server."""
        received = b""
        for _ in range(4):
            server.feed(self.exchange(received))
            received = server.to_send()
        self.exchange(received)
