"""The bound on all that is kept for mitmproxy's windows: who is to have room, and who gives way."""

import weakref
from typing import Any, NamedTuple, Protocol

from mitmproxy import http
from mitmproxy.websocket import WebSocketMessage

from ..recorder.flows import RECORDED

# What stays of every stream, whatever else is kept: enough for its first events.
HEAD_BYTES = 4096
# A stream may use this part of all, so that a long one leaves room for others.
SHARE = 8
# What Python needs for a chunk beside its data: a list, a float and an int, and the places of all.
CHUNK_BYTES = 150
# And for a WebSocket's message: an object with seven attributes, and its time.
MESSAGE_BYTES = 400


class Tenant(Protocol):
    """Who has room, and how much."""

    used_bytes: int


class _Ended(NamedTuple):
    used_bytes: int
    flow: "weakref.ref[http.HTTPFlow]"


class Shelf:
    """The room that there is.

    Attributes:
        limit_bytes: the bound on all, but for the first HEAD_BYTES of each stream.
        used_bytes: how much is in use.
        keeps_ended: whether streams that have ended may still be looked at.
    """

    def __init__(self, limit_bytes: int = 0) -> None:
        self.limit_bytes = limit_bytes
        self.used_bytes = 0
        self.keeps_ended = False
        # The oldest first, for as long as mitmproxy has their flows.
        self._ended: dict[str, _Ended] = {}

    def take(self, tenant: Tenant, size_bytes: int) -> bool:
        """Whether there is room for so many more bytes; if so, they are counted."""
        used_bytes = tenant.used_bytes + size_bytes
        if used_bytes > HEAD_BYTES:
            if used_bytes > self.limit_bytes // SHARE:
                return False
            while self.used_bytes + size_bytes > self.limit_bytes:
                if not self._ended:
                    return False
                self._shrink_the_oldest()
        self.add(tenant, size_bytes)
        return True

    def add(self, tenant: Tenant, size_bytes: int) -> None:
        """Count bytes that are kept in any case, or, if negative, no longer."""
        tenant.used_bytes += size_bytes
        self.used_bytes += size_bytes

    def retire(self, tenant: Tenant, flow: http.HTTPFlow) -> None:
        """Take note of the end of a stream: from now on it gives way to others."""
        if not self.keeps_ended:
            self.used_bytes -= tenant.used_bytes
            return
        flow_id = flow.id
        gone = weakref.ref(flow, lambda _: self._forget(flow_id))
        self._ended[flow_id] = _Ended(tenant.used_bytes, gone)

    def _shrink_the_oldest(self) -> None:
        used_bytes, found = self._ended.pop(next(iter(self._ended)))
        self.used_bytes -= used_bytes
        flow = found()
        if flow is not None:
            self.used_bytes += shrink(flow)

    def _forget(self, flow_id: str) -> None:
        ended = self._ended.pop(flow_id, None)
        if ended is not None:
            self.used_bytes -= ended.used_bytes


def shrink(flow: http.HTTPFlow) -> int:
    """Leave the beginning of a stream that has ended, or a WebSocket's end; return its size."""
    record = flow.metadata[RECORDED]
    if flow.websocket is not None:
        return drop_oldest(flow.websocket.messages, record, HEAD_BYTES)
    chunks, response = record["chunks"], flow.response
    if not chunks or response is None or not response.data.content:
        return 0
    is_ours = len(response.data.content) == sum(size for _, size in chunks)
    count = size_bytes = 0
    while count < len(chunks) and size_bytes + chunks[count][1] <= HEAD_BYTES:
        size_bytes += chunks[count][1]
        count += 1
    if not count:
        chunks[0][1] = size_bytes = HEAD_BYTES
        count = 1
    del chunks[count:]
    if is_ours:  # not what another addon, or mitmproxy itself, has put there
        response.data.content = response.data.content[:size_bytes]
    return size_bytes + count * CHUNK_BYTES


def drop_oldest(messages: list[WebSocketMessage], record: dict[str, Any], limit_bytes: int) -> int:
    """Leave so much of the newest messages, at least the last; return their size."""
    times = record["messages"]
    used_bytes, first = 0, len(messages)
    while first:
        size_bytes = len(messages[first - 1].content) + MESSAGE_BYTES
        if first < len(messages) and used_bytes + size_bytes > limit_bytes:
            break
        used_bytes += size_bytes
        first -= 1
    if times[:first]:
        record["before_s"] = times[:first][-1]  # the gap of the first that stays begins there
    del messages[:first], times[:first]
    return used_bytes
