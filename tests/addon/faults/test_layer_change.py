from typing import Any

import pytest
from mitmproxy.proxy import events, layers

from ssetape.addon.faults import layer_change

STREAM: Any = layers.http.HttpStream


@pytest.fixture(autouse=True)
def _as_it_is_without(monkeypatch: pytest.MonkeyPatch) -> None:
    original = (layer_change._changed or [STREAM._handle_event])[0]
    monkeypatch.setattr(STREAM, "_handle_event", original)
    monkeypatch.setattr(layer_change, "_changed", [])


def test_it_is_changed_once() -> None:
    before = STREAM._handle_event
    assert layer_change.install()
    changed = STREAM._handle_event
    assert changed is not before
    assert layer_change.install()
    assert STREAM._handle_event is changed


@pytest.mark.parametrize("name", ["state_stream_response_body", "flow_done"])
def test_another_mitmproxy_is_left_as_it_is(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = STREAM._handle_event
    monkeypatch.delattr(STREAM, name)
    assert not layer_change.install()
    assert STREAM._handle_event is before


def test_a_wakeup_for_a_stream_without_a_gate_does_nothing() -> None:
    layer_change.install()
    stream = STREAM.__new__(STREAM)
    found = STREAM._handle_event(stream, events.Wakeup(None))
    with pytest.raises(StopIteration):
        found.send(None)  # as mitmproxy runs it


def test_other_streams_are_handled_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(STREAM, "_handle_event", lambda stream, event: iter([stream, event]))
    layer_change.install()
    stream = STREAM.__new__(STREAM)
    assert list(STREAM._handle_event(stream, 1)) == [stream, 1]
