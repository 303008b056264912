"""What a replayed WebSocket takes over from the recorded handshake. Pure."""

from ssetape.format.values import Headers, header_values

# They are about the recorded handshake only.
_OWN_HEADERS = {"connection", "upgrade", "content-length", "transfer-encoding"}


def handshake_headers(headers: Headers) -> list[tuple[bytes, bytes]]:
    """The headers of a recorded handshake that also apply to a replayed one."""
    return [
        (name.encode("latin-1"), value.encode("latin-1"))
        for name, value in headers
        if name.lower() not in _OWN_HEADERS and not name.lower().startswith("sec-websocket-")
    ]


def subprotocol(headers: Headers) -> str | None:
    """The subprotocol that was chosen in the recording; None if there was none."""
    return next(iter(header_values(headers, "sec-websocket-protocol")), None)
