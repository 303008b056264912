"""Puts gates between mitmproxy's streams and their clients, where a flow has one.

`install` changes one method of mitmproxy, `HttpStream._handle_event`, and only once a fault is
asked for. Streams without a gate go through it as before.
"""

from collections.abc import Iterator
from typing import Any

from mitmproxy.proxy import commands, events, layers

from .gate import Commands, Gate, through

# Names that another mitmproxy may not have: each is looked up in `_has_all`.
_layers: Any = layers.http
_EXPECTED = (
    *("HttpStream", "SendHttp", "DropStream", "RequestProtocolError", "ResponseProtocolError"),
    *("ResponseHeaders", "ResponseData", "ResponseTrailers", "ResponseEndOfMessage"),
)
# Of HttpStream: the states whose commands go through the gate, and the one after a cut.
_STATES = (
    *("state_wait_for_response_headers", "state_stream_response_body", "flow_done"),
    "state_errored",
)

# By flow id. Here and not in addon/record.py: mitmproxy reloads that file when it changes.
gates: dict[str, Gate] = {}
_changed: list[Any] = []


def install() -> bool:
    """Change mitmproxy's layer, unless that is done; returns whether it is one that is known."""
    if _changed:
        return True
    if not _is_known():
        return False
    stream = _layers.HttpStream
    _changed.append(stream._handle_event)
    stream._handle_event = _gated(stream._handle_event)
    return True


def _is_known() -> bool:
    if not all(hasattr(_layers, name) for name in _EXPECTED):
        return False
    stream = _layers.HttpStream
    has_wakeups = hasattr(commands, "RequestWakeup") and hasattr(events, "Wakeup")
    return has_wakeups and all(hasattr(stream, name) for name in (*_STATES, "_handle_event"))


def _gated(handle: Any) -> Any:
    def handle_event(stream: Any, event: Any) -> Iterator[Any]:
        gate = _gate_of(stream)
        if isinstance(event, events.Wakeup):
            return _at_alarm(gate, stream, event, handle)
        if gate is None and not isinstance(event, _layers.ResponseHeaders):
            return handle(stream, event)  # type: ignore[no-any-return]
        return _at_gate(stream, event, handle)

    return handle_event


def _at_alarm(gate: Gate | None, stream: Any, event: Any, handle: Any) -> Iterator[Any]:
    # Only gates ask for wakeups here; one that is over needs no more.
    if gate is not None and gate.woken(event.command):
        yield from gate.proceed(stream)
        yield from _settled(gate, stream, handle)


def _at_gate(stream: Any, event: Any, handle: Any) -> Iterator[Any]:
    gate = _gate_of(stream)
    if gate is not None and isinstance(event, _layers.RequestProtocolError):
        gate.leave(event.message)

    def instead(command: Any) -> Commands:
        # The hook for the head, among these commands, is where a gate is opened.
        gate = _gate_of(stream)
        if gate is None:
            return (yield command)
        return (yield from gate.instead(stream, command))

    yield from through(handle(stream, event), instead)
    gate = _gate_of(stream)
    if gate is not None:
        yield from _settled(gate, stream, handle)


def _settled(gate: Gate, stream: Any, handle: Any) -> Iterator[Any]:
    yield from gate.tell_server(stream, handle)
    if gate.is_over:
        gates.pop(stream.flow.id, None)


def _gate_of(stream: Any) -> Gate | None:
    flow = getattr(stream, "flow", None)
    return None if flow is None or not gates else gates.get(flow.id)
