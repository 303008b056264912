"""Decides how a replayed WebSocket ends. Pure."""

from enum import Enum

from ssetape.format.values import Close, End

# No close frame can carry them: RFC 6455, section 7.4.1. Recorders write 1006 for a connection
# that ended without one.
_ABNORMAL = 1006
_TLS_FAILED = 1015
# What a close frame without a code is recorded as.
NO_CODE = 1005


class Ending(Enum):
    """How a WebSocket ends; it was recorded in one of these ways."""

    CLOSED = "closed"  # the server sent a close frame
    AWAITED = "awaited"  # the client did; the replay waits for its client
    CUT = "cut"  # the connection ended without one


def ending(end: End | None) -> Ending:
    """How a capture with this end ended; None is an interrupted recording."""
    close = end.close if end is not None else None
    if end is None or close is None or not _is_of_a_frame(close):
        return Ending.CUT
    if not close.by_client:
        return Ending.CLOSED
    return Ending.AWAITED if end.is_complete else Ending.CUT


def _is_of_a_frame(close: Close) -> bool:
    return 1000 <= close.code <= 4999 and close.code not in (_ABNORMAL, _TLS_FAILED)
