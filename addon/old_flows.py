"""Reads the records of old flow files where mitmproxy's own migration does not.

That begins at 0.11, takes every flow before 0.18 for answered, and leaves the text of WebSockets
before version 12 as it was. What each version changed is in `mitmproxy/io/compat.py`.
"""

from typing import Any

from mitmproxy import connection, flow, http

# A record as tnetstrings have it: its keys are bytes up to 0.17, then text.
State = dict[Any, Any]

# From here on mitmproxy's migration does it.
_FIRST_MIGRATED = (0, 18)
_NO_ADDRESS = ("127.0.0.1", 0)


def old_flow(state: State) -> http.HTTPFlow | None:
    """The flow in a record of before 0.18; None if it is younger. Raises ValueError, TypeError."""
    version = state.get(b"version")
    if not isinstance(version, list | tuple) or tuple(version)[:2] >= _FIRST_MIGRATED:
        return None
    asked, got = state[b"request"], state.get(b"response")
    started_s = asked.get(b"timestamp_start") or 0.0
    # Of the connections nothing is in a capture.
    client = connection.Client(
        peername=_NO_ADDRESS, sockname=_NO_ADDRESS, timestamp_start=started_s
    )
    found = http.HTTPFlow(client, connection.Server(address=None))
    found.request = http.Request(
        host=asked[b"host"].decode("utf-8", "surrogateescape"),
        port=asked[b"port"],
        method=asked[b"method"],
        scheme=asked[b"scheme"],
        authority=b"",
        path=asked[b"path"],
        **_common(asked),
    )
    if got is not None:
        found.response = http.Response(
            status_code=got.get(b"status_code", got.get(b"code")),
            reason=got.get(b"reason", got.get(b"msg")) or b"",
            **_common(got),
        )
    failure = state.get(b"error")
    if failure:
        found.error = flow.Error(failure[b"msg"].decode("utf-8", "replace"), started_s)
    return found


def _common(message: State) -> State:
    """What requests and responses have in common, as today's constructors take it."""
    version = message.get(b"http_version")
    if version is None:
        version = "HTTP/{}.{}".format(*message[b"httpversion"]).encode()
    body = message.get(b"content", message.get(b"body"))
    return {
        "http_version": version,
        "headers": http.Headers([(name, value) for name, value in message[b"headers"]]),
        "content": body if isinstance(body, bytes) else None,  # 0 stood for a body not kept
        "trailers": None,
        "timestamp_start": message.get(b"timestamp_start") or 0.0,
        "timestamp_end": message.get(b"timestamp_end"),
    }


def mended(state: State) -> State:
    """A migrated record as `Flow.from_state` takes it: a WebSocket's messages are bytes."""
    socket = state.get("websocket")
    if socket:
        socket["messages"] = [_message(message) for message in socket["messages"]]
    return state


def _message(message: Any) -> Any:
    kind, from_client, content, *rest = message
    if isinstance(content, str):
        content = content.encode("utf-8", "surrogateescape")
    return [kind, from_client, content, *rest]
