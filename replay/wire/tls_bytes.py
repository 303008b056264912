"""TLS without a socket: encrypted bytes go in, plain ones come out, and the other way round."""

import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum

# What is decrypted in one go: the longest record is a quarter of it.
_READ_BYTES = 65_536


class TlsState(Enum):
    """How far a connection is."""

    HANDSHAKE = "handshake"
    OPEN = "open"
    ENDED = "ended"  # the client sends no more


class TlsBytes:
    """The server's side of a TLS connection.

    Attributes:
        object: Python's own object for it, with the chosen protocol and version.
        state: how far it is.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.object = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self.state = TlsState.HANDSHAKE

    def feed(self, data: bytes) -> None:
        """Take what the client sent, and go on with the handshake.

        Raises:
            ssl.SSLError: this is not TLS, or the client refuses; `to_send()` has what to tell it.
        """
        self._incoming.write(data)
        if self.state is TlsState.HANDSHAKE:
            try:
                with _names_in_any_bytes():
                    self.object.do_handshake()
            except ssl.SSLWantReadError:
                return
            self.state = TlsState.OPEN

    def read(self) -> bytes:
        """Return plain bytes of what was fed; b"" if there are no more.

        Raises:
            ssl.SSLError: what was fed is damaged.
        """
        if self.state is not TlsState.OPEN:
            return b""
        try:
            data = self.object.read(_READ_BYTES)
        except ssl.SSLWantReadError:
            return b""
        if not data:
            self.state = TlsState.ENDED
        return data

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Encrypt bytes for the client.

        Raises:
            ssl.SSLError: the connection has failed before.
        """
        if data:
            self.object.write(data)

    def end(self) -> None:
        """Tell the client that nothing more comes."""
        if self.state is not TlsState.HANDSHAKE:
            try:
                self.object.unwrap()
            except ssl.SSLError:
                pass  # the client's own end has not come, which nobody waits for

    def to_send(self) -> bytes:
        """Return encrypted bytes for the client, once."""
        return self._outgoing.read()


@contextmanager
def _names_in_any_bytes() -> Iterator[None]:
    """Keeps Python from printing a traceback if a client names a server in other than ASCII.

    The handshake fails, as RFC 6066, section 3, has it; but Python tells of it on stderr alone.
    """
    before = sys.unraisablehook

    def tell(unraisable: "sys.UnraisableHookArgs") -> None:
        if not isinstance(unraisable.exc_value, UnicodeDecodeError):
            before(unraisable)

    sys.unraisablehook = tell
    try:
        yield
    finally:
        sys.unraisablehook = before
