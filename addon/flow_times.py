"""What the recorder has noted in a flow of a flow file: the times of its chunks, and its end.

Such a file may come from anywhere. What is there counts only if all of it fits together, and to
the body; else it is as if nothing had been noted.
"""

from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

from mitmproxy import http

from ssetape.format import bounds
from ssetape.format.values import Chunk, End
from ssetape.recording import reasons

from .recorder.flows import RECORDED

_REASONS = frozenset(
    value for name, value in vars(reasons).items() if name.isupper() and isinstance(value, str)
)


@dataclass(frozen=True, slots=True)
class FlowTimes:
    """The notes of a recorder.

    Attributes:
        head_s: when the head came; all times are in seconds since the request.
        chunks: the body, as far as it was kept.
        messages_s: the times of a WebSocket's messages; None if it is none.
        end: None if the flow was saved before it ended.
        lost_bytes: how much was not kept: of the body its end, of a WebSocket its first messages.
        altered: whether the client got other bytes.
    """

    head_s: float
    chunks: list[Chunk]
    messages_s: list[float] | None
    end: End | None
    lost_bytes: int
    altered: bool


def of(flow: http.HTTPFlow) -> FlowTimes | None:
    """What was noted in a flow; None if there is nothing, or nothing that can be right."""
    noted = flow.metadata.get(RECORDED)
    if flow.response is None or not isinstance(noted, dict) or not _is_time(noted.get("head_s")):
        return None
    chunks: list[Chunk] = []
    messages_s: list[float] | None = None
    if flow.websocket is None:
        found = _chunks(noted.get("chunks"), flow.response.raw_content)
        if found is None:
            return None
        chunks = found
        times_s = [chunk.t_s for chunk in chunks]
        kept_bytes = sum(len(chunk.data) for chunk in chunks)
    else:
        messages_s = noted.get("messages")
        messages = flow.websocket.messages
        if not isinstance(messages_s, list) or len(messages_s) != len(messages):
            return None
        times_s = messages_s
        kept_bytes = sum(len(message.content) for message in messages)
    if not _are_in_order(times_s):
        return None
    size_bytes = noted.get("size_bytes")
    lost_bytes = max(0, size_bytes - kept_bytes) if type(size_bytes) is int else 0
    end = _end(noted.get("end"))
    return FlowTimes(
        noted["head_s"], chunks, messages_s, end, lost_bytes, noted.get("altered") is True
    )


def _chunks(noted: Any, body: Any) -> list[Chunk] | None:
    """A body in chunks; None if the notes do not fit to it."""
    if not isinstance(noted, list) or not isinstance(body, bytes):
        return None
    if not all(isinstance(each, list | tuple) and len(each) == 2 for each in noted):
        return None
    times_s = [t_s for t_s, _ in noted]
    sizes = [size for _, size in noted]
    if not all(type(size) is int and size >= 0 for size in sizes) or sum(sizes) != len(body):
        return None
    cuts = pairwise(accumulate(sizes, initial=0))
    return [
        Chunk(t_s, body[start:end])
        for t_s, (start, end) in zip(times_s, cuts, strict=True)
        if end > start
    ]


def _end(noted: Any) -> End | None:
    if not isinstance(noted, dict) or not _is_time(noted.get("t_s")):
        return None
    reason, error = noted.get("reason"), noted.get("error")
    if not isinstance(reason, str) or reason not in _REASONS:
        return None
    return End(noted["t_s"], reason, error=error if isinstance(error, str) else None)


def _is_time(value: Any) -> bool:
    return bounds.is_time(value) and value >= 0


def _are_in_order(times_s: list[Any]) -> bool:
    return all(map(_is_time, times_s)) and all(a <= b for a, b in pairwise(times_s))
