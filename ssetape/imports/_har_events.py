"""The events and messages that an HTTP archive lists with their times, in seconds since 1970.

Chrome and Firefox add them as `_eventSourceMessages` and `_webSocketMessages`.
"""

import re
from typing import Any

from ssetape.errors import SsetapeError
from ssetape.format.values import Chunk, Message
from ssetape.imports import _har_values as values
from ssetape.imports._fields import an_object, number, text
from ssetape.sse import EventStreamParser

_OPCODE_TEXT, _OPCODE_BINARY = 1, 2
# 1973: a smaller number is not a time since 1970.
_EARLIEST_S = 1e8


def times_of(listed: list[Any], sent_s: float | None, place: str) -> list[float] | None:
    """When each message arrived, in seconds since the request; None if unknown.

    Args:
        sent_s: when the request was sent, in seconds since 1970.
    """
    if sent_s is None:
        return None
    found: list[float] = []
    for index, message in enumerate(listed):
        here = f"{place}[{index}].time"
        time_s = number(an_object(message, here).get("time"), here) or 0.0
        while time_s > 1e11:  # ms, us or ns
            time_s /= 1e3
        if time_s < _EARLIEST_S:
            return None
        t_s = max(0.0, time_s - sent_s)
        found.append(max(t_s, found[-1]) if found else t_s)
    return found


def rebuilt(listed: list[Any], times: list[float], place: str) -> list[Chunk]:
    """An event stream written from the events, one chunk each."""
    last_id = ""
    chunks = []
    for index, event in enumerate(listed):
        name, event_id, data = _event(event, f"{place}[{index}]")
        lines = []
        if event_id != last_id and not set("\0\r\n") & set(event_id):
            lines.append(f"id: {event_id}")
            last_id = event_id
        if name and name != "message" and not set("\r\n") & set(name):
            lines.append(f"event: {name}")
        lines += [f"data: {line}" for line in re.split("\r\n|\r|\n", data)]
        block = "\n".join([*lines, "", ""]).encode("utf-8", "replace")
        chunks.append(Chunk(times[index], block))
    return chunks


def cut(
    body: bytes, listed: list[Any], times: list[float] | None, end_s: float, place: str
) -> list[Chunk] | None:
    """The body, cut after each event; None if these are not its events, or have no times."""
    try:
        parsed = EventStreamParser().feed(body)
    except SsetapeError:
        parsed = []
    known = [_event(event, f"{place}[{index}]") for index, event in enumerate(listed)]
    if times is None or known != [(event.event, event.id, event.data) for event in parsed]:
        return None
    edges = [0, *(event.end for event in parsed)]
    chunks = [
        Chunk(t_s, body[start:end])
        for t_s, start, end in zip(times, edges, edges[1:], strict=False)
    ]
    if edges[-1] < len(body):
        chunks.append(Chunk(max(end_s, times[-1]), body[edges[-1] :]))
    return chunks


def _event(event: Any, place: str) -> tuple[str, str, str]:
    fields = an_object(event, place)
    return (
        text(fields.get("eventName"), f"{place}.eventName") or "message",
        text(fields.get("eventId"), f"{place}.eventId"),
        text(fields.get("data"), f"{place}.data"),
    )


def socket_messages(
    listed: list[Any], times: list[float] | None, place: str
) -> tuple[list[Message], str | None]:
    """The messages of a WebSocket, and the browser's word for an error, if there was one."""
    messages = []
    error = None
    for index, item in enumerate(listed):
        here = f"{place}[{index}]"
        fields = an_object(item, here)
        opcode = number(fields.get("opcode", _OPCODE_TEXT), f"{here}.opcode")
        data = text(fields.get("data"), f"{here}.data")
        if fields.get("type") == "error":
            error = data
        elif opcode in (_OPCODE_TEXT, _OPCODE_BINARY):
            is_text = opcode == _OPCODE_TEXT
            messages.append(
                Message(
                    t_s=times[index] if times else 0.0,
                    from_client=fields.get("type") in ("send", "sent"),
                    is_text=is_text,
                    data=values.content(data, None if is_text else "base64", f"{here}.data"),
                )
            )
    return messages, error
