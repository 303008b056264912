"""The events and commands of the DevTools protocol that are used here: all of them, and no others.

https://chromedevtools.github.io/devtools-protocol/tot/ describes them. Those of the domain Network
are sent to a target's session, those of Target to the browser's or a target's.
"""

from enum import StrEnum
from typing import Any

Params = dict[str, Any]


class Event(StrEnum):
    """What the browser tells."""

    ATTACHED = "Target.attachedToTarget"
    DETACHED = "Target.detachedFromTarget"
    CRASHED = "Inspector.targetCrashed"
    REQUEST = "Network.requestWillBeSent"
    # As the network service sent and received them; without these, cookies are missing.
    REQUEST_HEADERS = "Network.requestWillBeSentExtraInfo"
    RESPONSE_HEADERS = "Network.responseReceivedExtraInfo"
    FROM_CACHE = "Network.requestServedFromCache"
    RESPONSE = "Network.responseReceived"
    DATA = "Network.dataReceived"
    FINISHED = "Network.loadingFinished"
    FAILED = "Network.loadingFailed"
    SOCKET_CREATED = "Network.webSocketCreated"
    SOCKET_REQUEST = "Network.webSocketWillSendHandshakeRequest"
    SOCKET_RESPONSE = "Network.webSocketHandshakeResponseReceived"
    SOCKET_SENT = "Network.webSocketFrameSent"
    SOCKET_RECEIVED = "Network.webSocketFrameReceived"
    SOCKET_ERROR = "Network.webSocketFrameError"
    SOCKET_CLOSED = "Network.webSocketClosed"


class Command(StrEnum):
    """What the browser is asked for."""

    VERSION = "Browser.getVersion"
    CLOSE = "Browser.close"
    AUTO_ATTACH = "Target.setAutoAttach"
    DETACH = "Target.detachFromTarget"
    NEW_TAB = "Target.createTarget"
    RESUME = "Runtime.runIfWaitingForDebugger"
    NAVIGATE = "Page.navigate"
    ENABLE = "Network.enable"
    # From now on each event DATA has its bytes; those that came before are in the reply.
    STREAM = "Network.streamResourceContent"
    BODY = "Network.getResponseBody"
    REQUEST_BODY = "Network.getRequestPostData"


# The error code of a command that a browser does not know: JSON-RPC's "method not found".
UNKNOWN_COMMAND = -32601

# Targets whose traffic is recorded, and what captures call them. The others are the browser's own
# windows, and tabs, which are pages seen from outside.
TARGETS = frozenset({"page", "iframe", "worker", "shared_worker", "service_worker"})

_REQUEST_BODY_LIMIT_BYTES = 4 * 1024 * 1024
# What the browser keeps of bodies for later questions, in the process of each tab: enough for what
# a stream sends before it is followed, or for ordinary responses that are asked for at their ends.
_STREAMS_KEPT_BYTES = 16 * 1024 * 1024
_ALL_KEPT_BYTES = 256 * 1024 * 1024
BODY_LIMIT_BYTES = 64 * 1024 * 1024


def enable(records_all: bool) -> Params:
    """The parameters of ENABLE."""
    kept = _ALL_KEPT_BYTES if records_all else _STREAMS_KEPT_BYTES
    return {
        "maxTotalBufferSize": kept,
        "maxResourceBufferSize": min(kept, BODY_LIMIT_BYTES),
        "maxPostDataSize": _REQUEST_BODY_LIMIT_BYTES,
        # Bodies as they came, also those that no page reads or that were left. Older browsers keep
        # them in the page's process, as decoded text.
        "enableDurableMessages": True,
    }


def auto_attach(of_browser: bool) -> Params:
    """The parameters of AUTO_ATTACH: new targets wait until they are listened to.

    A page's service workers are the browser's targets too, and are had there.
    """
    others = [] if of_browser else [{"type": "service_worker", "exclude": True}]
    others.append({"type": "browser", "exclude": True})
    return {
        "autoAttach": True,
        "waitForDebuggerOnStart": True,
        "flatten": True,
        "filter": [*others, {"type": "tab", "exclude": True}, {}],
    }
