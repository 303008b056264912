"""Remembers on which client connections mitmproxy has crashed.

mitmproxy logs an exception of its own (or of a stream function) and tells neither side: they wait
until one of them, or the idle limit, gives up. What it reports then blames that one.
"""

import logging

from mitmproxy.connection import Connection

# mitmproxy logs crashes here, with the exception, and with the client's address as `client`.
_LOGGER = logging.getLogger("mitmproxy.proxy.server")


class Crashes(logging.Handler):
    """What mitmproxy's log says of crashes, by client connection."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._said: dict[object, str] = {}

    def watch(self) -> None:
        """Begin to read mitmproxy's log."""
        _LOGGER.addHandler(self)

    def stop(self) -> None:
        """Stop reading it."""
        _LOGGER.removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Remember a log record that is about a crash."""
        client = getattr(record, "client", None)
        error = record.exc_info[1] if record.exc_info else None
        if client is not None and error is not None:
            words = f": {error}" if str(error) else ""
            self._said[client] = f"mitmproxy has crashed: {type(error).__name__}{words}"

    def of(self, client: Connection) -> str:
        """The latest crash on this connection, in words; "" for none."""
        return self._said.get(client.peername, "")

    def forget(self, client: Connection) -> None:
        """Drop what is known of a connection: it is closed."""
        self._said.pop(client.peername, None)
