"""The reasons why an exchange ended, by the names that captures have for them."""

from ssetape.format.values import COMPLETE as COMPLETE

CLIENT_CLOSED = "client_closed"  # the client closed or reset its connection
CLIENT_RESET = "client_reset"  # the client reset this stream alone (HTTP/2, HTTP/3)
UPSTREAM_CUT = "upstream_cut"  # the server's connection ended before the response did
UPSTREAM_RESET = "upstream_reset"  # the server reset this stream alone (HTTP/2, HTTP/3)
IDLE_TIMEOUT = "idle_timeout"  # the proxy gave up on a silent connection
KILLED = "killed"  # another addon, or the user, killed the flow
LIMIT_REACHED = "limit_reached"  # the body passed a size limit of the proxy
PROXY_SHUTDOWN = "proxy_shutdown"  # the proxy was stopped
PROXY_FAILED = "proxy_failed"  # the proxy failed at passing the exchange on
TAB_CLOSED = "tab_closed"  # the browser's tab, frame or worker was closed
TAB_CRASHED = "tab_crashed"  # the process of the browser's tab ended
BROWSER_CLOSED = "browser_closed"  # the browser was closed, or was killed
RECORDER_STOPPED = "recorder_stopped"  # the recorder was stopped; the browser went on
WRITE_FAILED = "write_failed"  # writing the capture failed; the stream went on
NOT_SEEN = "not_seen"  # another addon took the stream away from the recorder
UNKNOWN = "unknown"  # another reason; the message is in "error"


def said(error: BaseException) -> str:
    """What an exception says; its type, if it has no text."""
    return str(error) or type(error).__name__
