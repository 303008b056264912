"""SOCKS 5, by which some clients ask a proxy for a tunnel.

Without authentication, and without UDP or tunnels towards the client:
https://www.rfc-editor.org/rfc/rfc1928
"""

import ipaddress
from collections.abc import Callable
from enum import Enum

from ssetape.errors import SsetapeError

from ..wire.preliminary import Preliminary
from ..wire.service import Service, Tunnel

_VERSION = 5
_WITHOUT_AUTHENTICATION = 0
_CONNECT = 1
_NAME = 3
_ADDRESS_BYTES = {1: 4, 4: 16}  # IPv4, IPv6
_PORT_BYTES = 2


class _Reply(Enum):
    """How a request ends; the value is that of the protocol."""

    SUCCEEDED = 0
    FAILED = 1
    NO_SUCH_COMMAND = 7
    NO_SUCH_ADDRESS = 8

    def sent(self) -> bytes:
        """The reply; the proxy has no address of its own in a tunnel."""
        return bytes([_VERSION, self.value, 0, 1]) + bytes(4 + _PORT_BYTES)


class SocksError(SsetapeError):
    """A client asks for what is not offered.

    Attributes:
        reply: what to send to it.
    """

    def __init__(self, message: str, reply: bytes) -> None:
        super().__init__(f"SOCKS: {message}")
        self.reply = reply


def greeting_bytes(data: bytes) -> int | None:
    """Return the length of the greeting that a client begins with; None if it is not all there.

    Raises:
        SocksError: the client does not go on without authentication.
    """
    if len(data) < 2 or len(data) < 2 + data[1]:
        return None
    end = 2 + data[1]
    if _WITHOUT_AUTHENTICATION not in data[2:end]:
        refusal = bytes([_VERSION, 0xFF])
        raise SocksError("the client wants to log in, expected one that does not", refusal)
    return end


def requested(data: bytes) -> tuple[str, int] | None:
    """Return the `host:port` that a client asks for, and the request's length; None as above.

    Raises:
        SocksError: it is no request for a tunnel to a host.
    """
    if len(data) < 5:
        return None
    version, command, _, kind, name_bytes = data[:5]
    if version != _VERSION:
        raise SocksError(f"expected a request of version 5, found {version}", _Reply.FAILED.sent())
    if command != _CONNECT:
        reply = _Reply.NO_SUCH_COMMAND.sent()
        raise SocksError(f"expected the command 1 (CONNECT), found {command}", reply)
    if kind != _NAME and kind not in _ADDRESS_BYTES:
        reply = _Reply.NO_SUCH_ADDRESS.sent()
        raise SocksError(f"expected an address of kind 1, 3 or 4, found {kind}", reply)
    start = 5 if kind == _NAME else 4
    end = start + (name_bytes if kind == _NAME else _ADDRESS_BYTES[kind])
    if len(data) < end + _PORT_BYTES:
        return None
    address = data[start:end]
    host = address.decode("latin-1") if kind == _NAME else str(ipaddress.ip_address(address))
    port = int.from_bytes(data[end : end + _PORT_BYTES])
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}", end + _PORT_BYTES


class SocksState(Enum):
    """What a client has to send next."""

    GREETING = "greeting"
    REQUEST = "request"


class SocksConnection(Preliminary):
    """A client's connection until its tunnel is open.

    Args:
        tunnel: opens a tunnel to `host:port`, or raises SsetapeError.
    """

    def __init__(self, service: Service, tunnel: Callable[[str], Tunnel]) -> None:
        super().__init__(service)
        self._tunnel = tunnel
        self._state = SocksState.GREETING
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        try:
            if self._state is SocksState.GREETING:
                self._take_greeting()
            if self._state is SocksState.REQUEST:
                self._take_request()
        except SsetapeError as error:
            self._service.log(str(error))
            reply = error.reply if isinstance(error, SocksError) else _Reply.FAILED.sent()
            self.transport.write(reply)
            self.transport.close()

    def _take_greeting(self) -> None:
        if (size_bytes := greeting_bytes(self._received)) is not None:
            self._received = self._received[size_bytes:]
            self._state = SocksState.REQUEST
            self.transport.write(bytes([_VERSION, _WITHOUT_AUTHENTICATION]))

    def _take_request(self) -> None:
        if (found := requested(self._received)) is not None:
            target, size_bytes = found
            tunnel = self._tunnel(target)
            self.transport.write(_Reply.SUCCEEDED.sent())
            self.hand_over(tunnel, self._received[size_bytes:])
