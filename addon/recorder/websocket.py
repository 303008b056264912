"""Records WebSockets, one record per message, and keeps mitmproxy's own list of messages short.

mitmproxy passes on whole, decompressed messages, so a message's time is that of its last byte. It
does not pass on pings and pongs.
"""

from mitmproxy import ctx, http

from ssetape.format import encode
from ssetape.format.values import Close
from ssetape.recording import reasons

from . import ends, flow_recording, settings

# RFC 6455, section 7.1.5: no close frame came.
_ABNORMAL = 1006


def message(flow: http.HTTPFlow, now_s: float) -> None:
    """Write a flow's newest message, if the flow is being recorded."""
    recording = flow_recording.of(flow.id)
    if recording is None or flow.websocket is None or not flow.websocket.messages:
        return
    newest = flow.websocket.messages[-1]
    marks = {name: True for name in ("dropped", "injected") if getattr(newest, name)}
    recording.message(now_s, newest.content, newest.from_client, newest.is_text, marks)
    if recording.reason is None and recording.watcher is None:
        # mitmproxy keeps all messages as long as the connection is open. Addons that run after
        # this one look at the last.
        del flow.websocket.messages[:-1]


def end(flow: http.HTTPFlow, now_s: float, shutting_down: bool, crash: str) -> None:
    """Write how a flow ended, if it is being recorded.

    Args:
        crash: how mitmproxy has crashed on its connection; "" if it has not.
    """
    recording = flow_recording.of(flow.id)
    socket = flow.websocket
    if recording is None or socket is None:
        return
    code = int(socket.close_code or _ABNORMAL)
    by_client = bool(socket.closed_by_client)
    idle_s = now_s - recording.last_s
    reason, guessed = ends.websocket_reason(
        was_closed=code != _ABNORMAL,
        by_client=by_client,
        shutting_down=shutting_down or ctx.master.should_exit.is_set(),
        idled=ends.was_idle(idle_s, settings.idle_limit_s()),
        crashed=bool(crash),
    )
    details: dict[str, object] = {"guessed": True} if guessed else {}
    if reason == reasons.PROXY_FAILED:
        details["error"] = crash
    if reason != reasons.PROXY_SHUTDOWN:  # at shutdown mitmproxy reports the wrong side
        details["close"] = encode.close(Close(code, socket.close_reason or "", by_client))
    recording.finish(now_s, reason, **details)
