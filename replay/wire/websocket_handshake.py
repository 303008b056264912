"""Answers a request for a WebSocket with the recorded head. Pure.

The head is as recorded, in order and spelling, except for what belongs to this handshake alone:
https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2
"""

from wsproto import ConnectionType, WSConnection, events
from wsproto.utilities import RemoteProtocolError, generate_accept_token

from ssetape.errors import SsetapeError
from ssetape.format.values import Headers, Response, header_values

# They hold for the recorded connection only.
_OF_THE_CONNECTION = {"connection", "upgrade", "content-length", "transfer-encoding"}
# Those of the handshake, in the spelling of the standard, for heads that lack them: over HTTP/2,
# and from inside a browser, they have none.
_OWN = ("Upgrade", "Connection", "Sec-WebSocket-Accept")
_SWITCHING = 101


class HandshakeError(SsetapeError):
    """A request for a WebSocket does not follow RFC 6455."""


def acceptance(headers: list[tuple[bytes, bytes]], target: bytes, recorded: Response) -> bytes:
    """Return the head that answers a request with these headers.

    Raises:
        HandshakeError: the request does not follow RFC 6455.
    """
    socket = WSConnection(ConnectionType.SERVER)
    try:
        socket.initiate_upgrade_connection(headers, target)
        (request,) = socket.events()
    except (RemoteProtocolError, ValueError) as error:
        raise HandshakeError(f"the request is not a WebSocket handshake: {error}") from error
    assert isinstance(request, events.Request)
    key = next(value for name, value in headers if name.lower() == b"sec-websocket-key")
    own = ("websocket", "Upgrade", generate_accept_token(key).decode())
    values = dict(zip((name.lower() for name in _OWN), own, strict=True))
    if (chosen := subprotocol(recorded.headers)) in request.subprotocols:
        values["sec-websocket-protocol"] = str(chosen)
    sent: Headers = []
    for name, value in recorded.headers:
        if name.lower() in values:
            sent.append((name, values.pop(name.lower())))
        elif not _is_of_a_handshake(name):
            sent.append((name, value))
    sent += [(name, values[name.lower()]) for name in _OWN if name.lower() in values]
    reason = recorded.reason if recorded.status == _SWITCHING else "Switching Protocols"
    lines = [f"HTTP/1.1 {_SWITCHING} {reason}", *(f"{name}: {value}" for name, value in sent)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def handshake_headers(headers: Headers) -> list[tuple[bytes, bytes]]:
    """The headers of a recorded handshake for a server that makes the handshake's own."""
    return [
        (name.encode("latin-1"), value.encode("latin-1"))
        for name, value in headers
        if not _is_of_a_handshake(name)
    ]


def subprotocol(headers: Headers) -> str | None:
    """The subprotocol that was chosen in the recording; None if there was none."""
    return next(iter(header_values(headers, "sec-websocket-protocol")), None)


def _is_of_a_handshake(name: str) -> bool:
    return name.lower() in _OF_THE_CONNECTION or name.lower().startswith("sec-websocket-")
