"""Names how an exchange ended, from what mitmproxy says of it.

mitmproxy's own words are not always right: it calls a reset by the server one "by client", and
at shutdown it blames whichever side it closed first. So the words count only together with who
is still connected and what each side speaks.
"""

from dataclasses import dataclass

from ssetape.format.values import COMPLETE as COMPLETE

CLIENT_CLOSED = "client_closed"  # the client closed or reset its connection
CLIENT_RESET = "client_reset"  # the client reset this stream alone (HTTP/2, HTTP/3)
UPSTREAM_CUT = "upstream_cut"  # the server's connection ended before the response did
UPSTREAM_RESET = "upstream_reset"  # the server reset this stream alone (HTTP/2, HTTP/3)
IDLE_TIMEOUT = "idle_timeout"  # the proxy gave up on a silent connection
KILLED = "killed"  # another addon, or the person at the proxy, killed the flow
LIMIT_REACHED = "limit_reached"  # a size limit of the proxy
PROXY_SHUTDOWN = "proxy_shutdown"  # the proxy was stopped
WRITE_FAILED = "write_failed"  # the capture could not be written on; the stream went on
NOT_SEEN = "not_seen"  # another addon took the stream away from the recorder
UNKNOWN = "unknown"  # none of these; the proxy's words are in "error"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known when mitmproxy reports the end of an exchange as an error."""

    message: str
    client_connected: bool
    server_connected: bool
    client_multiplexes: bool  # HTTP/2 or HTTP/3: streams can be reset one by one
    server_multiplexes: bool
    shutting_down: bool
    idle_s: float  # since the last chunk
    idle_limit_s: float


def reason(seen: Circumstances) -> tuple[str, bool]:
    """The name for how it ended, and whether that is only the likeliest."""
    message = seen.message
    if seen.shutting_down:
        return PROXY_SHUTDOWN, False
    if message.startswith("Connection killed"):
        return KILLED, False
    if "body_size_limit" in message:
        return LIMIT_REACHED, False
    if message.startswith(("stream reset by", "stream closed by")):
        return _reset(seen)
    if message.startswith("Client disconnected") or not seen.client_connected:
        # A client that leaves after exactly so long a silence looks the same.
        idled = 0 < seen.idle_limit_s <= seen.idle_s
        return (IDLE_TIMEOUT, True) if idled else (CLIENT_CLOSED, False)
    if not seen.server_connected or "protocol error" in message:
        return UPSTREAM_CUT, False
    return UNKNOWN, False


def websocket_reason(
    *, was_closed: bool, by_client: bool, shutting_down: bool, idled: bool
) -> tuple[str, bool]:
    """The name for how a WebSocket ended, and whether that is only the likeliest.

    Args:
        was_closed: with a close frame, whatever it said.
        by_client: whether it was the client that closed it or went.
        idled: whether it had been silent for as long as mitmproxy lets a connection be.
    """
    if shutting_down:
        return PROXY_SHUTDOWN, False
    if was_closed:
        return COMPLETE, False
    if idled:
        return IDLE_TIMEOUT, True
    return (CLIENT_CLOSED if by_client else UPSTREAM_CUT), False


def _reset(seen: Circumstances) -> tuple[str, bool]:
    if not seen.client_multiplexes:
        return UPSTREAM_RESET, False
    if not seen.server_multiplexes:
        return CLIENT_RESET, False
    # Both could have. Clients that leave say CANCEL; servers that fail say anything else.
    cancelled = "CANCEL" in seen.message
    return (CLIENT_RESET if cancelled else UPSTREAM_RESET), True


def said(error: BaseException) -> str:
    """What an exception says; its type, if it has no text."""
    return str(error) or type(error).__name__
