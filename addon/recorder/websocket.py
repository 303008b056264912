"""Records WebSockets, a record a message, and keeps mitmproxy's own list of them short.

mitmproxy puts messages together from their frames, and decompressed, before it shows them: a
message's time is that of its last byte. Pings and pongs it does not show.
"""

from mitmproxy import ctx, http

from ssetape.format import encode
from ssetape.format.values import Close

from . import ends
from . import recording as recordings

# RFC 6455, section 7.1.5: no close frame came.
_ABNORMAL = 1006


def message(flow: http.HTTPFlow, now_s: float) -> None:
    """Write the newest message of a flow that is recorded."""
    recording = recordings.live.get(flow.id)
    if recording is None or flow.websocket is None or not flow.websocket.messages:
        return
    newest = flow.websocket.messages[-1]
    marks = {name: True for name in ("dropped", "injected") if getattr(newest, name)}
    recording.message(now_s, newest.content, newest.from_client, newest.is_text, marks)
    if recording.reason is None:
        # mitmproxy keeps all, for as long as the connection lasts. Addons that come after this
        # one look at the last.
        del flow.websocket.messages[:-1]


def end(flow: http.HTTPFlow, now_s: float, shutting_down: bool, idle_limit_s: float) -> None:
    """Write how a flow that is recorded ended."""
    recording = recordings.live.get(flow.id)
    socket = flow.websocket
    if recording is None or socket is None:
        return
    code = int(socket.close_code or _ABNORMAL)
    by_client = bool(socket.closed_by_client)
    idle_s = now_s - recording.last_call_s
    reason, guessed = ends.websocket_reason(
        was_closed=code != _ABNORMAL,
        by_client=by_client,
        shutting_down=shutting_down or ctx.master.should_exit.is_set(),
        idled=0 < idle_limit_s <= idle_s,
    )
    details: dict[str, object] = {"guessed": True} if guessed else {}
    if reason != ends.PROXY_SHUTDOWN:  # what mitmproxy then says of the sides is not so
        details["close"] = encode.close(Close(code, socket.close_reason or "", by_client))
    recording.finish(now_s, reason, **details)
