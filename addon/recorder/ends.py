"""Names the reason why an exchange ended, from what mitmproxy reports.

mitmproxy's messages are not always right: it reports a reset by the server as one "by client",
at shutdown it blames the side that it closed first, and after a crash of its own the side that
gave up waiting. Here a message counts only together with
which sides are still connected and which protocols they speak.
"""

from dataclasses import dataclass

from ssetape.recording.reasons import (
    CLIENT_CLOSED,
    CLIENT_RESET,
    COMPLETE,
    IDLE_TIMEOUT,
    KILLED,
    LIMIT_REACHED,
    PROXY_FAILED,
    PROXY_SHUTDOWN,
    UNKNOWN,
    UPSTREAM_CUT,
    UPSTREAM_RESET,
)

# How much later than mitmproxy itself, on a busy machine, the recorder may time a chunk.
_BUSY_S = 0.25


@dataclass(frozen=True, slots=True)
class Circumstances:
    """The facts at the moment when mitmproxy reports that an exchange ended with an error."""

    message: str
    client_connected: bool
    server_connected: bool
    client_multiplexes: bool  # HTTP/2 or HTTP/3: streams can be reset one by one
    server_multiplexes: bool
    shutting_down: bool
    idle_s: float  # since the last chunk
    idle_limit_s: float
    has_crashed: bool  # mitmproxy, on this client's connection


def reason(seen: Circumstances) -> tuple[str, bool]:
    """The reason, and whether it is a guess."""
    message = seen.message
    if seen.shutting_down:
        return PROXY_SHUTDOWN, False
    if message.startswith("Connection killed"):
        return KILLED, False
    if "body_size_limit" in message:
        return LIMIT_REACHED, False
    if seen.has_crashed:
        # Another stream of the connection may be the one that it crashed at.
        return PROXY_FAILED, seen.client_multiplexes
    if message.startswith(("stream reset by", "stream closed by")):
        return _reset(seen)
    if message.startswith("Client disconnected") or not seen.client_connected:
        # A client that leaves after a silence of just that length looks the same.
        idled = was_idle(seen.idle_s, seen.idle_limit_s)
        return (IDLE_TIMEOUT, True) if idled else (CLIENT_CLOSED, False)
    if not seen.server_connected or "protocol error" in message:
        return UPSTREAM_CUT, False
    return UNKNOWN, False


def of_whole(status: int, killed: bool) -> tuple[str, dict[str, str]]:
    """The reason for a response that mitmproxy calls complete, and the end record's other fields.

    Args:
        killed: whether the flow was killed meanwhile.
    """
    if is_interim(status):
        return PROXY_FAILED, {"error": interim_words(status)}
    return (KILLED if killed else COMPLETE), {}


def is_interim(status: int) -> bool:
    """Whether the response itself has yet to come; after 101 another protocol does."""
    return 100 <= status < 200 and status != 101


def interim_words(status: int) -> str:
    """What mitmproxy does to an interim response over HTTP/1."""
    return (
        f"mitmproxy takes the interim response {status} for the response itself, which the client "
        f"never gets"
    )


def was_idle(idle_s: float, limit_s: float) -> bool:
    """Whether a silence is as long as mitmproxy's idle limit; 0 is no limit.

    mitmproxy counts from when it has read data, a moment before the data has its time here.
    """
    return 0 < limit_s <= idle_s + _BUSY_S


def websocket_reason(
    *, was_closed: bool, by_client: bool, shutting_down: bool, idled: bool, crashed: bool
) -> tuple[str, bool]:
    """The reason why a WebSocket ended, and whether it is a guess.

    Args:
        was_closed: whether a close frame came, with any code.
        by_client: whether the client closed it or left.
        idled: whether it was silent for mitmproxy's idle limit.
        crashed: whether mitmproxy has crashed on its connection.
    """
    if shutting_down:
        return PROXY_SHUTDOWN, False
    if was_closed:
        return COMPLETE, False
    if crashed:
        return PROXY_FAILED, False
    if idled:
        return IDLE_TIMEOUT, True
    return (CLIENT_CLOSED if by_client else UPSTREAM_CUT), False


def _reset(seen: Circumstances) -> tuple[str, bool]:
    if not seen.client_multiplexes:
        return UPSTREAM_RESET, False
    if not seen.server_multiplexes:
        return CLIENT_RESET, False
    # Either side may have reset it. Clients that leave send CANCEL; servers that fail send
    # another code.
    cancelled = "CANCEL" in seen.message
    return (CLIENT_RESET if cancelled else UPSTREAM_RESET), True
